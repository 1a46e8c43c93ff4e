import { clip } from '../../../model/problem.ts';
import { cveKey } from '../../cve-key.ts';
import { FeedRefused } from '../../feed-report.ts';
import { type EpssFact, faultCounter, type Parsed } from '../facts.ts';
import { asInstant } from '../json.ts';

const billion = 1_000_000_000;

function billionths(text: string | undefined): number | null {
  if (text === undefined || text.length > 30 || !/^\d(\.\d+)?([eE]-\d+)?$/.test(text)) return null;
  const value = Number(text);
  return value >= 0 && value <= 1 ? Math.round(value * billion) : null;
}

/**
 * Reads the EPSS scores (https://www.first.org/epss/data_stats): a line `#model_version:…,score_date:…`, a header
 * `cve,epss,percentile`, rows. Throws `feed-invalid` where the header is not that.
 */
export function normalizeEpss(text: string): Parsed<EpssFact> {
  const faults = faultCounter();
  const facts = new Map<number, EpssFact>();
  let newest: string | null = null;
  let header = false;
  let records = 0;
  for (let at = 0; at < text.length; ) {
    const next = text.indexOf('\n', at);
    const end = next < 0 ? text.length : next;
    const line = text.slice(at, end).trimEnd();
    at = end + 1;
    if (line === '') continue;
    if (line.startsWith('#')) {
      newest ??= asInstant(/score_date:([^,]{4,40})/.exec(line.slice(0, 500))?.[1]);
      continue;
    }
    if (!header) {
      if (line !== 'cve,epss,percentile') {
        throw new FeedRefused(
          'form-changed',
          `the EPSS feed begins with "${clip(line, 60)}", not with cve,epss,percentile`,
        );
      }
      header = true;
      continue;
    }
    records += 1;
    const [id = '', first, second] = line.split(',', 4);
    const key = cveKey(id);
    const probability = billionths(first);
    const percentile = billionths(second);
    if (key === null || probability === null || percentile === null)
      faults.add(`a row that is no score: ${clip(line, 60)}`);
    else facts.set(key, { key, probability, percentile });
  }
  if (!header) throw new FeedRefused('form-changed', 'the EPSS feed has no header line cve,epss,percentile');
  return { facts: [...facts.values()].sort((a, b) => a.key - b.key), records, ...faults.result(), newest };
}
