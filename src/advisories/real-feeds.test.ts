import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { openStore } from './store/open.ts';
import { verifyStore } from './store/verify.ts';
import { updateStore } from './update.ts';

const root = path.resolve(import.meta.dirname, '../..');
const feeds = process.env['KVITTO_FEEDS'] ?? path.join(root, '../shared/feeds');
const base = path.join(feeds, '2026-08-21');

interface Entry {
  readonly package?: { readonly ecosystem: string; readonly name: string };
  readonly ranges?: readonly { readonly type: string; readonly events: readonly object[] }[];
  readonly versions?: readonly string[];
}

interface RawRecord {
  readonly id: string;
  readonly affected: readonly Entry[];
}

/** Everything in one zip, by unzip(1): not by the code under test. The listing says where one record ends in its output. */
function unzipped(zip: string): RawRecord[] {
  const listing = execFileSync('unzip', ['-l', zip], { maxBuffer: 1 << 28, encoding: 'utf8' });
  const lengths = [...listing.matchAll(/^ *(\d+) +\S+ +\S+ +\S.*\.json$/gm)].map((line) => Number(line[1]));
  const bytes = execFileSync('unzip', ['-p', zip], { maxBuffer: 1 << 30 });
  let end = 0;
  const records = lengths.map((length) => {
    end += length;
    return JSON.parse(bytes.toString('utf8', end - length, end)) as RawRecord;
  });
  assert.equal(end, bytes.length);
  return records;
}

test('the real feeds: every record is read, and every affected name is found', { timeout: 300_000 }, async (t) => {
  if (!existsSync(base)) return t.skip(`no real feeds at ${base}: set KVITTO_FEEDS to a folder of feeds`);
  const home = mkdtempSync(path.join(tmpdir(), 'kvitto-real-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  const result = await updateStore({ home, base, ecosystems: null, now: new Date('2026-08-22T00:00:00Z') });
  const state = new Map(result.perFeed.map((f) => [f.id, f]));
  const ecosystems = readdirSync(path.join(base, 'osv')).sort();
  assert.deepEqual([...state.keys()], [...ecosystems.map((e) => `osv/${e}`), 'nvd', 'kev', 'eukev', 'epss']);
  assert.deepEqual(
    result.perFeed.filter((f) => f.state !== 'updated' || f.badRecords !== 0),
    [],
  );
  assert.deepEqual([...new Set(result.snapshot.feeds.map((f) => f.asOf))], ['2026-08-21T20:38:00Z']);
  verifyStore(result.store);

  const store = openStore(result.store);
  for (const ecosystem of ecosystems) {
    const records = unzipped(path.join(base, 'osv', ecosystem, 'all.zip'));
    assert.equal(state.get(`osv/${ecosystem}`)?.records, records.length, ecosystem);
    const expected = new Map<string, Map<string, Entry[]>>();
    for (const { id, affected } of records) {
      for (const entry of affected) {
        if (entry.package?.ecosystem.split(':')[0] !== ecosystem) continue;
        const key = `${entry.package.ecosystem}\0${entry.package.name}`;
        const byId = expected.get(key) ?? new Map<string, Entry[]>();
        byId.set(id, [...(byId.get(id) ?? []), entry]);
        expected.set(key, byId);
      }
    }
    for (const [key, byId] of expected) {
      const [release = '', name = ''] = key.split('\0');
      const found = store.byName(release, name);
      assert.deepEqual(
        found.map((a) => a.id),
        [...byId.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
        key,
      );
      for (const advisory of found) {
        const entries = byId.get(advisory.id) ?? [];
        const withoutGit = (ranges: Entry['ranges']) =>
          (ranges ?? []).filter((r) => r.type !== 'GIT').map((r) => r.events);
        assert.deepEqual(
          advisory.affected.map((a) => [withoutGit(a.ranges), a.versions]),
          entries.map((e) => [withoutGit(e.ranges), e.versions ?? []]),
          `${advisory.id} ${key}`,
        );
      }
    }
    t.diagnostic(`${ecosystem}: ${records.length} records, ${expected.size} names`);
  }

  const json = (file: string) => JSON.parse(readFileSync(path.join(base, file), 'utf8'));
  const kev = json('kev/known_exploited_vulnerabilities.json') as {
    vulnerabilities: { cveID: string; dateAdded: string }[];
  };
  assert.equal(state.get('kev')?.records, kev.vulnerabilities.length);
  for (const { cveID, dateAdded } of kev.vulnerabilities) {
    assert.equal(store.facts(cveID)?.exploitation.find((e) => e.source === 'CISA KEV')?.since, dateAdded, cveID);
  }
  const eukev = json('eukev/eukev.json') as { cveID: string }[];
  assert.equal(state.get('eukev')?.records, eukev.length);
  for (const { cveID } of eukev)
    assert.ok(
      store.facts(cveID)?.exploitation.some((e) => e.source === 'EU KEV'),
      cveID,
    );
  const rows = gunzipSync(readFileSync(path.join(base, 'epss/epss_scores-current.csv.gz')))
    .toString()
    .trim()
    .split('\n')
    .slice(2);
  assert.equal(state.get('epss')?.records, rows.length);
  for (const row of rows) {
    const [id = '', probability, percentile] = row.split(',');
    const facts = store.facts(id)?.epss;
    if (facts?.probability === Number(probability) && facts.percentile === Number(percentile)) continue;
    assert.fail(`${row}: ${JSON.stringify(facts)}`);
  }
  let cves = 0;
  for (const name of readdirSync(path.join(base, 'nvd'))) {
    const text = gunzipSync(readFileSync(path.join(base, 'nvd', name))).toString();
    const { vulnerabilities } = JSON.parse(text) as { vulnerabilities: { cve: RawCve }[] };
    for (const { cve } of vulnerabilities) {
      cves += 1;
      const stated = [...(cve.metrics.cvssMetricV31 ?? []), ...(cve.metrics.cvssMetricV30 ?? [])].map(
        (m) => m.cvssData.baseScore,
      );
      assert.deepEqual(
        store
          .facts(cve.id)
          ?.severity.map((s) => s.score)
          .sort(),
        stated.sort(),
        cve.id,
      );
    }
  }
  assert.equal(state.get('nvd')?.records, cves);
  store.close();
});

interface RawCve {
  readonly id: string;
  readonly metrics: Readonly<
    Record<
      'cvssMetricV31' | 'cvssMetricV30',
      readonly { readonly cvssData: { readonly baseScore: number } }[] | undefined
    >
  >;
}
