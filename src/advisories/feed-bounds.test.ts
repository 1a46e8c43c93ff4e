import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { openStore } from './store/open.ts';
import { verifyStore } from './store/verify.ts';
import { osvRecord, writeFeeds, writeOsvZip } from './testing/feeds-folder.ts';
import { taken } from './testing/reports.ts';
import { content, numbers, osv, setUp } from './testing/spoilt-feeds.ts';

test('the other feeds of the update are taken, and a feed that recovers is taken again', async (t) => {
  const { update, write, before } = await setUp(t);
  write({ kev: content.kev.slice(20), epss: [...content.epss, { cve: 'CVE-2024-1000', epss: 0.1, percentile: 0.2 }] });
  const partly = await update({ ecosystems: [], feeds: ['kev', 'epss'] });
  assert.deepEqual(
    partly.perFeed.map(({ id, state, why, records }) => [id, state, why, records]),
    [
      ['kev', 'failed', 'shrunk', 40],
      ['epss', 'updated', null, 41],
    ],
  );
  const store = openStore(partly.store);
  assert.equal(store.facts('CVE-2024-1000')?.epss?.probability, 0.1);
  assert.deepEqual(
    store.facts('CVE-2025-1000')?.exploitation.map((e) => e.source),
    ['CISA KEV'],
  );
  store.close();
  write({ kev: [...content.kev, { cveID: 'CVE-2024-1001', dateAdded: '2026-01-01' }] });
  const whole = await update({ ecosystems: [], feeds: ['kev'] });
  assert.deepEqual(whole.perFeed, [taken('kev', 41, 40)]);
  assert.notEqual(whole.snapshot.digest, before.snapshot.digest);
});

test('records that are withdrawn are records, also where they name nothing any more', async (t) => {
  const { base, update } = await setUp(t);
  const withdrawn = { withdrawn: '2026-02-02T00:00:00Z', affected: [] };
  writeOsvZip(
    base,
    'Go',
    numbers.map((n) => osv(n, n < 1030 ? withdrawn : {})),
  );
  const { perFeed } = await update({ ecosystems: ['Go'], feeds: [] });
  assert.deepEqual(perFeed, [taken('osv/Go', 40, 40)]);
});

test('bounds are the caller’s, and a feed that the store does not hold is held against none', async (t) => {
  const { base, update, before } = await setUp(t);
  writeOsvZip(base, 'Go', content.osv.Go.slice(0, 30));
  const wide = await update({ ecosystems: ['Go'], feeds: [], bounds: { mostLost: 0.25 } });
  assert.deepEqual(wide.perFeed, [taken('osv/Go', 30, 40)]);
  writeOsvZip(base, 'Go', content.osv.Go.slice(0, 29));
  const narrow = await update({ ecosystems: ['Go'], feeds: [], bounds: { mostLost: 0, fewest: 1 } });
  assert.deepEqual(
    narrow.perFeed.map(({ state, why }) => [state, why]),
    [['failed', 'shrunk']],
  );
  writeOsvZip(base, 'npm', [osvRecord('GHSA-1', 'npm', 'x', '1'), '{', '{', '{']);
  const first = await update({ ecosystems: ['npm'], feeds: [] });
  assert.deepEqual(
    first.perFeed.map(({ message: _, ...rest }) => rest),
    [
      {
        id: 'osv/npm',
        state: 'updated',
        why: null,
        records: 4,
        badRecords: 3,
        before: null,
        found: { records: 4, badRecords: 3 },
      },
    ],
  );
  assert.notEqual(first.snapshot.digest, before.snapshot.digest);
});

test('a catalogue of which nothing can be read is none, also the first time', async (t) => {
  const { base, update } = await setUp(t);
  const home = path.join(path.dirname(base), 'other');
  writeFeeds(base, { kev: [{ cveId: 'CVE-2025-1000', dateAdded: '2025-06-01' }] });
  const { perFeed, snapshot } = await update({ home, feeds: ['kev'] });
  assert.deepEqual(perFeed, [
    taken('osv/Go', 40),
    {
      id: 'kev',
      state: 'failed',
      why: 'invalid',
      records: 0,
      badRecords: 0,
      before: null,
      found: { records: 1, badRecords: 1 },
      message: 'none of the 1 records of kev can be read: an entry without a CVE id or date ()',
    },
  ]);
  assert.deepEqual(
    snapshot.feeds.map(({ id }) => id),
    ['osv/Go'],
  );
});

test('only feeds of the update can be accepted', async (t) => {
  const { update, before } = await setUp(t);
  await assert.rejects(update({ ecosystems: ['Go'], feeds: ['kev'], accept: ['kev', 'osv/go'] }), {
    code: 'usage',
    message: '"osv/go" cannot be accepted: it is no feed of this update',
    remedy: 'name feeds as the update reports them: osv/Go, kev',
  });
  assert.deepEqual(verifyStore(before.store), before.snapshot);
});
