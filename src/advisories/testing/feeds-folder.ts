import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import type { StoreContent } from './store-from.ts';
import { ZipWriter } from './zip-writer.ts';

function put(folder: string, name: string, content: string | Uint8Array): void {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content);
}

/** Writes one ecosystem's `all.zip`; a text instead of a record goes in as it is. */
export function writeOsvZip(folder: string, ecosystem: string, records: readonly (object | string)[]): void {
  mkdirSync(path.join(folder, 'osv', ecosystem), { recursive: true });
  const zip = new ZipWriter(path.join(folder, 'osv', ecosystem, 'all.zip'));
  for (const [index, record] of records.entries()) {
    const id = typeof record === 'string' ? `bad-${index}` : String((record as { id?: unknown }).id);
    zip.add(`${id}.json`, typeof record === 'string' ? record : JSON.stringify(record));
  }
  zip.close();
}

/** Writes a feeds folder in the layout of the public feeds. `times`: what the documents state about themselves. */
export function writeFeeds(
  folder: string,
  content: Omit<StoreContent, 'asOf'>,
  times: { readonly epss?: string; readonly kev?: string; readonly nvd?: string } = {},
): void {
  for (const [ecosystem, records] of Object.entries(content.osv ?? {})) writeOsvZip(folder, ecosystem, records);
  if (content.nvd !== undefined) {
    const years = Map.groupBy(content.nvd, (cve) => String((cve as { id?: unknown }).id).slice(4, 8));
    for (const [year, list] of years) {
      const document = {
        format: 'NVD_CVE',
        version: '2.0',
        timestamp: times.nvd,
        vulnerabilities: list.map((cve) => ({ cve })),
      };
      put(folder, `nvd/nvdcve-2.0-${year}.json.gz`, gzipSync(JSON.stringify(document)));
    }
  }
  if (content.kev !== undefined) {
    const document = { dateReleased: times.kev, count: content.kev.length, vulnerabilities: content.kev };
    put(folder, 'kev/known_exploited_vulnerabilities.json', JSON.stringify(document));
  }
  if (content.eukev !== undefined) put(folder, 'eukev/eukev.json', JSON.stringify(content.eukev));
  if (content.epss !== undefined) {
    const head = `#model_version:v2025.03.14,score_date:${times.epss ?? ''}\ncve,epss,percentile\n`;
    const rows = content.epss.map((r) => `${r.cve},${r.epss.toFixed(9)},${r.percentile.toFixed(9)}\n`);
    put(folder, 'epss/epss_scores-current.csv.gz', gzipSync(head + rows.join('')));
  }
}

/** A small OSV record that says: `name` is affected below `fixed`. */
export function osvRecord(id: string, ecosystem: string, name: string, fixed: string, more: object = {}): object {
  return {
    id,
    modified: '2026-01-01T00:00:00Z',
    affected: [
      { package: { ecosystem, name }, ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed }] }] },
    ],
    ...more,
  };
}
