import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { mirrorFeeds } from './mirror.ts';
import { storePaths } from './paths.ts';
import { storeStatus } from './status.ts';
import { feedServer } from './testing/feed-server.ts';
import { osvRecord, writeFeeds } from './testing/feeds-folder.ts';
import { exportStore, importStore } from './transfer.ts';
import { updateStore } from './update.ts';

const now = new Date('2026-03-01T12:00:00Z');
const content = {
  osv: { Go: [osvRecord('GO-1', 'Go', 'a', '1')], npm: [osvRecord('GHSA-1', 'npm', 'b', '2')] },
  nvd: [{ id: 'CVE-2025-1000' }, { id: 'CVE-2026-1000' }],
  kev: [{ cveID: 'CVE-2025-1000', dateAdded: '2025-06-01', knownRansomwareCampaignUse: 'Unknown' }],
  eukev: [{ cveID: 'CVE-2025-1000', dateReported: '2025/06/02', exploitationType: 'other' }],
  epss: [{ cve: 'CVE-2025-1000', epss: 0.5, percentile: 0.9 }],
};
const times = { epss: '2026-02-20T00:00:00+0000' };

function folders(t: TestContext) {
  const root = mkdtempSync(path.join(tmpdir(), 'kvitto-transfer-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const base = path.join(root, 'feeds');
  writeFeeds(base, content, times);
  return { root, base, home: path.join(root, 'home') };
}

function files(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort();
}

test('an exported store arrives as it was', async (t) => {
  const { root, base, home } = folders(t);
  const { snapshot } = await updateStore({ home, base, ecosystems: null, now });
  const file = path.join(root, 'advisories.kvitto');
  assert.deepEqual(await exportStore({ home, file }), snapshot);
  const other = path.join(root, 'other');
  assert.deepEqual(await importStore({ home: other, file, now, expected: snapshot.digest }), snapshot);
  assert.ok(readFileSync(storePaths(other).store).equals(readFileSync(storePaths(home).store)));
  assert.deepEqual(readdirSync(storePaths(other).folder).sort(), ['lock.db', 'store.db']);
  const again = await updateStore({ home: other, base, ecosystems: null, now });
  assert.deepEqual(
    again.perFeed.map((f) => f.state),
    again.perFeed.map(() => 'unchanged'),
  );
});

test('a damaged, foreign or other export is refused, and the store stays', async (t) => {
  const { root, base, home } = folders(t);
  const { snapshot } = await updateStore({ home, base, ecosystems: null, now });
  const file = path.join(root, 'advisories.kvitto');
  await exportStore({ home, file });
  const sound = readFileSync(file);
  const other = path.join(root, 'other.kvitto');
  const header = sound.indexOf('\n', sound.indexOf('\n') + 1) + 1;
  const cases: [Buffer, string][] = [
    [sound.subarray(0, sound.length - 10), 'document-invalid'],
    [Buffer.concat([sound.subarray(0, header), Buffer.from('garbage')]), 'document-invalid'],
    [Buffer.from('PK\x03\x04'), 'document-invalid'],
    [Buffer.alloc(0), 'document-invalid'],
    [Buffer.from(sound.toString('latin1').replace(/"sha256":"./, '"sha256":"g'), 'latin1'), 'digest-mismatch'],
    [
      Buffer.from(sound.toString('latin1').replace(/"digest":"sha256:../, '"digest":"sha256:zz'), 'latin1'),
      'digest-mismatch',
    ],
    [Buffer.from(sound.toString('latin1').replace(/"sizeBytes":\d+/, '"sizeBytes":10'), 'latin1'), 'document-invalid'],
  ];
  for (const [bytes, code] of cases) {
    writeFileSync(other, bytes);
    await assert.rejects(importStore({ home, file: other, now }), { code });
  }
  await assert.rejects(importStore({ home, file, now, expected: 'sha256:other' }), { code: 'digest-mismatch' });
  await assert.rejects(importStore({ home, file: path.join(root, 'nowhere'), now }), { code: 'source-not-found' });
  const status = storeStatus(home);
  assert.ok(status.state === 'ready');
  assert.deepEqual(status.snapshot, snapshot);
});

test('an export that cannot be written leaves nothing', async (t) => {
  const { root, base, home } = folders(t);
  await assert.rejects(exportStore({ home, file: path.join(root, 'x') }), { code: 'store-unreadable' });
  await updateStore({ home, base, ecosystems: null, now });
  await assert.rejects(exportStore({ home, file: path.join(root, 'no', 'x') }), { code: 'output-unwritable' });
  assert.ok(!existsSync(path.join(root, 'no')));
});

test('a mirror has the layout of its source, gives the same store, and remembers how old it is', async (t) => {
  const { root, base, home } = folders(t);
  const dir = path.join(root, 'mirror');
  const reports = await mirrorFeeds({ dir, base, ecosystems: null, now });
  assert.deepEqual(
    reports.map((r) => [r.id, r.state]),
    ['osv/Go', 'osv/npm', 'nvd', 'kev', 'eukev', 'epss'].map((id) => [id, 'updated']),
  );
  assert.deepEqual(files(dir), [...files(base), 'mirror.json'].sort());
  for (const name of files(base))
    assert.ok(readFileSync(path.join(dir, name)).equals(readFileSync(path.join(base, name))));
  const original = await updateStore({ home, base, ecosystems: null, now });
  const copy = await updateStore({ home: path.join(root, 'other'), base: dir, ecosystems: null, now });
  assert.deepEqual(copy.snapshot, original.snapshot);
  const uncounted = { records: 0, badRecords: 0, before: null, found: null };
  const again = await mirrorFeeds({ dir, base, ecosystems: ['Go', 'Maven'], feeds: ['nvd'], now });
  assert.deepEqual(again, [
    { id: 'osv/Go', state: 'unchanged', why: null, ...uncounted },
    { id: 'osv/Maven', state: 'failed', why: 'unreachable', ...uncounted, message: `${base} has no osv/Maven` },
    { id: 'nvd', state: 'unchanged', why: null, ...uncounted },
  ]);
});

test('a mirror served over http tells its ecosystems and times; a damaged file is fetched again', async (t) => {
  const { root, base, home } = folders(t);
  const dir = path.join(root, 'mirror');
  await mirrorFeeds({ dir, base, ecosystems: null, now });
  const server = await feedServer();
  t.after(() => server.close());
  for (const name of files(dir)) server.documents.set(name, readFileSync(path.join(dir, name)));
  const later = new Date('2026-03-09T00:00:00Z');
  const update = await updateStore({ home, base: server.base, ecosystems: null, now: later });
  assert.deepEqual(
    update.perFeed.map((f) => [f.id, f.state]),
    ['osv/Go', 'osv/npm', 'nvd', 'kev', 'eukev', 'epss'].map((id) => [id, 'updated']),
  );
  assert.deepEqual([...new Set(update.snapshot.feeds.map((f) => f.asOf))], ['2026-02-20T00:00:00Z']);
  const second = path.join(root, 'second');
  await mirrorFeeds({ dir: second, base: server.base, ecosystems: null, now: later });
  assert.deepEqual(files(second), files(dir));
  const zip = path.join(second, 'osv', 'Go', 'all.zip');
  writeFileSync(zip, 'damaged');
  server.taken();
  const reports = await mirrorFeeds({
    dir: second,
    base: server.base,
    ecosystems: ['Go', 'npm'],
    feeds: [],
    now: later,
  });
  assert.deepEqual(
    reports.map((r) => r.state),
    ['updated', 'unchanged'],
  );
  assert.deepEqual(server.taken(), ['200 mirror.json', '200 osv/Go/all.zip', '304 osv/npm/all.zip']);
  copyFileSync(zip, `${zip}.read`);
  assert.ok(readFileSync(`${zip}.read`).equals(readFileSync(path.join(dir, 'osv', 'Go', 'all.zip'))));
});
