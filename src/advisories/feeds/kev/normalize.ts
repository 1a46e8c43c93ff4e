import { clip } from '../../../model/problem.ts';
import { cveKey } from '../../cve-key.ts';
import { FeedRefused } from '../../feed-report.ts';
import { type ExploitedFact, faultCounter, type Parsed } from '../facts.ts';
import { asInstant, asList, asObject, asText } from '../json.ts';
import { firstLine } from '../text.ts';

/**
 * Reads CISA's catalogue of known exploited vulnerabilities (https://www.cisa.gov/known-exploited-vulnerabilities-catalog,
 * JSON schema 1.1). Throws `feed-invalid` where the document as a whole is none.
 */
export function normalizeKev(value: unknown): Parsed<ExploitedFact> {
  const document = asObject(value);
  const list =
    document === null || document['vulnerabilities'] === undefined ? null : asList(document['vulnerabilities']);
  if (list === null) throw new FeedRefused('form-changed', 'the CISA KEV feed has no list of vulnerabilities');
  const faults = faultCounter();
  const facts = new Map<number, ExploitedFact>();
  for (const item of list) {
    const entry = asObject(item);
    const id = asText(entry?.['cveID'])?.trim() ?? '';
    const key = cveKey(id);
    const since = asInstant(entry?.['dateAdded'])?.slice(0, 10) ?? null;
    if (key === null || since === null) {
      faults.add(`an entry without a CVE id or date (${clip(id, 40)})`);
      continue;
    }
    const due = asInstant(entry?.['dueDate'])?.slice(0, 10) ?? null;
    const ransomware = asText(entry?.['knownRansomwareCampaignUse'])?.toLowerCase() === 'known';
    const summary = firstLine(asText(entry?.['vulnerabilityName']) ?? asText(entry?.['shortDescription']) ?? '');
    facts.set(key, { key, exploitation: { source: 'CISA KEV', since, due, ransomware }, summary });
  }
  const newest = asInstant(document?.['dateReleased']);
  return { facts: [...facts.values()].sort((a, b) => a.key - b.key), records: list.length, ...faults.result(), newest };
}
