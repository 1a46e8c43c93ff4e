// What people and pipelines get wrong, and what a command of the ledger then does: exit code, message, and nothing half done.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, test } from 'node:test';
import type { KvittoRun } from '../real/parts.ts';
import { allRefused, demoDay, documentOf, ledgerStage, refused, shop } from './command-line.ts';

const unknown = `sha256:${'0'.repeat(64)}`;
const on = (day: string, time = '10:00:00.000') => `2026-11-${day}T${time}Z`;

describe('deployments that cannot be', () => {
  const stage = ledgerStage('bad');
  const { at, allAt, home, folder } = stage;
  const deploying = (service: string, words: readonly string[]) => [
    ...['deploy', service, '--env', 'prod', '--image', unknown, '--by', 'ci', '-f', 'json'],
    ...words,
  ];
  const deploy = (service: string, words: readonly string[], setting?: { env?: NodeJS.ProcessEnv; input?: string }) =>
    at(on('14'), deploying(service, words), setting);

  test('options that are missing or of another shape', () => {
    const [noEnv, noImage, noService] = allAt(on('14'), [
      ['deploy', 'shop', '--image', unknown],
      ['deploy', 'shop', '--env', 'prod'],
      ['deploy', '--env', 'prod', '--image', unknown],
    ]);
    refusedByUsage(noEnv, /--env/);
    refusedByUsage(noImage, /--image/);
    refusedByUsage(noService, /service/);
    allRefused(stage, on('14'), [
      ...['shop:1.0', 'shop', 'shop@sha256:12', ''].map(
        (image) => [['deploy', 'shop', '--env', 'prod', '--image', image], 2, /names no digest/] as const,
      ),
      [deploying('shop', ['-f', 'yaml']), 2, /unknown format: yaml/],
      [deploying('shop', ['--wait', 'long']), 2, /--wait: not a duration/],
      [deploying('shop', ['--change', 'javascript:alert(1)']), 2, /--change javascript:alert\(1\)/],
      [deploying('shop', ['--ledger', '']), 2, /--ledger names no folder/],
    ]);
    refused(deploy('shop', [], { env: { DATABASE_URL: 'mysql://h/db' } }), 2, /DATABASE_URL is not the address/);
    assert.equal(existsSync(join(home, 'ledger/ledger.db')), false);
  });

  test('times that are none', () => {
    const times = [
      'yesterday',
      '-30d',
      '2026-02-31',
      '2026-11-14T10:00',
      '2026-11-14 25:00:00Z',
      '1969-12-31',
      '٢٠٢٦-١١-١٤',
    ];
    allRefused(stage, on('14'), [
      ...times.map((time) => [deploying('shop', [`--at=${time}`]), 2, /--at: /] as const),
      [deploying('shop', ['--at', '2026-11-15']), 2, /lies in the future/],
      [['ran', '--at', '14.11.2026'], 2, /not a date or time/],
      [['ran', '--as-of', '14.11.2026'], 2, /not a date or time/],
    ]);
  });

  test('names that could be taken for something else', () => {
    const strange = [
      'two words',
      '',
      '../etc',
      '$(id)',
      '<b>',
      "a'b",
      'a"b',
      '\u001b[2J',
      'shop\u202e',
      '__proto__',
      'a'.repeat(200),
    ];
    allRefused(
      stage,
      on('14'),
      strange.map((name) => [deploying(name, []), 2, /SERVICE /]),
    );
    const fine = ['größe', '商店', 'team/shop', 'shop@eu:1+2_3.4-5', 'constructor', 'toString', 'a'.repeat(128)];
    const runs = allAt(
      on('14'),
      // What looks the same is the same: the last name is the first, written with another sequence of code points.
      [...fine, 'gro\u0308\u00dfe'].map((name) => deploying(name, ['--alongside'])),
    );
    assert.deepEqual(
      runs.map((run) => documentOf(run, 1)['service']),
      [...fine, 'größe'],
    );
    const { deployments } = documentOf(at(on('14'), ['history', 'gro\u0308\u00dfe', '-f', 'json']), 0);
    assert.ok(Array.isArray(deployments));
    assert.equal(deployments.length, 2);
  });

  test('an end before its beginning, and a deployment that is not there', () => {
    const { deployment } = documentOf(deploy('ends', ['--at', on('13')]), 1);
    const correct = ['correct', String(deployment), '--reason', 'wrong'];
    allRefused(stage, on('14'), [
      [['stop', 'ends', '--env', 'prod', '--at', on('12')], 2, /is before deployment \d+ began/],
      [[...correct, '--until', on('12')], 2, /the end .* is before the beginning/],
      [correct, 2, /nothing to correct/],
      [['correct', '4711', '--reason', 'x', '--from', on('12')], 4, /there is no deployment 4711/],
      [['correct', 'x', '--reason', 'x', '--from', on('12')], 2, /DEPLOYMENT: not a number: x/],
      [['exposure', 'ends', '--from', on('14'), '--to', on('13')], 2, /before it begins/],
      [['exposure', 'ends', '--at', on('13'), '--to', on('14')], 2, /--at is a moment/],
      [['exposure', 'ends', '--to', on('14')], 2, /--to without --from/],
      [['exposure', 'none'], 4, /knows no service none/],
    ]);
  });

  test('reasons: 10 MB, from a file and from standard input; empty; control characters', () => {
    const large = join(folder, 'large.txt');
    writeFileSync(large, 'x'.repeat(10_000_000));
    allRefused(stage, on('14'), [
      [deploying('shop', ['--break-glass', `@${large}`]), 2, /--break-glass is longer than 16384 characters/],
      [deploying('shop', ['--break-glass', 'z'.repeat(100_000)]), 2, /longer than 16384/],
      [deploying('shop', ['--break-glass', ' \n']), 2, /--break-glass is empty/],
      [deploying('shop', ['--break-glass', 'a\u001b[2Jb']), 2, /control characters/],
      [deploying('shop', ['--break-glass', '@none.txt']), 2, /--break-glass @none\.txt/],
    ]);
    refused(deploy('shop', ['--break-glass', '@-'], { input: 'y'.repeat(10_000_000) }), 2, /longer than 16384/);
    const kept = () => readdirSync(join(home, 'ledger/documents'), { recursive: true }).length;
    const before = kept();
    const ahead = deploying('shop', ['--break-glass', 'Ann said so', '--at', '2027-01-01']);
    allRefused(stage, on('14'), [[ahead, 2, /--at .*future/]]);
    assert.equal(kept(), before, 'words of what is refused are not kept');
    const words = 'wörter\n'.repeat(1000);
    const { marks, deployment } = documentOf(deploy('shop', ['--break-glass', '@-'], { input: words }), 0);
    assert.deepEqual(marks, ['unrecorded', 'break-glass']);
    const { deployments } = documentOf(at(on('14'), ['history', 'shop', '-f', 'json']), 0);
    assert.ok(Array.isArray(deployments));
    assert.deepEqual(
      deployments[0].texts.map(({ document, ...text }: { document: string }) => ({ ...text, named: document.length })),
      [{ entry: deployment, text: words.trim(), redacted: false, named: 71 }],
    );
  });

  test('decisions without what must go with them', () => {
    const until = ['--until', '2026-12-01'];
    const deciding = (words: readonly string[]) => [
      'decide',
      'CVE-2026-90001',
      '--owner',
      'team',
      '--reason',
      'x',
      ...words,
    ];
    const affected = (words: readonly string[]) => deciding(['--status', 'affected', ...words]);
    allRefused(stage, on('14'), [
      [deciding(['--status', 'fine', ...until]), 2, /--status fine: no such status/],
      [affected([]), 2, /needs an end/],
      [affected(['--until', on('13')]), 2, /is not after the beginning/],
      [deciding(['--status', 'not_affected', '--justification', 'trust_me', ...until]), 2, /no such justification/],
      [affected(['--service', 'none', ...until]), 4, /--service none is not in the ledger/],
      [affected(['--artifact', 'abc', ...until]), 2, /not a digest/],
      [affected(['--component', 'openssl', ...until]), 2, /not a package URL/],
      [affected(['--evidence', 'none.pdf', ...until]), 2, /--evidence none\.pdf/],
      [['decide', 'CVE-1', '--owner', 't', '--status', 'fixed', '--reason', 'x'], 2, /a CVE id is written/],
      [['where', '*'], 2, /CVE \*/],
      [['redact', 'x', '--reason', 'x'], 2, /not a digest/],
      [['redact', unknown, '--reason', 'x'], 4, /is not in /],
    ]);
  });
});

describe('what is behind a command', () => {
  const { at, startAt, home } = ledgerStage('behind');
  const deploy = ['deploy', 'shop', '--env', 'prod', '--image', unknown, '-f', 'json'];

  test('a pipeline fills change, run and actor; the person stands outside of the log', () => {
    const env = {
      GITHUB_ACTIONS: 'true',
      GITHUB_SERVER_URL: 'https://github.example',
      GITHUB_REPOSITORY: 'acme/shop',
      GITHUB_RUN_ID: '77',
      GITHUB_SHA: '0a1b2c',
      GITHUB_REF: 'refs/heads/main',
      GITHUB_ACTOR: 'kim.example',
    };
    const { change, run, actor } = documentOf(at(on('14'), deploy, { env }), 1);
    assert.deepEqual(
      [change, run],
      ['https://github.example/acme/shop/commit/0a1b2c', 'https://github.example/acme/shop/actions/runs/77'],
    );
    assert.match(String(actor), /^github:[0-9a-f]{12}$/);
    assert.equal(documentOf(at(on('14'), deploy, { env }), 1)['actor'], actor);
    assert.equal(
      documentOf(at(on('14'), [...deploy, '--by', 'ci', '--change', 'https://u:p@t.example/1'], { env }), 1)['change'],
      'https://t.example/1',
    );
    assert.equal(documentOf(at(on('14'), deploy, { env: { KVITTO_ROLE: 'on-call' } }), 1)['actor'], 'on-call');
    assert.match(String(documentOf(at(on('14'), deploy), 1)['actor']), /^local:[0-9a-f]{12}$/);
    const db = new DatabaseSync(join(home, 'ledger/ledger.db'), { readOnly: true });
    const people = db.prepare('SELECT pseudonym, name FROM person ORDER BY pseudonym').all();
    db.close();
    assert.deepEqual({ ...people[0] }, { pseudonym: actor, name: 'kim.example' });
    assert.equal(people.length, 2);
    const log = at(on('14'), ['log', 'export']).stdout;
    assert.doesNotMatch(log, /kim\.example|u:p/);
  });

  test('a clock that was set back: told, and the order stays', () => {
    const run = at(on('13'), deploy);
    const { recorded, from, clockBehindMs } = documentOf(run, 1);
    assert.deepEqual([recorded, from, clockBehindMs], [on('14'), on('14'), 86_400_000]);
    assert.match(run.stderr, /the clock of this machine is 86400 s behind the ledger's last entry/);
    // What was just recorded is not hidden by the clock of whoever asks.
    assert.equal(documentOf(at(on('13'), ['ran', '-f', 'json']), 0)['total'], 1);
  });

  test('several writers at once: every one gets its number', async () => {
    const runs = await Promise.all(
      Array.from({ length: 6 }, (_, i) =>
        startAt(on('15'), ['deploy', `s${i}`, '--env', 'prod', '--image', unknown, '--by', 'ci', '-f', 'json']),
      ),
    );
    const numbers = runs.map((run) => documentOf(run, 1)['deployment']).map(Number);
    const first = Math.min(...numbers);
    assert.deepEqual(
      numbers.sort((a, b) => a - b),
      Array.from({ length: 6 }, (_, i) => first + i),
    );
    assert.deepEqual(
      runs.map((run) => run.stderr),
      runs.map(() => ''),
    );
  });

  test('an artifact of which the gate cannot say: deploy ends with 3', () => {
    const policy = join(home, 'lenient.yaml');
    writeFileSync(policy, 'version: 1\nrules:\n  - name: likely\n    epss: 0.999\n');
    const words = ['gate', shop, '--offline', '--record', '--by', 'ci', '-o', '/dev/null', '--policy', policy];
    // A month later the advisories are stale, so it cannot be said that nothing is likely.
    const gated = at('2026-12-13T10:00:00.000Z', words);
    assert.equal(gated.status, 3, gated.stderr);
    const image = /--image (\S+)/.exec(gated.stderr)?.[1] ?? '';
    const ended = at('2026-12-13T10:01:00.000Z', [
      'deploy',
      'shop',
      '--env',
      'prod',
      '--image',
      image,
      '--by',
      'ci',
      '-f',
      'json',
    ]);
    assert.deepEqual(documentOf(ended, 3)['marks'], ['cannot-say']);
  });

  test('a verdict that cannot be recorded ends with 4, whatever it is; the report is there all the same', () => {
    const file = join(home, 'a-file');
    writeFileSync(file, '');
    const run = at(demoDay, ['gate', shop, '--offline', '--record', '-f', 'json', '--ledger', join(file, 'ledger')]);
    assert.equal(run.status, 4);
    assert.match(run.stderr, /the verdict is "fail", but it was not recorded: /);
    assert.equal(JSON.parse(run.stdout).verdict.kind, 'fail');
  });

  test('rescan without an advisory store cannot say', () => {
    const elsewhere = join(home, 'elsewhere');
    mkdirSync(elsewhere);
    const run = at(on('16'), ['rescan', '--ledger', join(home, 'ledger')], { env: { KVITTO_HOME: elsewhere } });
    refused(run, 3, /there is no advisory store in /);
    assert.deepEqual(readdirSync(elsewhere), []);
  });
});

/** Usage that the parser of the command line refuses: it names the option and leads to the help. */
function refusedByUsage(run: KvittoRun | undefined, says: RegExp): void {
  assert.ok(run !== undefined);
  assert.deepEqual([run.status, run.stdout], [2, ''], run.stderr);
  assert.match(run.stderr, says);
  assert.match(run.stderr, /--help/);
}
