// A fingerprint stands for an answer: held against the answers themselves.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import type { AdvisoryStore } from '../../model/advisory.ts';
import { cveOfKey } from '../cve-key.ts';
import { osvRecord, writeFeeds } from '../testing/feeds-folder.ts';
import { type StoreContent, storeFrom } from '../testing/store-from.ts';
import { updateStore } from '../update.ts';
import { unpackBlock } from './format.ts';
import { openStore } from './open.ts';

const shape = /^[A-Za-z0-9_-]{22}$/;

async function stores(t: TestContext, ...contents: StoreContent[]): Promise<AdvisoryStore[]> {
  const opened = await Promise.all(contents.map(storeFrom));
  t.after(() => {
    for (const store of opened) store.close();
  });
  return opened;
}

async function pair(t: TestContext, before: StoreContent, after: StoreContent) {
  const [a, b] = await stores(t, before, after);
  assert.ok(a !== undefined && b !== undefined);
  return [a, b] as const;
}

const goRecords = (numbers: readonly number[], fixed = (n: number) => `1.${n}`) =>
  numbers.map((n) => osvRecord(`GO-${n}`, 'Go', `example.org/${n}`, fixed(n)));
const upTo = (count: number) => Array.from({ length: count }, (_, n) => n);

test('only the names that changed differ, though every block begins elsewhere', async (t) => {
  const before = goRecords(upTo(1500));
  const first = osvRecord('GO-first', 'Go', 'a', '1', { summary: 'x'.repeat(5000) });
  const after = [first, ...goRecords(upTo(1500), (n) => (n % 100 === 7 ? '2' : `1.${n}`)).slice(3)];
  const [a, b] = await pair(t, { osv: { Go: before } }, { osv: { Go: after } });
  const changed = upTo(1500).filter((n) => {
    const [was, is] = [a, b].map((store) => store.fingerprint('Go', `example.org/${n}`));
    if (was !== null) assert.match(String(was), shape);
    return was !== is;
  });
  assert.deepEqual(changed, [0, 1, 2, ...upTo(15).map((n) => n * 100 + 7)]);
  assert.equal(b.fingerprint('Go', 'example.org/0'), null);
  assert.equal(a.fingerprint('Go', 'a'), null);
  const all = new Set(upTo(1500).map((n) => a.fingerprint('Go', `example.org/${n}`)));
  assert.equal(all.size, 1500, 'each has its own');
});

test('a store that was built in steps, or from records in another order, says the same', async (t) => {
  const [a, b] = await pair(
    t,
    { osv: { Go: goRecords(upTo(50)) } },
    { osv: { PyPI: [osvRecord('PYSEC-1', 'PyPI', 'a', '1')], Go: goRecords(upTo(50).reverse()) } },
  );
  for (const n of upTo(50)) {
    assert.equal(a.fingerprint('Go', `example.org/${n}`), b.fingerprint('Go', `example.org/${n}`));
  }
});

const nasty = [
  'a',
  '',
  ':12',
  '[":12",[',
  '["",[',
  '\n["a",',
  '[',
  '"',
  ',[',
  '\\',
  '\\"',
  'ä',
  '\u{10ffff}',
  '__proto__',
];
const releases = ['', ':11', ':12', ':12"', ':["'];
const ecosystem = fc.constantFrom(...releases).map((release) => `Debian${release}`);
const name = fc.constantFrom(...nasty);
const record = fc
  .record({
    id: fc.constantFrom('D-1', 'D-2', 'D-3', ':12'),
    modified: fc.constantFrom('2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'),
    summary: name,
    aliases: fc.array(name, { maxLength: 2 }),
    details: name,
    affected: fc.array(
      fc.record({
        package: fc.record({ ecosystem, name }),
        versions: fc.array(fc.constantFrom(':12', '', '1', '["",['), { maxLength: 2 }),
        ranges: fc.constantFrom([], [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '2' }] }]),
        ecosystem_specific: fc.constantFrom({}, { urgency: 'low' }),
      }),
      { maxLength: 3 },
    ),
  })
  .map((parts) => parts as object);
const feed = fc.uniqueArray(record, { maxLength: 4, selector: (r) => (r as { id: string }).id });

test('equal fingerprints mean equal answers, and null means none, whatever texts the records hold', async () => {
  let [same, other, none] = [0, 0, 0];
  const check = fc.asyncProperty(feed, feed, fc.boolean(), async (before, after, alike) => {
    const a = await storeFrom({ osv: { Debian: before } });
    const b = await storeFrom({ osv: { Debian: alike ? before.toReversed() : after } });
    try {
      for (const key of nasty) {
        const answers = releases.map((r) => [a.byName(`Debian${r}`, key), b.byName(`Debian${r}`, key)] as const);
        const prints = releases.map(
          (r) => [a.fingerprint(`Debian${r}`, key), b.fingerprint(`Debian${r}`, key)] as const,
        );
        const allEqual = answers.every(([x, y]) => JSON.stringify(x) === JSON.stringify(y));
        for (const [index, [x, y]] of answers.entries()) {
          const [p, q] = prints[index] ?? [];
          assert.deepEqual([p === null, q === null], [x.length === 0, y.length === 0]);
          if (p === q) assert.deepEqual(x, y);
          if (allEqual) assert.equal(p, q);
          if (p === null) none += 1;
          else if (p === q) same += 1;
          else other += 1;
        }
      }
    } finally {
      a.close();
      b.close();
    }
  });
  await fc.assert(check, { numRuns: 40 });
  assert.ok(same > 0 && other > 0 && none > 0, `${same} ${other} ${none}`);
});

test('strange questions have no fingerprint, and spellings of one Python name have the same', async (t) => {
  const python = osvRecord('PYSEC-1', 'PyPI', 'Jw.Util', '1');
  const [store] = await stores(t, { osv: { Go: goRecords(upTo(3)), PyPI: [python] } });
  assert.ok(store !== undefined);
  for (const key of ['', 'example.org/', 'example.org/3', '~', '"', '__proto__', '\ud800', 'x\n["'])
    assert.equal(store.fingerprint('Go', key), null);
  for (const asked of ['', 'go', 'Go:1', 'Go:', 'npm', '__proto__', 'Go:","'])
    assert.equal(store.fingerprint(asked, 'example.org/1'), null);
  for (const id of ['', 'CVE-', 'CVE-2025-1000', 'GO-1', 'CVE-1-1', '__proto__'])
    assert.equal(store.factsFingerprint(id), null);
  assert.match(String(store.fingerprint('PyPI', 'jw_util')), shape);
  assert.equal(store.fingerprint('PyPI', 'jw_util'), store.fingerprint('PyPI', 'JW-UTIL'));
});

const cve = 'CVE-2025-1000';
const nvd = (value: string) => [
  { id: cve, published: '2025-05-05T05:05:05.005', descriptions: [{ lang: 'en', value }] },
];
const kev = (more: object = {}) => [
  { cveID: cve, dateAdded: '2025-06-01', dueDate: '2025-06-21', knownRansomwareCampaignUse: 'Unknown', ...more },
];
const eukev = [{ cveID: cve, dateReported: '2026/01/01', exploitationType: 'other' }];
const epss = (probability: number) => [{ cve, epss: probability, percentile: 0.5 }];

test('each fact about an id but EPSS shows in its fingerprint', async (t) => {
  const contents: StoreContent[] = [
    { nvd: nvd('Bad.') },
    { nvd: nvd('Worse.') },
    { kev: kev() },
    { kev: kev({ dueDate: '2025-06-22' }) },
    { kev: kev({ knownRansomwareCampaignUse: 'Known' }) },
    { eukev },
    { kev: kev(), eukev },
    { nvd: nvd('Bad.'), kev: kev() },
    { nvd: nvd('Bad.'), kev: kev(), eukev },
  ];
  const plain = await stores(t, ...contents);
  const scored = await stores(t, ...contents.map((content, n) => ({ ...content, epss: epss(n / 10) })));
  const prints = plain.map((store) => String(store.factsFingerprint(cve)));
  for (const print of prints) assert.match(print, shape);
  assert.equal(new Set(prints).size, contents.length);
  assert.deepEqual(
    scored.map((store) => store.factsFingerprint(cve)),
    prints,
  );
  const [only] = await stores(t, { epss: epss(0.5) });
  assert.equal(only?.facts(cve)?.epss?.probability, 0.5);
  assert.equal(only?.factsFingerprint(cve), null);
});

function emptyFolder(t: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'kvitto-fingerprint-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('a damaged row is a failure here too', async (t) => {
  const home = emptyFolder(t);
  const base = path.join(home, 'feeds');
  writeFeeds(base, { osv: { Go: goRecords(upTo(3)) }, nvd: nvd('Bad.') });
  const { store: file } = await updateStore({ home, base, ecosystems: null, feeds: ['nvd'], now: new Date() });
  const db = new DatabaseSync(file);
  db.exec('UPDATE block SET data = zeroblob(length(data)); UPDATE nvd SET data = zeroblob(length(data))');
  db.close();
  const store = openStore(file);
  t.after(() => store.close());
  assert.throws(() => store.fingerprint('Go', 'example.org/1'), { code: 'store-unreadable', message: /is damaged/ });
  assert.throws(() => store.factsFingerprint(cve), { code: 'store-unreadable', message: /is damaged/ });
});

/** Every question that has an answer in a store file: ecosystems with names, and ids. */
function questions(file: string): { readonly names: readonly (readonly [string, string])[]; readonly ids: string[] } {
  const db = new DatabaseSync(file, { readOnly: true });
  const names = new Set<string>();
  const ids = new Set<number>();
  for (const { feed, data } of db.prepare('SELECT feed, data FROM block').iterate()) {
    for (const text of unpackBlock(data as Uint8Array)
      .toString()
      .split('\n')
      .slice(1)) {
      const [key, ...advisories] = JSON.parse(text) as [string, ...unknown[][]];
      const entries = advisories.flatMap((advisory) => advisory[8] as [string][]);
      for (const [release] of entries) names.add(`${String(feed).slice(4)}${release}\0${key}`);
    }
  }
  for (const { data } of db.prepare('SELECT data FROM nvd').iterate()) {
    for (const text of unpackBlock(data as Uint8Array)
      .toString()
      .split('\n')
      .slice(1)) {
      ids.add((JSON.parse(text) as [number])[0]);
    }
  }
  for (const { cve: key } of db.prepare('SELECT cve FROM exploited').iterate()) ids.add(Number(key));
  db.close();
  return { names: [...names].map((pair) => pair.split('\0') as [string, string]), ids: [...ids].map(cveOfKey) };
}

test('between two real days, exactly what changed differs', { timeout: 120_000 }, async (t) => {
  const feeds = process.env['KVITTO_FEEDS'] ?? path.resolve(import.meta.dirname, '../../../../shared/feeds');
  const days = ['2025-09-30', '2026-08-21'].map((day) => path.join(feeds, day));
  if (!days.every((day) => existsSync(day))) return t.skip(`no real feeds at ${feeds}: set KVITTO_FEEDS to them`);
  const ecosystems = ['Alpine', 'RubyGems', 'npm'];
  const home = emptyFolder(t);
  const files: string[] = [];
  for (const [n, base] of days.entries()) {
    const request = { home: path.join(home, String(n)), base, ecosystems, now: new Date('2026-08-22T00:00:00Z') };
    files.push((await updateStore({ ...request, feeds: ['nvd', 'kev', 'eukev'] })).store);
  }
  const [a, b] = [openStore(files[0] ?? ''), openStore(files[1] ?? '')] as const;
  t.after(() => a.close());
  t.after(() => b.close());
  const asked = files.map(questions);
  const count = { names: 0, changedNames: 0, otherRelease: 0, ids: 0, changedIds: 0 };
  for (const [ecosystem, name] of asked.flatMap(({ names }) => names)) {
    const [was, is] = [a.byName(ecosystem, name), b.byName(ecosystem, name)];
    const [p, q] = [a.fingerprint(ecosystem, name), b.fingerprint(ecosystem, name)];
    assert.deepEqual([p === null, q === null], [was.length === 0, is.length === 0]);
    const equal = isDeepStrictEqual(was, is);
    if (p === q) assert.ok(equal, `${ecosystem} ${name}`);
    // Where there are no releases, nothing else can have changed.
    else if (!ecosystem.includes(':')) assert.ok(!equal, `${ecosystem} ${name}`);
    count.names += 1;
    if (p !== q) count.changedNames += 1;
    if (p !== q && equal) count.otherRelease += 1;
  }
  for (const id of asked.flatMap(({ ids }) => ids)) {
    const [p, q] = [a.factsFingerprint(id), b.factsFingerprint(id)];
    assert.equal(p === q, isDeepStrictEqual(a.facts(id), b.facts(id)), id);
    count.ids += 1;
    if (p !== q) count.changedIds += 1;
  }
  assert.ok(count.changedNames > 0 && count.changedNames < count.names && count.changedIds > 0);
  t.diagnostic(JSON.stringify(count));
});
