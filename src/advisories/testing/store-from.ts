import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { AdvisoryStore } from '../../model/advisory.ts';
import { addRecord, emptyTally, tallyRecord } from '../build/osv-rows.ts';
import { Sorter } from '../build/sorter.ts';
import { StoreWriter } from '../build/store-writer.ts';
import { cveKey, nvdYear } from '../cve-key.ts';
import { normalizeEpss } from '../feeds/epss/normalize.ts';
import { normalizeEuKev } from '../feeds/eukev/normalize.ts';
import { normalizeKev } from '../feeds/kev/normalize.ts';
import { normalizeNvd } from '../feeds/nvd/normalize.ts';
import { normalizeRecord } from '../feeds/osv/normalize.ts';
import { cvssScorer } from '../severity/cvss.ts';
import { openStore } from '../store/open.ts';

/** Feed content for a test, each record in the shape of its feed. */
export interface StoreContent {
  /** OSV records by feed: `{ Debian: [{ id: 'DSA-1-1', … }] }`. */
  readonly osv?: Readonly<Record<string, readonly object[]>>;
  /** The `cve` objects of NVD's 2.0 feed. */
  readonly nvd?: readonly object[];
  /** Entries of `vulnerabilities` of CISA's catalogue. */
  readonly kev?: readonly object[];
  /** Entries of the EU catalogue. */
  readonly eukev?: readonly object[];
  readonly epss?: readonly { readonly cve: string; readonly epss: number; readonly percentile: number }[];
  /** Time that all feeds have (RFC 3339). Default: 2026-01-01. */
  readonly asOf?: string;
}

function digestOf(value: unknown): string {
  return `sha256:${createHash('sha256').update(JSON.stringify(value)).digest('hex')}`;
}

function write(content: StoreContent, folder: string): string {
  const asOf = content.asOf ?? '2026-01-01T00:00:00Z';
  const file = path.join(folder, 'store.db');
  const score = cvssScorer();
  const writer = new StoreWriter(file, null);
  const put = (id: string, value: unknown, records: number, badRecords: number) =>
    writer.putFeed({ id, asOf, digest: digestOf(value), records, badRecords }, asOf, []);

  for (const [ecosystem, records] of Object.entries(content.osv ?? {})) {
    const sorter = new Sorter(path.join(folder, 'work.db'));
    const tally = emptyTally(null);
    for (const [index, record] of records.entries()) {
      const normalized = normalizeRecord(record, ecosystem, score);
      tallyRecord(tally, `${ecosystem}[${index}]`, normalized, asOf);
      addRecord(sorter, normalized);
    }
    writer.putAdvisories(`osv/${ecosystem}`, sorter);
    sorter.close();
    put(`osv/${ecosystem}`, records, tally.records, tally.badRecords);
  }
  if (content.nvd !== undefined) {
    const years = Map.groupBy(content.nvd, (cve) => nvdYear(cveKey(String((cve as { id?: unknown }).id)) ?? 0));
    let bad = 0;
    for (const [year, list] of years) {
      const parsed = normalizeNvd({ vulnerabilities: list.map((cve) => ({ cve })) }, year, score);
      bad += parsed.badRecords;
      writer.putNvdYear(year, parsed.facts);
    }
    put('nvd', content.nvd, content.nvd.length, bad);
  }
  if (content.kev !== undefined) {
    const parsed = normalizeKev({ vulnerabilities: content.kev });
    writer.putExploited('kev', parsed.facts);
    put('kev', content.kev, parsed.records, parsed.badRecords);
  }
  if (content.eukev !== undefined) {
    const parsed = normalizeEuKev(content.eukev);
    writer.putExploited('eukev', parsed.facts);
    put('eukev', content.eukev, parsed.records, parsed.badRecords);
  }
  if (content.epss !== undefined) {
    const rows = content.epss.map((r) => `${r.cve},${r.epss.toFixed(9)},${r.percentile.toFixed(9)}`);
    const parsed = normalizeEpss(['cve,epss,percentile', ...rows].join('\n'));
    writer.putEpss(parsed.facts);
    put('epss', content.epss, parsed.records, parsed.badRecords);
  }
  writer.finish();
  return file;
}

/**
 * A real store file of the given records, opened; for tests and the demo. It lies in a temporary folder of its own, which
 * is removed when the store is closed.
 */
export async function storeFrom(content: StoreContent): Promise<AdvisoryStore> {
  const folder = mkdtempSync(path.join(tmpdir(), 'kvitto-store-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    const store = openStore(write(content, folder));
    return {
      snapshot: store.snapshot,
      covers: (ecosystem) => store.covers(ecosystem),
      byName: (ecosystem, name) => store.byName(ecosystem, name),
      facts: (id) => store.facts(id),
      epssOf: (ids) => store.epssOf(ids),
      fingerprint: (ecosystem, name) => store.fingerprint(ecosystem, name),
      factsFingerprint: (id) => store.factsFingerprint(id),
      close: () => {
        store.close();
        remove();
      },
    };
  } catch (thrown) {
    remove();
    throw thrown;
  }
}
