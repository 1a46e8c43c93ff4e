// States of the feeds between those that were kept: a record counts from the day of its publication on.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { zipFiles } from '../../src/advisories/feeds/zip.ts';
import { type Member, zip } from '../build-demo.ts';

const kevPath = 'kev/known_exploited_vulnerabilities.json';
const eukevPath = 'eukev/eukev.json';
const epssPath = 'epss/epss_scores-current.csv.gz';

interface Dated<T> {
  /** `2026-08-21`; null: the record does not say. */
  readonly day: string | null;
  readonly value: T;
}

interface RecordFile extends Member {
  /** All CVEs that it is about. */
  readonly names: readonly string[];
}

/** A real state of the feeds, read once. */
export interface RealState {
  readonly day: string;
  readonly folder: string;
  readonly osv: ReadonlyMap<string, readonly Dated<RecordFile>[]>;
}

const json = (value: unknown) => Buffer.from(JSON.stringify(value));
const limits = {
  entries: 1_000_000,
  entryBytes: 64 << 20,
  totalBytes: 4 * 1024 ** 3,
  ratio: 1_000,
  ratioFloorBytes: 1 << 20,
};

/** Reads the advisories of a folder of feeds as of a day. */
export function realState(folder: string, day: string, ecosystems: readonly string[]): RealState {
  const osv = new Map<string, Dated<RecordFile>[]>();
  for (const ecosystem of ecosystems) {
    const file = join(folder, 'osv', ecosystem, 'all.zip');
    const records = [...zipFiles(file, file, limits)].map(({ name, bytes }) => {
      const record = JSON.parse(bytes.toString('utf8'));
      const { id, aliases = [], upstream = [], published } = record;
      const names = [id, ...aliases, ...upstream].filter((n): n is string => /^CVE-\d{4}-\d{4,}$/.test(String(n)));
      return { day: typeof published === 'string' ? published.slice(0, 10) : null, value: { name, bytes, names } };
    });
    osv.set(ecosystem, records);
  }
  return { day, folder, osv };
}

/** The year and the number of a CVE: `CVE-2024-4367` is 2024 and 4367. */
function numbersOf(cve: string): [string, number] {
  const [, year = '', number = ''] = cve.split('-');
  return [year, Number(number)];
}

/**
 * When the numbers of CVEs had been handed out, as far as the dated records of these states show it: of each year, the day on which one of
 * them first named this number or a higher one.
 */
export class NumbersGiven {
  /** By year: numbers that go down, and the earliest day of it or any before it. */
  readonly #days = new Map<string, { number: number; day: string }[]>();

  constructor(states: readonly RealState[]) {
    const dated = states.flatMap(({ osv }) => [...osv.values()].flat());
    for (const { day, value } of dated) {
      if (day === null) continue;
      for (const cve of value.names) {
        const [year, number] = numbersOf(cve);
        const list = this.#days.get(year) ?? [];
        list.push({ number, day });
        this.#days.set(year, list);
      }
    }
    for (const list of this.#days.values()) {
      list.sort((a, b) => b.number - a.number);
      let earliest = '9999';
      for (const given of list) {
        if (given.day < earliest) earliest = given.day;
        given.day = earliest;
      }
    }
  }

  /** The earliest of these days for any of the CVEs; null where nothing tells. */
  dayOf(cves: readonly string[]): string | null {
    const days = cves.flatMap((cve) => {
      const [year, number] = numbersOf(cve);
      const day = this.#days.get(year)?.findLast((given) => given.number >= number)?.day;
      return day === undefined ? [] : [day];
    });
    return days.sort()[0] ?? null;
  }
}

/** A day of the EU's catalogue: `2026/08/10`, or `18/07/25` as it was written in 2025. */
function dayReported(text: string): string | null {
  const [, year, month, day] = /^(\d{4})\/(\d\d)\/(\d\d)$/.exec(text) ?? [];
  if (year !== undefined) return `${year}-${month}-${day}`;
  const [, late, middle, early] = /^(\d\d)\/(\d\d)\/(\d\d)$/.exec(text) ?? [];
  return early === undefined ? null : `20${early}-${middle}-${late}`;
}

/** The folder of a mirror. */
class Folder {
  readonly #root: string;
  readonly ids: string[] = [];

  constructor(root: string) {
    this.#root = root;
  }

  write(id: string, path: string, bytes: Buffer): void {
    const file = join(this.#root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, bytes);
    if (!this.ids.includes(id)) this.ids.push(id);
  }

  /** `mirror.json`: when its feeds were confirmed. */
  confirm(at: string): void {
    const feeds = Object.fromEntries(this.ids.map((id) => [id, { asOf: at }]));
    writeFileSync(join(this.#root, 'mirror.json'), json({ feeds }));
  }
}

/**
 * Writes the feeds as they may have stood on a day into a folder: of the next real state, what was published until then, and what an earlier one has.
 * A record without a date counts from the day on which its number had been handed out, or else from the real state that has it first. A score of
 * NVD counts from the earlier of the two days. EPSS is that of the next real state. A catalogue of which nothing was published yet is not there.
 */
export function deriveState(states: readonly RealState[], given: NumbersGiven, day: string, folder: string): void {
  const next = states.find((state) => state.day >= day);
  if (next === undefined) throw new Error(`no real state on or after ${day}`);
  const until = (found: string | null) => found !== null && found <= day;
  const out = new Folder(folder);
  for (const [ecosystem, records] of next.osv) {
    const before = states.filter((s) => s.day < day).flatMap((s) => s.osv.get(ecosystem) ?? []);
    const known = new Set(before.map(({ value }) => value.name));
    const kept = records.filter((r) => until(r.day ?? given.dayOf(r.value.names)) || known.has(r.value.name));
    out.write(`osv/${ecosystem}`, `osv/${ecosystem}/all.zip`, zip(kept.map(({ value }) => value)));
  }
  const read = (path: string) => readFileSync(join(next.folder, path));
  const kev = JSON.parse(read(kevPath).toString('utf8'));
  const added = kev.vulnerabilities.filter((v: { dateAdded: string }) => until(v.dateAdded));
  const head = { ...kev, dateReleased: `${day}T00:00:00.0000Z`, catalogVersion: day.replaceAll('-', '.') };
  out.write('kev', kevPath, json({ ...head, count: added.length, vulnerabilities: added }));
  const reported = JSON.parse(read(eukevPath).toString('utf8')) as { dateReported: string }[];
  const listed = reported.filter((v) => until(dayReported(v.dateReported)));
  if (listed.length > 0) out.write('eukev', eukevPath, json(listed));
  for (const name of readdirSync(join(next.folder, 'nvd'))) {
    const nvd = JSON.parse(gunzipSync(read(join('nvd', name))).toString('utf8'));
    const vulnerabilities = nvd.vulnerabilities.filter(
      ({ cve }: { cve: { id: string; published: string } }) =>
        until(cve.published.slice(0, 10)) || until(given.dayOf([cve.id])),
    );
    const count = vulnerabilities.length;
    if (count === 0) continue;
    const document = { ...nvd, vulnerabilities, resultsPerPage: count, totalResults: count };
    out.write(
      'nvd',
      join('nvd', name),
      gzipSync(json({ ...document, timestamp: `${day}T00:00:00.000` }), { level: 1 }),
    );
  }
  if (existsSync(join(next.folder, epssPath))) out.write('epss', epssPath, read(epssPath));
  out.confirm(`${day}T06:00:00Z`);
}
