import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { openStore } from '../store/open.ts';
import { type UpdateRequest, updateStore } from '../update.ts';
import { osvRecord, writeFeeds } from './feeds-folder.ts';

const now = new Date('2026-03-01T12:00:00Z');
export const kevFile = 'kev/known_exploited_vulnerabilities.json';
export const epssFile = 'epss/epss_scores-current.csv.gz';
export const nvdFile = 'nvd/nvdcve-2.0-2025.json.gz';

/** Numbers of all records. */
export const numbers = Array.from({ length: 40 }, (_, index) => 1000 + index);
/** The Go record with a number. */
export const osv = (number: number, more: object = {}) =>
  osvRecord(`GO-2026-${number}`, 'Go', `example.org/${number}`, '1', more);
const vector = 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H';
const scored = { cvssMetricV31: [{ source: 'nvd@nist.gov', type: 'Primary', cvssData: { vectorString: vector } }] };
/** The CVEs of a year, each with a score of NVD. */
export const cves = (year: number) => numbers.map((n) => ({ id: `CVE-${year}-${n}`, metrics: scored }));
/** All feeds, each with 20 to 80 records. */
export const content = {
  osv: { Go: numbers.map((n) => osv(n)) },
  nvd: [...cves(2024), ...cves(2025)],
  kev: numbers.map((n) => ({ cveID: `CVE-2025-${n}`, dateAdded: '2025-06-01' })),
  eukev: numbers.slice(0, 20).map((n) => ({ cveID: `CVE-2024-${n}`, dateReported: '2025/06/01' })),
  epss: numbers.map((n) => ({ cve: `CVE-2025-${n}`, epss: 0.5, percentile: 0.9 })),
};

/** A store of the content above, and what may be done to the feeds that it came from. */
export async function setUp(t: TestContext) {
  const root = mkdtempSync(path.join(tmpdir(), 'kvitto-faults-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const home = path.join(root, 'home');
  const base = path.join(root, 'feeds');
  writeFeeds(base, content);
  const asOf = '2026-02-20T00:00:00Z';
  const feeds = { 'osv/Go': { asOf }, nvd: { asOf }, kev: { asOf }, eukev: { asOf }, epss: { asOf } };
  writeFileSync(path.join(base, 'mirror.json'), JSON.stringify({ format: 1, feeds, files: {} }));
  const update = (more: Partial<UpdateRequest> = {}) => updateStore({ home, base, ecosystems: null, now, ...more });
  const before = await update();
  const rewrite = (name: string, change: (text: string) => string) => {
    const file = path.join(base, name);
    const packed = name.endsWith('.gz');
    const text = packed ? gunzipSync(readFileSync(file)).toString() : readFileSync(file, 'utf8');
    writeFileSync(file, packed ? gzipSync(change(text)) : change(text));
  };
  const cut = (name: string) => {
    const bytes = readFileSync(path.join(base, name));
    writeFileSync(path.join(base, name), bytes.subarray(0, bytes.length / 2));
  };
  return { base, update, before, rewrite, cut, write: (some: Partial<typeof content>) => writeFeeds(base, some) };
}

export type Stage = Awaited<ReturnType<typeof setUp>>;

/** All that a store answers about what the feeds above speak of. */
export function answers(file: string) {
  const store = openStore(file);
  const names = numbers.map((n) => store.byName('Go', `example.org/${n}`));
  const facts = [2024, 2025].flatMap((year) => numbers.map((n) => store.facts(`CVE-${year}-${n}`)));
  store.close();
  return { names, facts };
}
