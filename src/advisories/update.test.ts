import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import type { CodedError } from '../model/errors.ts';
import { withStoreLock } from './lock.ts';
import { storePaths } from './paths.ts';
import { storeStatus } from './status.ts';
import { openStore } from './store/open.ts';
import { verifyStore } from './store/verify.ts';
import { osvRecord, writeFeeds, writeOsvZip } from './testing/feeds-folder.ts';
import { taken } from './testing/reports.ts';
import { ZipWriter } from './testing/zip-writer.ts';
import { type UpdateRequest, updateStore } from './update.ts';

const now = new Date('2026-03-01T12:00:00Z');

function folders(t: TestContext) {
  const root = mkdtempSync(path.join(tmpdir(), 'kvitto-update-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  return { home: path.join(root, 'home'), base: path.join(root, 'feeds'), root };
}

const content = {
  osv: {
    Debian: [osvRecord('DSA-1-1', 'Debian:12', 'zlib', '1.2'), osvRecord('DSA-2-1', 'Debian:11', 'curl', '7')],
    Go: [osvRecord('GO-2026-0001', 'Go', 'example.org/x', '1.0.1')],
  },
  nvd: [{ id: 'CVE-2025-1000', published: '2025-05-05T05:05:05.005', descriptions: [{ lang: 'en', value: 'Bad.' }] }],
  kev: [{ cveID: 'CVE-2025-1000', dateAdded: '2025-06-01', knownRansomwareCampaignUse: 'Unknown' }],
  eukev: [{ cveID: 'CVE-2026-2000', dateReported: '2026/01/01', exploitationType: 'other' }],
  epss: [{ cve: 'CVE-2025-1000', epss: 0.5, percentile: 0.9 }],
};

function request(home: string, base: string, more: Partial<UpdateRequest> = {}): UpdateRequest {
  return { home, base, ecosystems: null, now, ...more };
}

const ids = (list: readonly { readonly id: string }[]) => list.map((item) => item.id);

test('a feed of facts without a record is refused, and its former state stays', async (t) => {
  const { home, base } = folders(t);
  writeFeeds(base, content);
  const before = await updateStore(request(home, base));
  writeFeeds(base, { ...content, kev: [] });
  const after = await updateStore(request(home, base));
  const kev = after.perFeed.find(({ id }) => id === 'kev');
  assert.deepEqual([kev?.state, kev?.records], ['failed', 1]);
  assert.match(kev?.message ?? '', /kev holds no record/);
  assert.equal(after.snapshot.digest, before.snapshot.digest);
});

test('a folder of feeds becomes a store, and a second update changes nothing', async (t) => {
  const { home, base } = folders(t);
  writeFeeds(base, content, { epss: '2026-02-20T00:00:00+0000', kev: '2026-02-19T00:00:00.0Z' });
  const first = await updateStore(request(home, base));
  assert.deepEqual(first.perFeed, [
    taken('osv/Debian', 2),
    taken('osv/Go', 1),
    taken('nvd', 1),
    taken('kev', 1),
    taken('eukev', 1),
    taken('epss', 1),
  ]);
  assert.deepEqual(first.warnings, []);
  assert.deepEqual([...new Set(first.snapshot.feeds.map((f) => f.asOf))], ['2026-02-20T00:00:00Z']);
  assert.deepEqual(verifyStore(first.store), first.snapshot);
  const bytes = readFileSync(first.store);
  const second = await updateStore(request(home, base, { now: new Date('2026-03-02T00:00:00Z') }));
  assert.deepEqual(
    second.perFeed.map((f) => f.state),
    first.perFeed.map(() => 'unchanged'),
  );
  assert.deepEqual(second.snapshot, first.snapshot);
  assert.ok(readFileSync(second.store).equals(bytes));
  assert.deepEqual(readdirSync(storePaths(home).folder).sort(), ['lock.db', 'store.db']);
});

test('the same feeds give the same digest, whenever and in whatever steps they are built', async (t) => {
  const { home, base, root } = folders(t);
  writeFeeds(base, content);
  const whole = await updateStore(request(home, base));
  const other = path.join(root, 'other');
  await updateStore(request(other, base, { ecosystems: ['Go'], feeds: ['kev'] }));
  await updateStore(request(other, base, { ecosystems: ['Debian:12'], feeds: ['nvd', 'epss'] }));
  const steps = await updateStore(
    request(other, base, { ecosystems: [], feeds: ['eukev'], now: new Date('2027-01-01') }),
  );
  assert.equal(steps.snapshot.digest, whole.snapshot.digest);
  writeOsvZip(base, 'Go', [osvRecord('GO-2026-0001', 'Go', 'example.org/x', '1.0.2')]);
  const changed = await updateStore(request(home, base));
  assert.notEqual(changed.snapshot.digest, whole.snapshot.digest);
});

test('an ecosystem that is added later leaves the others as they are', async (t) => {
  const { home, base } = folders(t);
  writeFeeds(base, content);
  await updateStore(request(home, base, { ecosystems: ['Debian'], feeds: ['epss'] }));
  const result = await updateStore(request(home, base, { ecosystems: ['Go'], feeds: [] }));
  assert.deepEqual(ids(result.perFeed), ['osv/Go']);
  assert.deepEqual(ids(result.snapshot.feeds), ['epss', 'osv/Debian', 'osv/Go']);
  const store = openStore(result.store);
  assert.deepEqual(ids(store.byName('Debian:12', 'zlib')), ['DSA-1-1']);
  assert.deepEqual(ids(store.byName('Debian:11', 'zlib')), []);
  assert.deepEqual(ids(store.byName('Go', 'example.org/x')), ['GO-2026-0001']);
  assert.equal(store.facts('CVE-2025-1000')?.epss?.probability, 0.5);
  store.close();
});

test('an ecosystem that the base lacks fails alone', async (t) => {
  const { home, base } = folders(t);
  writeFeeds(base, content);
  const result = await updateStore(request(home, base, { ecosystems: ['Go', 'Maven'], feeds: [] }));
  assert.deepEqual(result.perFeed, [
    taken('osv/Go', 1),
    {
      id: 'osv/Maven',
      state: 'failed',
      why: 'unreachable',
      records: 0,
      badRecords: 0,
      before: null,
      found: null,
      message: `${base} has no osv/Maven`,
    },
  ]);
  const store = openStore(result.store);
  assert.deepEqual([store.covers('Go'), store.covers('Maven')], [true, false]);
  store.close();
});

test('bad records are counted and the rest is read', async (t) => {
  const { home, base } = folders(t);
  const half = {
    id: 'GO-2',
    modified: '2026-01-01T00:00:00Z',
    affected: [{ package: { ecosystem: 'Go', name: 'a' }, ranges: 7 }],
  };
  const records = ['{ not json', '[]', 'null', { id: 'GO-1' }, half, osvRecord('GO-3', 'Go', 'b', '1')];
  writeOsvZip(base, 'Go', records);
  const { perFeed, store } = await updateStore(request(home, base, { feeds: [] }));
  assert.deepEqual(perFeed, [
    {
      id: 'osv/Go',
      state: 'updated',
      why: null,
      records: 6,
      badRecords: 5,
      before: null,
      found: { records: 6, badRecords: 5 },
      message: '5 bad, the first one: bad-0: not a JSON object',
    },
  ]);
  const open = openStore(store);
  assert.deepEqual([ids(open.byName('Go', 'a')), ids(open.byName('Go', 'b'))], [[], ['GO-3']]);
  open.close();
});

test('a damaged feed keeps its former state', async (t) => {
  const { home, base } = folders(t);
  writeFeeds(base, content);
  const before = await updateStore(request(home, base));
  const zip = path.join(base, 'osv', 'Go', 'all.zip');
  const sound = readFileSync(zip);
  const wrongChecksum = () => {
    const writer = new ZipWriter(zip);
    writer.add('a.json', '{}', 1);
    writer.close();
  };
  const climbing = () => {
    const writer = new ZipWriter(zip);
    writer.add('../../a.json', '{}');
    writer.close();
  };
  const damages: [() => void, RegExp][] = [
    [() => writeFileSync(zip, sound.subarray(0, sound.length - 30)), /^osv\/Go\/all\.zip/],
    [() => writeFileSync(zip, '<html>no</html>'), /^osv\/Go\/all\.zip/],
    [() => writeFileSync(zip, ''), /^osv\/Go\/all\.zip/],
    [wrongChecksum, /^osv\/Go\/all\.zip: a\.json has a wrong checksum/],
    [climbing, /^osv\/Go\/all\.zip invalid relative path: \.\.\/\.\.\/a\.json/],
  ];
  for (const [damage, message] of damages) {
    damage();
    const after = await updateStore(request(home, base, { ecosystems: ['Go'], feeds: [] }));
    const [report] = after.perFeed;
    assert.deepEqual([report?.state, report?.records], ['failed', 1]);
    assert.match(report?.message ?? '', message);
    assert.match(report?.message ?? '', /its former state \(.*\) stays in use$/);
    assert.deepEqual(after.snapshot, before.snapshot);
  }
  for (const name of [
    'nvd/nvdcve-2.0-2025.json.gz',
    'epss/epss_scores-current.csv.gz',
    'eukev/eukev.json',
    'kev/known_exploited_vulnerabilities.json',
  ]) {
    writeFileSync(path.join(base, name), '<html>');
  }
  const facts = await updateStore(request(home, base, { ecosystems: [] }));
  assert.deepEqual(
    facts.perFeed.map((f) => [f.id, f.state]),
    ['nvd', 'kev', 'eukev', 'epss'].map((id) => [id, 'failed']),
  );
  assert.equal(facts.snapshot.digest, before.snapshot.digest);
  assert.deepEqual(verifyStore(facts.store), before.snapshot);
});

test('where nothing can be had, nothing is written', async (t) => {
  const { home, base } = folders(t);
  mkdirSync(path.join(base, 'osv'), { recursive: true });
  await assert.rejects(
    updateStore(request(home, base)),
    (e: CodedError) => e.code === 'feed-unreachable' && e.remedy !== undefined,
  );
  assert.deepEqual(storeStatus(home), { state: 'missing', file: storePaths(home).store });
  await assert.rejects(updateStore(request(home, path.join(base, 'nowhere'))), { code: 'feed-unreachable' });
  await assert.rejects(updateStore(request(home, base, { ecosystems: ['../x'] })), { code: 'usage' });
});

test('an aborted update leaves the former store', async (t) => {
  const { home, base } = folders(t);
  writeFeeds(base, content);
  const before = await updateStore(request(home, base));
  writeOsvZip(base, 'Go', [osvRecord('GO-9', 'Go', 'z', '1')]);
  await assert.rejects(updateStore(request(home, base, { signal: AbortSignal.abort() })), { code: 'aborted' });
  assert.deepEqual(verifyStore(before.store), before.snapshot);
});

test('two updates do not run at once, and the message names the owner', async (t) => {
  const { home, base } = folders(t);
  writeFeeds(base, content);
  await withStoreLock(home, 'somebody', now, async () => {
    await assert.rejects(updateStore(request(home, base)), (thrown: CodedError) => {
      assert.equal(
        thrown.message,
        `the advisory store is being changed by process ${process.pid} (somebody), since ${now.toISOString()}`,
      );
      return thrown.code === 'store-busy';
    });
  });
  assert.equal((await updateStore(request(home, base))).perFeed.length, 6);
});

test('times: a mirror says when, a bare folder is as old as its newest content, the future is not believed', async (t) => {
  const { home, base } = folders(t);
  const late = osvRecord('GO-9', 'Go', 'z', '1', { modified: '2099-01-01T00:00:00Z' });
  writeFeeds(
    base,
    { ...content, osv: { Go: [...content.osv.Go, late] } },
    { nvd: '2026-02-02T02:02:02.000', kev: '2098-01-01T00:00:00Z' },
  );
  const asOf = async (feeds: UpdateRequest['feeds']) => {
    const { snapshot } = await updateStore(request(home, base, { ecosystems: ['Go'], ...(feeds ? { feeds } : {}) }));
    return new Map(snapshot.feeds.map((f) => [f.id, f.asOf]));
  };
  assert.equal((await asOf([])).get('osv/Go'), '2026-02-02T02:02:02.000Z');
  writeFileSync(
    path.join(base, 'mirror.json'),
    JSON.stringify({
      format: 1,
      feeds: { 'osv/Go': { asOf: '2026-02-27T00:00:00Z' }, nvd: { asOf: '2097-01-01T00:00:00Z' } },
      files: {},
    }),
  );
  const times = await asOf(undefined);
  assert.equal(times.get('osv/Go'), '2026-02-27T00:00:00Z');
  assert.equal(times.get('nvd'), now.toISOString());
  assert.equal(times.get('kev'), '2026-02-02T02:02:02.000Z');
});

test('an unreadable store is built anew, and that is said', async (t) => {
  const { home, base } = folders(t);
  writeFeeds(base, content);
  mkdirSync(storePaths(home).folder, { recursive: true });
  writeFileSync(storePaths(home).store, 'not a database at all');
  const result = await updateStore(request(home, base));
  assert.equal(result.warnings.length, 1);
  assert.match(result.warnings[0] ?? '', /store\.db .*; it is built anew/);
  assert.equal(storeStatus(home).state, 'ready');
});

test('a feed without a record about its ecosystem is refused, and its former state stays', async (t) => {
  const { home, base } = folders(t);
  writeFeeds(base, content);
  const before = await updateStore(request(home, base));
  for (const [records, why, found, held] of [
    [[], 'invalid', [0, 0], 'it has no record at all'],
    [[osvRecord('DSA-1-1', 'Debian:12', 'zlib', '1.2')], 'form-changed', [1, 0], 'none of its 1 records is about Go'],
    [['<html>'], 'form-changed', [1, 1], 'none of its 1 records is about Go (bad-0: not a JSON object)'],
  ] as const) {
    writeOsvZip(base, 'Go', records);
    const { perFeed, snapshot } = await updateStore(request(home, base));
    assert.deepEqual(perFeed[1], {
      id: 'osv/Go',
      state: 'failed',
      why,
      records: 1,
      badRecords: 0,
      before: 1,
      found: { records: found[0], badRecords: found[1] },
      message: `osv/Go/all.zip is no feed of Go: ${held}; its former state (2026-01-01T00:00:00Z) stays in use`,
    });
    assert.deepEqual(snapshot, before.snapshot);
  }
});

test('a home that cannot be written to is a failure that says so', async (t) => {
  const { home, base } = folders(t);
  writeFeeds(base, content);
  mkdirSync(path.join(storePaths(home).folder, 'lock.json'), { recursive: true });
  await assert.rejects(updateStore(request(home, base)), {
    code: 'output-unwritable',
    message: /^.*advisories cannot be written: EISDIR/,
  });
  writeFileSync(path.join(base, '../file'), '');
  await assert.rejects(updateStore(request(path.join(base, '../file'), base)), { code: 'output-unwritable' });
});
