import type { Severity } from '../../../model/advisory.ts';
import { clip } from '../../../model/problem.ts';
import { cveKey, nvdYear } from '../../cve-key.ts';
import { FeedRefused } from '../../feed-report.ts';
import type { BaseScore } from '../../severity/cvss.ts';
import { levelOfWord } from '../../severity/words.ts';
import { faultCounter, type NvdFact, type Parsed } from '../facts.ts';
import { asInstant, asList, asObject, asText, type JsonObject } from '../json.ts';
import { firstLine } from '../text.ts';

type Scorer = (vector: string) => BaseScore | null;

const mostMetrics = 20;
const cisaAdp = '134c704f-9b21-4f2e-91b3-4a467353bcc0';
const kinds = ['cvssMetricV40', 'cvssMetricV31', 'cvssMetricV30', 'cvssMetricV2'] as const;

/** `NVD` for its own analysis; else who sent it, as NVD names it: an address, or the id of a CVE numbering authority. */
function sourceName(source: string): string {
  if (source === 'nvd@nist.gov') return 'NVD';
  if (source === cisaAdp) return 'CISA-ADP';
  return source.includes('@') ? clip(source, 60) : 'CNA';
}

function readMetric(metric: JsonObject, score: Scorer): Severity | null {
  const data = asObject(metric['cvssData']);
  const vector = asText(data?.['vectorString']);
  if (data === null || vector === null) return null;
  const source = sourceName(asText(metric['source']) ?? '');
  const scored = score(vector);
  if (scored !== null) return { source, ...scored };
  const given = data['baseScore'];
  if (typeof given !== 'number' || !(given >= 0 && given <= 10)) return null;
  const word = asText(data['baseSeverity']) ?? asText(metric['baseSeverity']) ?? '';
  return { source, level: levelOfWord(word) ?? 'unknown', score: given, vector: clip(vector) };
}

/** Version 2 stands last whoever states it; else the primary source stands before the secondary, then the newer CVSS. */
function readMetrics(metrics: JsonObject | null, score: Scorer): Severity[] {
  const ranked: { readonly rank: number; readonly severity: Severity }[] = [];
  for (const [version, kind] of kinds.entries()) {
    for (const item of (asList(metrics?.[kind]) ?? []).slice(0, mostMetrics)) {
      const metric = asObject(item);
      const severity = metric === null ? null : readMetric(metric, score);
      if (severity === null) continue;
      const secondary = metric?.['type'] === 'Primary' ? 0 : 10;
      ranked.push({ rank: (kind === 'cvssMetricV2' ? 100 : 0) + secondary + version, severity });
    }
  }
  return ranked.sort((a, b) => a.rank - b.rank).map((r) => r.severity);
}

function summaryOf(descriptions: unknown): string {
  for (const item of asList(descriptions) ?? []) {
    const entry = asObject(item);
    if (entry?.['lang'] === 'en') return firstLine(asText(entry['value']) ?? '');
  }
  return '';
}

/**
 * Reads one year file of NVD's 2.0 data feed (https://nvd.nist.gov/vuln/data-feeds, same schema as its API 2.0).
 * Rejected CVEs are left out. Throws `feed-invalid` where the document as a whole is none.
 */
export function normalizeNvd(value: unknown, year: number, score: Scorer): Parsed<NvdFact> {
  const document = asObject(value);
  const list =
    document === null || document['vulnerabilities'] === undefined ? null : asList(document['vulnerabilities']);
  if (list === null) throw new FeedRefused('form-changed', `the NVD feed of ${year} has no list of vulnerabilities`);
  const faults = faultCounter();
  const facts = new Map<number, NvdFact>();
  for (const item of list) {
    const cve = asObject(asObject(item)?.['cve']);
    const id = asText(cve?.['id']) ?? '';
    const key = cveKey(id);
    if (cve === null || key === null) {
      faults.add(`an entry without a CVE id (${clip(id, 40)})`);
      continue;
    }
    if (nvdYear(key) !== year) {
      faults.add(`${clip(id, 40)} does not belong into the file of ${year}`);
      continue;
    }
    if (cve['vulnStatus'] === 'Rejected' || cve['vulnStatus'] === 'Reject') continue;
    const severity = readMetrics(asObject(cve['metrics']), score);
    const published = asInstant(cve['published']);
    facts.set(key, { key, severity, published, summary: summaryOf(cve['descriptions']) });
  }
  const sorted = [...facts.values()].sort((a, b) => a.key - b.key);
  return { facts: sorted, records: list.length, ...faults.result(), newest: asInstant(document?.['timestamp']) };
}
