// Command lines of the ledger with values that cannot be: refused with a reason, and nothing is written.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { deployCommand, deploymentsOf, image, ledgerStage } from './ledger-stage.ts';
import { orderly, run } from './runs.ts';

const stage = ledgerStage('ledger-commands');
const home = stage.home('values');
const deployment = String(deploymentsOf(home)[0]);
const file = (name: string, content: string | Uint8Array): string => {
  const path = join(stage.folder, name);
  writeFileSync(path, content);
  return path;
};
const deployAt = (at: string) => [...deployCommand, `--at=${at}`];
const deployOf = (ref: string) => ['deploy', 'shop', '--env', 'prod', '--by', 'ci', `--image=${ref}`];
const decide = ['decide', 'CVE-2026-90001', '--status', 'not_affected', '--by', 'ci', '--owner', 'security'];
const because = [...decide, '--justification', 'component_not_present', '--until', '2027-02-01'];
const long = 'x'.repeat(10_000);
const hex = image.slice('sha256:'.length);

const cases: [what: string, args: string[], exit: number, place: string | RegExp][] = [
  ['a day that is none', deployAt('2026-02-31'), 2, /--at: no such date or time: 2026-02-31/],
  ['a time without its offset', deployAt('2026-11-20T10:00'), 2, /--at: .* without its offset/],
  ['a time before 1970', deployAt('1969-12-31'), 2, /--at: before 1970/],
  ['an offset that is none', deployAt('2026-11-20T10:00:00+99:00'), 2, /--at: no such/],
  ['a year of five digits', deployAt('10000-01-01'), 2, /--at: not a date/],
  ['no time', deployAt(''), 2, /--at: not a date/],
  ['a beginning in the future', deployAt('9999-12-31'), 2, /--at 9999-12-31T.* lies in the future/],
  [
    'an end in the future',
    ['stop', 'shop', '--env', 'prod', '--by', 'ci', '--at', '9999-12-31'],
    2,
    /--at 9999.* lies in the future/,
  ],
  [
    'an end before its start',
    ['stop', 'shop', '--env', 'prod', '--by', 'ci', '--at', '2026-10-01'],
    2,
    /is before deployment/,
  ],
  [
    'a correction into the future',
    ['correct', deployment, '--by', 'ci', '--reason', 'x', '--until', '9999-12-31'],
    2,
    /--until 9999.* future/,
  ],
  [
    'a correction from the future',
    ['correct', deployment, '--by', 'ci', '--reason', 'x', '--from', '9999-12-31'],
    2,
    /--from 9999.* future/,
  ],
  [
    'a correction that ends first',
    ['correct', deployment, '--by', 'ci', '--reason', 'x', '--from', '2026-11-05', '--until', '2026-11-02'],
    2,
    /before the beginning/,
  ],
  [
    'a correction of nothing',
    ['correct', '99', '--by', 'ci', '--reason', 'x', '--until', 'open'],
    4,
    /no deployment 99/,
  ],
  [
    'an exposure that ends first',
    ['exposure', 'shop', '--from', '2026-11-20', '--to', '2026-11-10'],
    2,
    /before it begins/,
  ],
  [
    'a history that ends first',
    ['history', 'shop', '--from', '2026-11-20', '--to', '2026-11-10'],
    2,
    /before it begins/,
  ],
  [
    'evidence that ends first',
    ['evidence', 'shop', '--from', '2026-11-20', '--to', '2026-11-10', '-o', join(stage.folder, 'p.zip')],
    2,
    /before it begins/,
  ],
  ['an end without a beginning', ['exposure', 'shop', '--to', '2026-11-10'], 2, /--from/],
  ['a tag', deployOf('shop:1'), 2, /--image shop:1: names no digest/],
  ['half a digest', deployOf('sha256:abc'), 2, /--image sha256:abc/],
  ['a digest in upper case', deployOf(`sha256:${hex.toUpperCase()}`), 2, /--image/],
  ['sha512', deployOf(`sha512:${hex}${hex}`), 2, /--image sha512/],
  ['an image with a password', deployOf(`user:pw@host/x@${image}`), 2, /--image/],
  ['an image with an escape', deployOf(`a\u001b[2J@${image}`), 2, /--image/],
  ['a long image', deployOf(`${long}@${image}`), 2, /--image x+…/],
  [
    'a decision without an end',
    [...decide, '--justification', 'component_not_present', '--reason', 'x'],
    2,
    /--until|until|end/,
  ],
  [
    'a decision from the future',
    [...because, '--reason', 'x', '--from', '2027-03-01'],
    2,
    /2027-03-01.* lies in the future/,
  ],
  ['a decision for nobody', [...because, '--reason', 'x', '--service', 'nosuch'], 4, /nosuch/],
  ['a component that is none', [...because, '--reason', 'x', '--component', 'openssl'], 2, /openssl/],
  ['one that approves itself', [...because, '--reason', 'x', '--approved-by', 'security'], 2, /security/],
  ['no words', [...because, '--reason', '  '], 2, /--reason is empty/],
  ['words that turn around', [...because, '--reason', 'a\u202eb'], 2, /--reason has control/],
  [
    'words of 10 MB',
    [...because, '--reason', `@${file('long', Buffer.alloc(10_000_000, 'a'))}`],
    2,
    /--reason is longer/,
  ],
  [
    'words that are no text',
    [...because, '--reason', `@${file('bytes', Buffer.from([0xff, 0xfe, 0]))}`],
    2,
    /bytes: is not UTF-8/,
  ],
  ['words in a folder', [...because, '--reason', `@${stage.folder}`], 2, /EISDIR/],
  ['words without an end', [...because, '--reason', '@/dev/zero'], 2, /--reason is longer/],
  ['words that are not there', [...because, '--reason', '@gone'], 2, /@gone/],
  ['evidence that is a device', [...because, '--reason', 'x', '--evidence', '/dev/zero'], 2, /--evidence \/dev\/zero/],
  ['evidence that is not there', [...because, '--reason', 'x', '--evidence', 'gone'], 2, /--evidence gone/],
  ['evidence at no address', [...because, '--reason', 'x', '--evidence', 'file:///etc/passwd'], 2, /--evidence/],
  ['an entry that is not there', ['log', 'prove', '99'], 4, /99/],
  ['an entry that is none', ['log', 'prove', '--', '1e3'], 2, /1e3/],
  [
    'a log into its own ledger',
    ['log', 'export', '--files', join(home, 'ledger/log/copy')],
    2,
    /is in the folder of the ledger/,
  ],
  ['a log into no folder', ['log', 'export', '--files', ''], 2, /names no folder/],
  ['a log out of nothing', ['log', 'export', '--from', '9', '--to', '2'], 2, /--from 9 --to 2/],
  ['a redaction of nothing', ['redact', image, '--by', 'ci', '--reason', 'x'], 4, image],
  ['a format', ['ran', '-f', long], 2, /unknown format: x{1,39}…/],
  ['a wait', ['ran', '--wait', long], 2, /--wait: not a duration: x{1,39}…/],
  ['a ledger that is not there', ['ran', '--ledger', '/nowhere/ledger'], 4, '/nowhere/ledger'],
  ['no CVE', ['where', '--', '../../etc/passwd'], 2, /etc\/passwd/],
  ['a pack that is not there', ['verify', 'gone.zip'], 4, 'gone.zip'],
  ['a pack that is a folder', ['verify', stage.folder], 4, stage.folder],
];

describe('values that cannot be', { concurrency: 2 }, () => {
  for (const [what, args, exit, place] of cases) {
    test(what, async () => {
      await stage.refused(home, args, exit, place);
    });
  }

  const names = [
    '',
    ' ',
    '.',
    '..',
    '../x',
    '-x',
    'a\nb',
    'a\u001b[31mb',
    'a\u202eb',
    '😀',
    'a"b',
    "a'b",
    'a b',
    long,
    '__proto__',
    '%s',
  ];
  for (const name of names) {
    test(`a service called ${JSON.stringify(name.slice(0, 20))}`, async () => {
      await stage.refused(home, ['deploy', '--env', 'prod', '--by', 'ci', '--image', image, '--', name], 2, /SERVICE/);
      await stage.refused(home, ['history', '--', name], 4, /knows no service/);
    });
  }

  test('an environment and a role', async () => {
    for (const name of ['', '..', 'a\u202eb', long]) {
      await stage.refused(home, ['deploy', 'shop', '--by', 'ci', '--image', image, `--env=${name}`], 2, /--env/);
      await stage.refused(home, ['deploy', 'shop', '--env', 'prod', '--image', image, `--by=${name}`], 2, /--by/);
    }
  });

  test('names that every object has are names like others', async () => {
    const own = stage.home('names');
    for (const name of ['constructor', 'toString']) {
      orderly(await run(['deploy', name, '--env', name, '--by', 'ci', '--image', image], { home: own }), 1);
      orderly(await run(['exposure', name, '--env', name], { home: own }), 0);
    }
  });

  test('10 MB of words on standard input that does not block', async () => {
    const args = [...deployCommand, '--break-glass', '@-'];
    await stage.refused(home, args, 2, /--break-glass is longer/, { input: Buffer.alloc(10_000_000, 'a') });
  });
});

describe('answers that cannot be written', { concurrency: 2 }, () => {
  const writers: string[][] = [
    deployCommand,
    ['stop', 'shop', '--env', 'prod', '--by', 'ci'],
    [...because, '--reason', 'x'],
    ['rescan', '--by', 'ci'],
  ];
  test('a place that cannot take the answer is told before anything is recorded', async () => {
    for (const place of ['/nowhere/answer', stage.folder, '']) {
      for (const args of writers) await stage.refused(home, [...args, '-o', place], 4, `cannot write ${place}`);
      for (const args of [
        ['history', 'shop'],
        ['log', 'export'],
        ['log', 'checkpoint'],
      ]) {
        await stage.refused(home, [...args, '-o', place], 4, `cannot write ${place}`);
      }
    }
  });

  test('a full disk says that it is recorded all the same, and a device stays one', async () => {
    const own = stage.home('full');
    const before = deploymentsOf(own);
    mkdirSync(join(stage.folder, 'devices'));
    const full = join(stage.folder, 'devices/full');
    symlinkSync('/dev/full', full);
    const ended = await run([...deployCommand, '-o', full], { home: own });
    orderly(ended, 4);
    assert.match(
      ended.stderr,
      /^kvitto: recorded as entry \d+, but then cannot write .*ENOSPC.*\n {2}→ nothing is to be recorded again/,
    );
    assert.equal(deploymentsOf(own).length, before.length + 1);
    await stage.refused(own, ['log', 'export', '-o', full], 4, full);
    await stage.refused(own, ['log', 'export', '-o', '/dev/full'], 4, '/dev/full');
  });

  test('a log goes to a pipe as it is', async () => {
    const [toFile, toPipe] = [join(stage.folder, 'log.jsonl'), join(stage.folder, 'stdout')];
    orderly(await run(['log', 'export', '-o', toFile], { home }), 0);
    orderly(await run(['log', 'export', '-o', '/dev/stdout'], { home, stdout: toPipe }), 0);
    assert.deepEqual(readFileSync(toPipe), readFileSync(toFile));
  });
});
