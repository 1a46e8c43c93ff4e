// One byte after another is changed in a pack and in a ledger's folder: what changes the meaning is found, with its place; what
// does not is shown not to. KVITTO_TAMPER=all tries 2,000 of them.
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, test } from 'node:test';
import { zstdDecompressSync } from 'node:zlib';
import { buildPack } from '../../src/evidence/pack.ts';
import type { Check } from '../../src/evidence/verify/checks.ts';
import { verifyLedgerFolder } from '../../src/evidence/verify-ledger.ts';
import { verifyPack } from '../../src/evidence/verify-pack.ts';
import { openZip } from '../../src/evidence/zip/read-zip.ts';
import { writeZip } from '../../src/evidence/zip/write-zip.ts';
import { openKeyFile } from '../../src/tlog/signer.ts';
import { start, tellStory, tool } from './evidence-stage.ts';

const all = process.env['KVITTO_TAMPER'] === 'all';
const changes = all ? { pack: 800, files: 700, database: 500 } : { pack: 80, files: 70, database: 50 };

/** A generator of whole numbers below a bound, the same each time (mulberry32). */
function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

let scratch: string;
let clean: string;
let zip: Uint8Array;

before(async () => {
  const told = await tellStory();
  const pack = await buildPack(
    told.ledger,
    { service: 'shop', environment: null, from: start, to: told.now, asOf: told.now, maxFeedAgeMs: null },
    { wholeLog: false },
  );
  zip = writeZip(pack.files);
  await told.ledger.close();
  // All that is in the write-ahead log goes into the file.
  const db = new DatabaseSync(path.join(told.folder, 'ledger.db'));
  db.exec('PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE');
  db.close();
  scratch = mkdtempSync(path.join(tmpdir(), 'kvitto-tamper-'));
  clean = path.join(scratch, 'clean');
  cpSync(told.folder, clean, { recursive: true });
  rmSync(path.dirname(told.folder), { recursive: true, force: true });
});
after(() => rmSync(scratch, { recursive: true, force: true }));

const placesOf = (checks: readonly Check[]) => checks.flatMap((c) => c.faults.map((f) => `${f.place} ${f.message}`));

/** The bytes with one of them changed, and where. */
function changed(bytes: Uint8Array, random: (below: number) => number): { bytes: Uint8Array; at: number } {
  const copy = Uint8Array.from(bytes);
  const at = random(bytes.length);
  copy[at] = (bytes[at] ?? 0) ^ (1 + random(255));
  return { bytes: copy, at };
}

/** What is in the files of a ZIP, as a reader that forgives nothing sees it. */
function unpacked(bytes: Uint8Array): string {
  const files = openZip(bytes);
  return JSON.stringify(files.paths.map((p) => [p, Buffer.from(files.read(p)).toString('base64')]));
}

test('a pack: every changed byte is found, but for what no reader can see', async (t) => {
  const random = seeded(20260101);
  const options = { tool, key: null, trusted: [] };
  const before = unpacked(zip);
  let harmless = 0;
  for (let i = 0; i < changes.pack; i++) {
    const { bytes, at } = changed(zip, random);
    const { outcome, checks } = await verifyPack(bytes, options);
    const places = placesOf(checks);
    if (outcome === 'fail') {
      assert.ok(places.length > 0, `byte ${at}`);
      continue;
    }
    // The bits that fill the last byte of a packed file: they unpack to the same.
    assert.equal(unpacked(bytes), before, `byte ${at} changes a file and is not found`);
    harmless++;
  }
  t.diagnostic(`pack: ${changes.pack} changes, ${changes.pack - harmless} found, ${harmless} that change no file`);
  assert.ok(harmless <= changes.pack / 20);
});

/** All rows and definitions, but for when a migration was applied: nothing is made of that. */
function rowsOf(file: string): string {
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    const check = db.prepare('PRAGMA integrity_check').all();
    const made = db.prepare('SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY name').all();
    const names = made.filter((m) => m['type'] === 'table').map((m) => String(m['name']));
    const rows = names.map((name) => {
      const columns = name === 'migration' ? 'id, name, hash' : '*';
      const found = db.prepare(`SELECT ${columns} FROM "${name}"`).all();
      return [name, found.map((r) => JSON.stringify(r, (_, v) => (v instanceof Uint8Array ? [...v] : v))).sort()];
    });
    return JSON.stringify([check, made, rows]);
  } finally {
    db.close();
  }
}

async function verified(folder: string) {
  const open = { folder, databaseUrl: null, clock: () => new Date(start), tool, name: 'test', waitMs: 100 };
  return await verifyLedgerFolder(open, { quick: false, file: null });
}

/** Puts the folder as it was beside the clean one. */
function freshCopy(): string {
  const folder = path.join(scratch, 'copy');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  cpSync(clean, folder, { recursive: true });
  return folder;
}

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((f) => statSync(path.join(folder, f)).isFile() && !/^ledger\.db|(?:^|\/)lock\./.test(f))
    .sort();
}

test('the files of a ledger: every changed byte is found in its file', async (t) => {
  const random = seeded(20260102);
  const folder = freshCopy();
  const files = filesOf(folder);
  const harmless: string[] = [];
  for (let i = 0; i < changes.files; i++) {
    const file = files[random(files.length)] ?? assert.fail('no files');
    const original = readFileSync(path.join(clean, file));
    const { bytes, at } = changed(original, random);
    writeFileSync(path.join(folder, file), bytes);
    const { outcome, checks } = await verified(folder);
    writeFileSync(path.join(folder, file), original);
    const places = placesOf(checks);
    const where = `byte ${at} of ${file}`;
    if (outcome === 'fail') {
      assert.ok(
        places.some((p) => p.includes(file.replace(/^log\//, ''))),
        `${where} is told as ${places.join(' | ')}`,
      );
    } else {
      harmless.push(where);
      // A document may be packed in more than one way: it unpacks to the same.
      if (file.endsWith('.zst')) assert.deepEqual(zstdDecompressSync(bytes), zstdDecompressSync(original), where);
      if (file.endsWith('.zst')) continue;
      // And a private key may be written in more than one way: it is the same key.
      assert.equal(file, 'keys/log.key', `${where} is not found`);
      const name = readFileSync(path.join(clean, 'keys/log.pub'), 'utf8').split('+')[0] ?? '';
      const [is, was] = [
        await openKeyFile(path.join(folder, file), name),
        await openKeyFile(path.join(clean, file), name),
      ];
      assert.deepEqual(is.publicKey, was.publicKey);
      writeFileSync(path.join(folder, file), original);
    }
  }
  t.diagnostic(
    `files: ${changes.files} changes, ${changes.files - harmless.length} found; that say the same: ${harmless.join(', ') || 'none'}`,
  );
  assert.equal((await verified(folder)).outcome, 'pass');
});

test('the database: every changed byte is found, but for those that no row and no definition is made of', async (t) => {
  const random = seeded(20260103);
  const folder = freshCopy();
  const file = path.join(folder, 'ledger.db');
  const original = readFileSync(path.join(clean, 'ledger.db'));
  const before = rowsOf(path.join(clean, 'ledger.db'));
  // Most of a small database is room for rows to come: four of five changes are made where something is written.
  const written = [...original.keys()].filter((at) => original[at] !== 0);
  let harmless = 0;
  for (let i = 0; i < changes.database; i++) {
    const at = i % 5 === 0 ? random(original.length) : (written[random(written.length)] ?? 0);
    const bytes = Uint8Array.from(original);
    bytes[at] = (original[at] ?? 0) ^ (1 + random(255));
    for (const left of ['-wal', '-shm']) rmSync(`${file}${left}`, { force: true });
    writeFileSync(file, bytes);
    const { outcome, checks } = await verified(folder);
    if (outcome === 'fail') {
      assert.ok(
        placesOf(checks).some((p) => p.includes('ledger.db')),
        `byte ${at}: ${placesOf(checks).join(' | ')}`,
      );
      continue;
    }
    for (const left of ['-wal', '-shm']) rmSync(`${file}${left}`, { force: true });
    writeFileSync(file, bytes);
    assert.equal(rowsOf(file), before, `byte ${at} of ledger.db changes a row and is not found`);
    harmless++;
  }
  t.diagnostic(
    `database: ${changes.database} changes, ${changes.database - harmless} found, ${harmless} in unused space`,
  );
  assert.ok(harmless < changes.database);
});
