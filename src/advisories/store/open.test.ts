import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { CodedError } from '../../model/errors.ts';
import { osvRecord, writeFeeds } from '../testing/feeds-folder.ts';
import { storeFrom } from '../testing/store-from.ts';
import { updateStore } from '../update.ts';
import { openStore } from './open.ts';
import { verifyStore } from './verify.ts';

const now = new Date('2026-03-01T00:00:00Z');

async function storeFile(t: TestContext, count = 2000): Promise<string> {
  const root = mkdtempSync(path.join(tmpdir(), 'kvitto-open-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const records = Array.from({ length: count }, (_, n) => osvRecord(`GO-${n}`, 'Go', `example.org/${n}`, `1.${n}`));
  writeFeeds(path.join(root, 'feeds'), { osv: { Go: records } });
  const base = path.join(root, 'feeds');
  return (await updateStore({ home: root, base, ecosystems: null, feeds: [], now })).store;
}

const unreadable = (pattern: RegExp) => (thrown: CodedError) => {
  assert.equal(thrown.code, 'store-unreadable');
  assert.match(thrown.message, pattern);
  assert.match(thrown.remedy ?? '', /db update/);
  return true;
};

test('every name of many blocks is found, and nothing else', async (t) => {
  const file = await storeFile(t);
  const store = openStore(file);
  for (let n = 0; n < 2000; n += 1) {
    const found = store.byName('Go', `example.org/${n}`);
    assert.deepEqual(
      found.map((a) => a.id),
      [`GO-${n}`],
    );
    assert.deepEqual(found[0]?.affected[0]?.ranges[0]?.events, [{ introduced: '0' }, { fixed: `1.${n}` }]);
  }
  const others = [
    '',
    'a',
    'example.org/',
    'example.org/2000',
    'example.org/1 ',
    '~',
    '\u{10ffff}',
    '"',
    '__proto__',
    'x\n["',
  ];
  for (const name of others) assert.deepEqual(store.byName('Go', name), []);
  for (const ecosystem of ['', 'go', 'Go:1', 'GO', 'npm', '__proto__'])
    assert.deepEqual(store.byName(ecosystem, 'example.org/1'), []);
  for (const id of ['', 'CVE-', 'CVE-2025-1000', 'GO-1', 'CVE-1-1', 'CVE-2025-99999999999'])
    assert.equal(store.facts(id), null);
  store.close();
  store.close();
});

test('a file that is missing, foreign, cut short, longer or of another format is refused', async (t) => {
  const file = await storeFile(t, 10);
  const other = `${file}.other`;
  assert.throws(() => openStore(other), unreadable(/does not exist/));
  writeFileSync(other, 'hello, this is no database');
  assert.throws(() => openStore(other), unreadable(/cannot be read|is no advisory store/));
  writeFileSync(other, '');
  assert.throws(() => openStore(other), unreadable(/is no advisory store/));
  rmSync(other);
  const foreign = new DatabaseSync(other);
  foreign.exec('CREATE TABLE meta (key TEXT, value TEXT)');
  foreign.close();
  assert.throws(() => openStore(other), unreadable(/is no advisory store/));
  const { length } = readFileSync(file);
  for (const size of [length - 1, length - 4096, 4096, 100, length + 1]) {
    copyFileSync(file, other);
    truncateSync(other, size);
    assert.throws(() => openStore(other), unreadable(/./), `${size} bytes`);
  }
  copyFileSync(file, other);
  const old = new DatabaseSync(other);
  old.exec('PRAGMA user_version = 0');
  old.close();
  assert.throws(() => openStore(other), unreadable(/has format 0, and this version of Kvitto reads format 2/));
});

test('a flipped byte is noticed by verifyStore, or changes nothing', async (t) => {
  const file = await storeFile(t, 300);
  const sound = readFileSync(file);
  const { digest } = verifyStore(file);
  const other = `${file}.other`;
  let noticed = 0;
  for (let at = 3; at < sound.length; at += 211) {
    const bytes = Buffer.from(sound);
    bytes[at] = (bytes[at] ?? 0) ^ 0x40;
    writeFileSync(other, bytes);
    try {
      assert.equal(verifyStore(other).digest, digest);
    } catch (thrown) {
      assert.ok(thrown instanceof CodedError, String(thrown));
      assert.equal(thrown.code, 'store-unreadable');
      noticed += 1;
    }
  }
  assert.ok(noticed > 5, `${noticed} noticed`);
});

test('a damaged row fails when it is asked for, and the others are still there', async (t) => {
  const file = await storeFile(t);
  const db = new DatabaseSync(file);
  db.exec('UPDATE block SET data = zeroblob(length(data)) WHERE rowid = 1');
  const first = String(db.prepare('SELECT first FROM block WHERE rowid = 1').get()?.['first']);
  const last = String(db.prepare('SELECT first FROM block ORDER BY rowid DESC LIMIT 1').get()?.['first']);
  db.close();
  const store = openStore(file);
  assert.throws(() => store.byName('Go', first), unreadable(/is damaged/));
  assert.equal(store.byName('Go', last).length, 1);
  store.close();
  assert.throws(() => verifyStore(file), unreadable(/is damaged/));
});

test('EPSS of many ids at once is what each of them is told alone', async () => {
  const epss = Array.from({ length: 500 }, (_, n) => ({
    cve: `CVE-2025-${1000 + n}`,
    epss: n / 1000,
    percentile: n / 500,
  }));
  const kev = [{ cveID: 'CVE-2026-1000', dateAdded: '2026-01-01' }];
  const store = await storeFrom({ epss, kev, nvd: [{ id: 'CVE-2025-1007' }] });
  const strange = ['', 'GHSA-x', 'CVE-2025-1', 'cve-2025-1000', '__proto__', 'CVE-2026-1000', 'CVE-2025-1500'];
  const ids = [...epss.map((row) => row.cve).reverse(), ...strange, 'CVE-2025-1000'];
  const known = ids.flatMap((id) => (store.facts(id)?.epss ? [[id, store.facts(id)?.epss] as const] : []));
  assert.deepEqual([...store.epssOf(ids)], [...new Map(known)]);
  assert.deepEqual(
    store.epssOf(['CVE-2025-1250', 'CVE-2025-1250', 'CVE-2025-1000']),
    new Map([
      ['CVE-2025-1250', { probability: 0.25, percentile: 0.5 }],
      ['CVE-2025-1000', { probability: 0, percentile: 0 }],
    ]),
  );
  assert.deepEqual(store.epssOf(strange), new Map());
  assert.deepEqual(store.epssOf([]), new Map());
  store.close();
});
