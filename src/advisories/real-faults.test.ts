import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { openStore } from './store/open.ts';
import { verifyStore } from './store/verify.ts';
import { taken } from './testing/reports.ts';
import { type FactFeedId, updateStore } from './update.ts';

const root = path.resolve(import.meta.dirname, '../..');
const feeds = process.env['KVITTO_FEEDS'] ?? path.join(root, '../shared/feeds');
const [older, newer] = [path.join(feeds, '2025-09-30'), path.join(feeds, '2026-08-21')];
const now = new Date('2026-08-22T00:00:00Z');

function skipped(t: TestContext): boolean {
  if (existsSync(older) && existsSync(newer)) return false;
  t.skip(`no real feeds at ${feeds}: set KVITTO_FEEDS to a folder with 2025-09-30 and 2026-08-21`);
  return true;
}

function temporary(t: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'kvitto-real-faults-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('a year of real changes is taken, feed by feed', { timeout: 120_000 }, async (t) => {
  if (skipped(t)) return;
  const home = temporary(t);
  const request = { home, ecosystems: ['Debian', 'Go', 'npm'], now };
  const first = await updateStore({ ...request, base: older });
  const second = await updateStore({ ...request, base: newer });
  const counts: Readonly<Record<string, readonly [number, number]>> = {
    'osv/Debian': [8835, 9674],
    'osv/Go': [2223, 4291],
    'osv/npm': [660, 748],
    nvd: [4203, 5297],
    kev: [1422, 1662],
    eukev: [19, 39],
    epss: [295_871, 360_142],
  };
  assert.deepEqual(
    first.perFeed,
    Object.entries(counts).map(([id, [was]]) => taken(id, was)),
  );
  assert.deepEqual(
    second.perFeed,
    Object.entries(counts).map(([id, [was, is]]) => taken(id, is, was)),
  );
  // The other way round, what shrank is not believed, and what did not is taken.
  const back = await updateStore({ ...request, base: older, feeds: ['nvd', 'kev'] });
  const expected: readonly [string, 'failed' | 'updated', 'shrunk' | null][] = [
    ['osv/Debian', 'updated', null],
    ['osv/Go', 'failed', 'shrunk'],
    ['osv/npm', 'updated', null],
    ['nvd', 'failed', 'shrunk'],
    ['kev', 'updated', null],
  ];
  assert.deepEqual(
    back.perFeed.map(({ id, state, why, before, found }) => ({ id, state, why, before, found })),
    expected.map(([id, state, why]) => {
      const [was, is] = counts[id] ?? assert.fail(id);
      return { id, state, why, before: is, found: { records: was, badRecords: 0 } };
    }),
  );
});

test('real feeds that are damaged leave the store and its answers as they are', { timeout: 120_000 }, async (t) => {
  if (skipped(t)) return;
  const folder = temporary(t);
  const home = path.join(folder, 'home');
  const base = path.join(folder, 'feeds');
  for (const part of ['osv/Debian', 'nvd', 'kev', 'eukev', 'epss'])
    cpSync(path.join(newer, part), path.join(base, part), { recursive: true });
  const file = (name: string) => path.join(base, name);
  const rewrite = (name: string, change: (text: string) => string) => () =>
    writeFileSync(file(name), gzipSync(change(gunzipSync(readFileSync(file(name))).toString()), { level: 1 }));
  const kevFile = 'kev/known_exploited_vulnerabilities.json';
  const kev = (change: (list: unknown[]) => object) => () => {
    const document = JSON.parse(readFileSync(path.join(newer, kevFile), 'utf8')) as { vulnerabilities: unknown[] };
    writeFileSync(file(kevFile), JSON.stringify(change(document.vulnerabilities)));
  };
  const update = (feed: string) =>
    updateStore({
      home,
      base,
      now,
      ...(feed === 'all'
        ? { ecosystems: ['Debian'] }
        : feed === 'osv/Debian'
          ? { ecosystems: ['Debian'], feeds: [] }
          : { ecosystems: [], feeds: [feed as FactFeedId] }),
    });
  const before = await update('all');
  const answers = () => {
    const store = openStore(before.store);
    const facts = ['CVE-2021-44228', 'CVE-2025-25231', 'CVE-2024-3094'].map((id) => store.facts(id));
    const records = ['openssl', 'curl', 'linux'].map((name) => store.byName('Debian:12', name));
    store.close();
    assert.ok(facts.every((f) => f?.epss != null) && records.every((list) => list.length > 0));
    return { facts, records };
  };
  const sound = answers();
  const had = new Map(before.perFeed.map(({ id, records }) => [id, records]));
  const zip = 'osv/Debian/all.zip';
  const emptyZip = Buffer.concat([Buffer.from('PK\x05\x06', 'latin1'), Buffer.alloc(18)]);
  const epssFile = 'epss/epss_scores-current.csv.gz';
  const year = 'nvd/nvdcve-2.0-2021.json.gz';
  const bytes = readFileSync(file(zip));
  const cases: readonly [string, string, () => void, string, { records: number; badRecords: number } | null, RegExp][] =
    [
      [
        'a zip without its end',
        'osv/Debian',
        () => truncateSync(file(zip), bytes.length - 1000),
        'invalid',
        null,
        /all\.zip/,
      ],
      [
        'half a zip',
        'osv/Debian',
        () => truncateSync(file(zip), Math.floor(bytes.length / 2)),
        'invalid',
        null,
        /all\.zip/,
      ],
      [
        'an empty zip',
        'osv/Debian',
        () => writeFileSync(file(zip), emptyZip),
        'invalid',
        { records: 0, badRecords: 0 },
        /it has no record at all/,
      ],
      ['no bytes', 'osv/Debian', () => writeFileSync(file(zip), ''), 'invalid', null, /all\.zip/],
      [
        'KEV with half its entries',
        'kev',
        kev((list) => ({ vulnerabilities: list.filter((_, n) => n % 2 === 0) })),
        'shrunk',
        { records: 831, badRecords: 0 },
        /^kev holds 831 records and held 1662: 50 % fewer/,
      ],
      [
        'KEV with a renamed key',
        'kev',
        kev((list) => ({ vulnerabilities: list.map((e) => ({ ...(e as object), dateAdded: undefined })) })),
        'form-changed',
        { records: 1662, badRecords: 1662 },
        /^none of the 1662 records of kev can be read/,
      ],
      ['KEV with a renamed list', 'kev', kev((entries) => ({ entries })), 'form-changed', null, /no list of vulnerab/],
      [
        'EPSS with another header',
        'epss',
        rewrite(epssFile, (text) => text.replace('cve,epss,percentile', 'cve_id,epss,percentile')),
        'form-changed',
        null,
        /^the EPSS feed begins with "cve_id,epss,percentile"/,
      ],
      [
        'EPSS that is cut short',
        'epss',
        () => truncateSync(file(epssFile), 1_000_000),
        'invalid',
        null,
        /unexpected end/,
      ],
      [
        'an NVD year that is emptied',
        'nvd',
        rewrite(year, () => '{"format":"NVD_CVE","vulnerabilities":[]}'),
        'shrunk',
        { records: 4364, badRecords: 0 },
        /^nvd\/nvdcve-2\.0-2021\.json\.gz is empty or gone, and held 933 records/,
      ],
      [
        'an EU KEV that is a page',
        'eukev',
        () => writeFileSync(file('eukev/eukev.json'), '<!doctype html>'),
        'invalid',
        null,
        /^eukev\/eukev\.json is no JSON/,
      ],
    ];
  for (const [what, id, damage, why, found, message] of cases) {
    damage();
    const { perFeed, snapshot } = await update(id);
    const [{ message: said = '', ...report } = assert.fail(), ...others] = perFeed;
    const records = had.get(id) ?? 0;
    assert.deepEqual(report, { id, state: 'failed', why, records, badRecords: 0, before: records, found }, what);
    assert.deepEqual(others, []);
    assert.match(said, message, what);
    assert.deepEqual(snapshot, before.snapshot, what);
    assert.deepEqual(answers(), sound, what);
    for (const part of [zip, year, epssFile]) cpSync(path.join(newer, part), file(part));
  }
  assert.deepEqual(verifyStore(before.store), before.snapshot);
});
