import { clip } from '../../../model/problem.ts';
import { cveKey } from '../../cve-key.ts';
import { FeedRefused } from '../../feed-report.ts';
import { type ExploitedFact, faultCounter, type Parsed } from '../facts.ts';
import { asInstant, asObject, asText } from '../json.ts';
import { firstLine } from '../text.ts';

/** The schema asks for a list of words; the published file has one word. Both are read. */
function namesRansomware(value: unknown): boolean {
  const words = Array.isArray(value) ? value : [value];
  return words.some((word) => typeof word === 'string' && word.toLowerCase().includes('ransomware'));
}

/** The catalogue began with days as 18/07/25, and has had 2025/07/18 since. */
function dayReported(value: unknown): string | null {
  const short = /^(\d\d)\/(\d\d)\/(\d\d)$/.exec(asText(value)?.trim() ?? '');
  return asInstant(short === null ? value : `20${short[3]}-${short[2]}-${short[1]}`);
}

/**
 * Reads the EU catalogue of known exploited vulnerabilities (ENISA and the CSIRTs network,
 * https://github.com/enisaeu/CNW). A CVE that several members reported has its first date. Throws `feed-invalid` where the
 * document as a whole is none.
 */
export function normalizeEuKev(value: unknown): Parsed<ExploitedFact> {
  if (!Array.isArray(value)) throw new FeedRefused('form-changed', 'the EU KEV feed is not a list');
  const faults = faultCounter();
  const facts = new Map<number, ExploitedFact>();
  let newest: string | null = null;
  for (const item of value as readonly unknown[]) {
    const entry = asObject(item);
    const id = asText(entry?.['cveID'])?.trim() ?? '';
    const key = cveKey(id);
    const reported = dayReported(entry?.['dateReported']);
    if (key === null || reported === null) {
      faults.add(`an entry without a CVE id or date (${clip(id, 40)})`);
      continue;
    }
    if (newest === null || reported > newest) newest = reported;
    const known = facts.get(key);
    const day = reported.slice(0, 10);
    const since = known !== undefined && known.exploitation.since < day ? known.exploitation.since : day;
    const ransomware = namesRansomware(entry?.['exploitationType']) || known?.exploitation.ransomware === true;
    const summary = firstLine(asText(entry?.['vulnerabilityName']) ?? asText(entry?.['shortDescription']) ?? '');
    facts.set(key, { key, exploitation: { source: 'EU KEV', since, due: null, ransomware }, summary });
  }
  return {
    facts: [...facts.values()].sort((a, b) => a.key - b.key),
    records: value.length,
    ...faults.result(),
    newest,
  };
}
