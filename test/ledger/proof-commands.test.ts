// evidence, verify, repair and the exchange of decisions, as they are typed.
import assert from 'node:assert/strict';
import { cpSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { allRefused, demoDay, demoPolicy, documentOf, ledgerStage, refused, shop } from './command-line.ts';

const digest = 'sha256:c633cd897965912e51b9fc8b76906e93cd320417b26c3d53814ca32f909cdbf3';
const on = (day: string) => `2026-11-${day}T10:00:00.000Z`;

describe('proofs', () => {
  const stage = ledgerStage('proof');
  const { at, allAt, home, folder } = stage;
  const ledger = join(home, 'ledger');
  const pack = join(folder, 'shop.zip');

  test('a ledger with a deployment and a decision', () => {
    assert.equal(
      at(demoDay, ['gate', shop, '--policy', demoPolicy, '--offline', '--record', '--by', 'ci', '-o', '/dev/null'])
        .status,
      1,
    );
    const runs = allAt(on('13'), [
      ['deploy', 'shop', '--env', 'prod', '--image', digest, '--break-glass', 'outage', '--by', 'ci'],
      [
        ...[
          'decide',
          'CVE-2026-90001',
          '--service',
          'shop',
          '--status',
          'not_affected',
          '--owner',
          'team',
          '--by',
          'team',
        ],
        ...[
          '--justification',
          'vulnerable_code_not_present',
          '--reason',
          'left out of the build',
          '--until',
          '2026-12-01',
        ],
      ],
    ]);
    assert.deepEqual(
      runs.map((run) => [run.status, run.stderr]),
      [
        [0, ''],
        [0, ''],
      ],
    );
  });

  test('evidence: one file, the same each time, which verify accepts without the ledger', () => {
    const words = ['evidence', 'shop', '--env', 'prod', '--from', '2026-11-01', '--to', on('14'), '-f', 'json'];
    const { files, sizeBytes, ...made } = documentOf(at(on('14'), [...words, '-o', pack]), 0);
    assert.deepEqual(made, {
      schema: 'kvitto-evidence-1',
      file: pack,
      service: 'shop',
      environment: 'prod',
      from: '2026-11-01T00:00:00.000Z',
      to: on('14'),
      asOf: on('14'),
      wholeLog: false,
    });
    const bytes = readFileSync(pack);
    assert.equal(sizeBytes, bytes.length);
    assert.ok(Array.isArray(files) && files.length > 15);
    documentOf(at(on('14'), [...words, '-o', join(folder, 'again.zip')]), 0);
    assert.deepEqual(readFileSync(join(folder, 'again.zip')), bytes);
    refused(at(on('14'), ['evidence', 'none', '--from', '2026-11-01', '-o', join(folder, 'x.zip')]), 4, /none/);
    allRefused(stage, on('14'), [
      [
        ['evidence', 'shop', '--from', on('14'), '--to', on('13'), '-o', join(folder, 'x.zip')],
        2,
        /ends before it begins/,
      ],
      [['evidence', 'shop', '--from', '2026-11-01', '-o', folder], 4, /cwd/],
    ]);
    assert.ok(!readdirSync(folder).includes('x.zip'));
  });

  test('verify PACK: 0, with the key that its reader knows; 1 and the place where a byte is another', () => {
    const away = { env: { KVITTO_HOME: join(home, 'nowhere') } };
    const key = readFileSync(join(ledger, 'keys/log.pub'), 'utf8').trim();
    const verdict = documentOf(at(on('15'), ['verify', pack, '--key', key, '-f', 'json'], away), 0);
    assert.deepEqual([verdict['outcome'], verdict['key'], verdict['file']], ['pass', key, 'shop.zip']);
    assert.equal(at(on('15'), ['verify', pack, '--key', join(ledger, 'keys/log.pub')], away).status, 0);
    const other = `${key.slice(0, -6)}AAAAA=`;
    assert.equal(at(on('15'), ['verify', pack, '--key', other, '-f', 'json'], away).status, 1);

    const bytes = readFileSync(pack);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    const altered = join(folder, 'altered.zip');
    writeFileSync(altered, bytes);
    const found = documentOf(at(on('15'), ['verify', altered, '-f', 'json'], away), 1);
    assert.equal(found['outcome'], 'fail');
    assert.ok(Array.isArray(found['checks']));
    const faults = found['checks'].flatMap((check) => check.faults);
    assert.ok(faults.length > 0 && faults.every((fault) => fault.place !== ''));
    const text = at(on('15'), ['verify', altered], away);
    assert.equal(text.status, 1);
    assert.match(text.stdout, /^NOT as it was written: /);

    writeFileSync(join(folder, 'no.zip'), 'no pack');
    assert.equal(at(on('15'), ['verify', join(folder, 'no.zip')], away).status, 1);
    allRefused(stage, on('15'), [
      [['verify'], 2, /name what is to be verified/],
      [['verify', pack, '--ledger'], 2, /name what is to be verified/],
      [['verify', 'none.zip'], 4, /cannot read none\.zip/],
      [['verify', pack, '--trust', pack], 2, /holds no certificate/],
    ]);
  });

  test('decisions export and import: what goes out comes back, no wider than it was', () => {
    for (const [format, id] of [
      ['openvex', 'openvex'],
      ['cyclonedx', 'cyclonedx-vex'],
      ['csaf', 'csaf'],
    ] as const) {
      const file = join(folder, `${format}.json`);
      const out = at(on('15'), ['decisions', 'export', '--service', 'shop', '-f', format, '-o', file]);
      assert.deepEqual([out.status, out.stderr, out.stdout], [0, '', '']);
      assert.equal(
        at(on('15'), ['decisions', 'export', '--service', 'shop', '-f', format]).stdout,
        readFileSync(file, 'utf8'),
      );
      const elsewhere = join(home, `import-${format}`);
      cpSync(ledger, elsewhere, { recursive: true });
      const words = [
        'decisions',
        'import',
        file,
        '--owner',
        'buyer',
        '--by',
        'buyer',
        '--ledger',
        elsewhere,
        '-f',
        'json',
      ];
      const { decisions, statements, problems, format: told } = documentOf(at(on('15'), words), 0);
      assert.ok(Array.isArray(decisions));
      assert.deepEqual([decisions.length, statements, problems, told], [1, 1, [], id]);
      const { decisions: held } = documentOf(at(on('15'), ['decisions', '--ledger', elsewhere, '-f', 'json']), 0);
      assert.ok(Array.isArray(held));
      const back = held.find((d) => d.id === decisions[0]);
      assert.deepEqual(
        [back.vulnerability, back.status, back.justification, back.artifact, back.owner, back.validTo],
        ['CVE-2026-90001', 'not_affected', 'vulnerable_code_not_present', digest, 'buyer', '2026-12-01T00:00:00.000Z'],
      );
      assert.equal(at(on('15'), ['verify', '--ledger', elsewhere]).status, 0);
    }
    writeFileSync(join(folder, 'list.json'), '[]');
    allRefused(stage, on('15'), [
      [['decisions', 'export', '-f', 'yaml'], 2, /unknown format: yaml/],
      [['decisions', 'export', '--at', '2026-11-01'], 4, /no decision that was in force/],
      [['decisions', 'import', 'none.json', '--owner', 'x'], 4, /cannot read none\.json/],
      [['decisions', 'import', join(folder, 'list.json'), '--owner', 'x'], 4, /list\.json/],
    ]);
  });

  test('verify --ledger and repair: a database of an old backup, and a log of one', () => {
    const state = (words: readonly string[], exit: number) => documentOf(at(on('16'), [...words, '-f', 'json']), exit);
    assert.equal(state(['verify', '--ledger'], 0)['outcome'], 'pass');
    assert.deepEqual(state(['repair', '--by', 'ops'], 0)['repaired'], null);
    const old = join(home, 'old');
    cpSync(ledger, old, { recursive: true });
    const entries = Number(state(['log', 'checkpoint'], 0)['size']);
    assert.equal(state(['stop', 'shop', '--env', 'prod', '--by', 'ops'], 0)['entry'], entries);

    for (const name of readdirSync(ledger).filter((n) => n.startsWith('ledger.db'))) rmSync(join(ledger, name));
    cpSync(join(old, 'ledger.db'), join(ledger, 'ledger.db'));
    refused(at(on('16'), ['ran']), 4, /the database lacks 1 facts/);
    assert.equal(state(['verify', '--ledger'], 1)['outcome'], 'fail');
    const ahead = state(['repair', '--by', 'ops'], 0);
    assert.ok(
      typeof ahead['repaired'] === 'object' && ahead['repaired'] !== null && 'broughtBack' in ahead['repaired'],
    );
    assert.deepEqual([ahead['repaired'].broughtBack, ahead['missingDocuments']], [1, []]);
    assert.equal(state(['verify', '--ledger'], 0)['outcome'], 'pass');
    assert.equal(state(['ran'], 0)['total'], 0);

    renameSync(join(ledger, 'log'), join(home, 'newer-log'));
    cpSync(join(old, 'log'), join(ledger, 'log'), { recursive: true });
    refused(at(on('16'), ['ran']), 4, /entries of the log are missing/);
    const behind = state(['repair', '--by', 'ops'], 3);
    assert.ok(typeof behind['repaired'] === 'object' && behind['repaired'] !== null && 'lost' in behind['repaired']);
    assert.deepEqual(behind['repaired'].lost, { from: entries, to: entries + 2 });
    assert.equal(state(['verify', '--ledger'], 0)['outcome'], 'pass');
    // The end of the deployment is lost, so it runs, as far as is known.
    assert.equal(state(['ran'], 0)['total'], 1);
  });
});

describe('observe', () => {
  const { at, home } = ledgerStage('observe');

  test('a daemon that is none, and one that does not answer', () => {
    refused(at(demoDay, ['observe', 'lxc']), 2, /unknown source: lxc\n {2}→ docker or podman/);
    refused(at(demoDay, ['observe', 'docker', '--interval', 'often']), 2, /--interval: not a duration/);
    const env = { DOCKER_HOST: `unix://${join(home, 'no.sock')}` };
    refused(at(demoDay, ['observe', 'docker', '--env', 'prod'], { env }), 4, /there is no ledger in/);
    assert.ok(!readdirSync(home).includes('ledger'));
  });
});
