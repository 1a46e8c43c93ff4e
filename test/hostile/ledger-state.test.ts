// Ledgers that were damaged, altered, mixed up or may not be touched: refused with the place, and left as they were found.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, test } from 'node:test';
import { root, run as tool } from '../real/parts.ts';
import { contents, deployCommand, deploymentsOf, holds, ledgerStage } from './ledger-stage.ts';
import { orderly, refused, run } from './runs.ts';

const stage = ledgerStage('ledger-state');
const history = ['history', 'shop'];
const both = [deployCommand, history];
const remove =
  (...names: string[]) =>
  (ledger: string) => {
    for (const name of names) rmSync(join(ledger, name), { recursive: true });
  };
const write = (name: string, content: string | Uint8Array) => (ledger: string) =>
  writeFileSync(join(ledger, name), content);
const folder = (name: string) => (ledger: string) => {
  rmSync(join(ledger, name), { force: true });
  mkdirSync(join(ledger, name));
};
const statement = (text: string) => (ledger: string) => {
  const db = new DatabaseSync(join(ledger, 'ledger.db'));
  db.exec(text);
  db.close();
};
const foreign = (text: string) => (ledger: string) => {
  remove('ledger.db')(ledger);
  statement(`PRAGMA journal_mode = WAL; ${text}`)(ledger);
};
const noDatabase = /has no database/;

const cases: [what: string, spoil: (ledger: string) => void, commands: string[][], place: RegExp][] = [
  ['a ledger without its database', remove('ledger.db'), both, noDatabase],
  ['a database without a byte', write('ledger.db', ''), both, noDatabase],
  ['a database that is garbage', write('ledger.db', 'x'.repeat(50_000)), both, /ledger\.db.*not a database/],
  ['a database that is cut off', (l) => truncateSync(join(l, 'ledger.db'), 9000), both, /ledger\.db.*malformed/],
  ['a database of something else', foreign('CREATE TABLE service (x)'), both, noDatabase],
  [
    'a database with migrations of something else',
    foreign('CREATE TABLE migration (x)'),
    both,
    /ledger\.db has not the tables/,
  ],
  ['a database of a newer version', statement("INSERT INTO migration VALUES (99, 'x', 'y', 1)"), both, /newer version/],
  ['a migration that was altered', statement("UPDATE migration SET hash = 'z'"), both, /migration/],
  ['a database without its ledger', statement('DELETE FROM ledger'), both, /holds no ledger/],
  ['a database without a table', statement('DROP TABLE period'), both, /no such table: period/],
  ['a database that is a folder', folder('ledger.db'), both, /ledger\.db/],
  ['a database behind the log', statement('UPDATE ledger SET size = 2, published_size = 2'), both, /log|entries/],
  ['no private key', remove('keys/log.key'), [deployCommand], /log\.key/],
  [
    'a private key that all may read',
    (l) => chmodSync(join(l, 'keys/log.key'), 0o644),
    [deployCommand],
    /log\.key has mode 0644/,
  ],
  ['a private key that is none', write('keys/log.key', 's3cr3t'), [deployCommand], /log\.key/],
  ['no public key', remove('keys/log.pub'), [deployCommand], /has no public keys/],
  ['no keys', remove('keys'), [deployCommand], /has no public keys/],
  ['public keys that are none', write('keys/log.pub', '\u0000 garbage\n'), both, /log\.pub line 1/],
  ['public keys that are empty', write('keys/log.pub', ''), both, /log\.pub names no key/],
  ['public keys that are a folder', folder('keys/log.pub'), both, /log\.pub cannot be read/],
  ['no checkpoint', remove('log/checkpoint'), both, /log/],
  ['half a checkpoint', (l) => truncateSync(join(l, 'log/checkpoint'), 50), both, /log/],
  ['no tiles', remove('log/tile'), both, /tile/],
  [
    'a log that is a file',
    (l) => {
      remove('log')(l);
      write('log', '')(l);
    },
    both,
    /log/,
  ],
  [
    'documents that are a file',
    (l) => {
      remove('documents')(l);
      write('documents', '')(l);
    },
    [[...deployCommand, '--break-glass', 'x']],
    /documents/,
  ],
  [
    'no documents',
    remove('documents'),
    [
      ['exposure', 'shop'],
      ['sbom', 'shop'],
    ],
    /document sha256:/,
  ],
  ['a lock that is none', write('lock.db', 'x'.repeat(5000)), [deployCommand], /lock\.db is no lock/],
];

describe('ledgers that are not as they were written', { concurrency: 2 }, () => {
  for (const [what, spoil, commands, place] of cases) {
    test(what, async () => {
      const home = stage.home(what);
      spoil(join(home, 'ledger'));
      for (const args of commands) await stage.refused(home, args, 4, place);
    });
  }

  test('a checkpoint of another log', async () => {
    const [home, other] = [stage.home('mixed'), ledgerStage('ledger-other').home('other')];
    writeFileSync(join(home, 'ledger/log/checkpoint'), readFileSync(join(other, 'ledger/log/checkpoint')));
    for (const args of both) await stage.refused(home, args, 4, /no signature is by a known key|another log/);
  });

  test('a document that was altered is named, and one that is recorded again is whole again', async () => {
    const home = stage.home('altered');
    const documents = join(home, 'ledger/documents');
    // SBOM and inventory, which every recording of the image names again.
    const all = Object.keys(contents(documents)).filter((each) => each.endsWith('.zst'));
    assert.notEqual(all.length, 0);
    for (const each of all) writeFileSync(join(documents, each), 'altered');
    await stage.refused(home, ['sbom', 'shop'], 4, /documents\/[0-9a-f]{2}\/[0-9a-f.zst]+ is not what was written/);
    orderly(await run(['record', join(root, 'demo/shop.tar'), '--offline', '--by', 'ci'], { home }), 0);
    orderly(await run(['sbom', 'shop', '-o', join(home, 'sbom.json')], { home }), 0);
  });
});

describe('ledgers that others hold, or that may not be written', { concurrency: 2 }, () => {
  test('another process that holds the folder is named; questions are answered', async (t) => {
    const home = stage.home('held');
    const child = spawn(
      process.execPath,
      [join(root, 'src/files/testing/hold-lock.ts'), join(home, 'ledger'), 'a\u001b[2J\nwriter'],
      {
        stdio: ['pipe', 'pipe', 'inherit'],
      },
    );
    t.after(() => child.kill('SIGKILL'));
    await once(child.stdout, 'data');
    const place = new RegExp(`is being changed by process ${child.pid} \\(a.\\[2J.writer\\)`);
    await stage.refused(home, [...deployCommand, '--wait', '1s'], 4, place);
    orderly(await run(history, { home }), 0);
  });

  test('another program that writes the database', async (t) => {
    const home = stage.home('busy');
    const db = new DatabaseSync(join(home, 'ledger/ledger.db'));
    t.after(() => db.close());
    db.exec('BEGIN IMMEDIATE');
    const unnamed = deployCommand.filter((word) => word !== '--by' && word !== 'ci');
    const held = /ledger\.db is being written by another process/;
    await stage.refused(home, [...deployCommand, '--wait', '1s'], 4, held);
    refused(await run([...unnamed, '--wait', '1s'], { home }), 4, held);
    db.exec('ROLLBACK');
    orderly(await run(deployCommand, { home }), 1);
  });

  const notRoot = process.getuid?.() !== 0 && 'LEFT OUT: needs root';
  test('a ledger that may not be written to', { skip: notRoot }, async () => {
    const home = stage.home('read-only');
    for (let at = home; at.includes('kvitto-'); at = join(at, '..')) chmodSync(at, 0o755);
    const ended = await run(deployCommand, { home, user: 65534 });
    refused(ended, 4, /ledger/);
  });

  test('a full disk', { skip: notRoot }, async (t) => {
    const disk = join(stage.folder, 'disk');
    mkdirSync(disk);
    tool('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]);
    t.after(() => tool('umount', ['-l', disk]));
    const home = stage.home('small');
    tool('cp', ['-a', join(home, 'ledger'), disk]);
    const at = ['--ledger', join(disk, 'ledger')];
    const before = deploymentsOf(home).length;
    let recorded = 0;
    writeFileSync(join(disk, 'ballast'), Buffer.alloc(500_000));
    for (let turn = 0; ; turn++) {
      assert.ok(turn < 40, 'the disk never was full');
      const ended = await run([...deployCommand, ...at], { home });
      if (ended.status === 1) {
        recorded++;
        continue;
      }
      refused(ended, 4, disk);
      assert.match(ended.stderr, /ENOSPC|disk is full|full|space|disk I\/O/);
      break;
    }
    rmSync(join(disk, 'ballast'));
    orderly(await run([...deployCommand, ...at], { home }), 1);
    tool('cp', ['-a', join(disk, 'ledger'), join(stage.folder, 'after')]);
    const after = join(stage.folder, 'after-home');
    mkdirSync(after);
    tool('mv', [join(stage.folder, 'after'), join(after, 'ledger')]);
    assert.equal(deploymentsOf(after).length, before + recorded + 1);
    holds(after);
  });
});
