import calculator from 'ae-cvss-calculator';
import type { SeverityLevel } from '../../model/advisory.ts';

/** A CVSS base score and the qualitative level that its version gives to it. */
export interface BaseScore {
  readonly score: number;
  readonly level: SeverityLevel;
  /** The vector as it was given, trimmed. */
  readonly vector: string;
}

const { Cvss2, Cvss3P0, Cvss3P1, Cvss4P0 } = calculator;

type Metrics = Readonly<Record<string, string>>;

const v2: Metrics = { AV: 'NAL', AC: 'LMH', Au: 'MSN', C: 'NPC', I: 'NPC', A: 'NPC' };
const v3: Metrics = { AV: 'NALP', AC: 'LH', PR: 'NLH', UI: 'NR', S: 'UC', C: 'NLH', I: 'NLH', A: 'NLH' };
const v4: Metrics = {
  ...{ AV: 'NALP', AC: 'LH', AT: 'NP', PR: 'NLH', UI: 'NPA' },
  ...{ VC: 'HLN', VI: 'HLN', VA: 'HLN', SC: 'HLN', SI: 'HLN', SA: 'HLN' },
};

interface Version {
  readonly prefix: string;
  readonly base: Metrics;
  readonly score: (vector: string) => number | undefined;
  readonly level: (score: number) => SeverityLevel;
}

/** The ratings of CVSS 3.x and 4.0 (specification, "Qualitative Severity Rating Scale"); a score of 0.0 is "None". */
function rating(score: number): SeverityLevel {
  if (score >= 9) return 'critical';
  if (score >= 7) return 'high';
  if (score >= 4) return 'medium';
  return score > 0 ? 'low' : 'negligible';
}

/** NVD's ratings for CVSS 2, which has no "critical" (https://nvd.nist.gov/vuln-metrics/cvss). */
function ratingOfV2(score: number): SeverityLevel {
  if (score >= 7) return 'high';
  if (score >= 4) return 'medium';
  return score > 0 ? 'low' : 'negligible';
}

const versions: readonly Version[] = [
  { prefix: 'CVSS:3.1/', base: v3, score: (v) => new Cvss3P1(v).calculateScores().base, level: rating },
  { prefix: 'CVSS:3.0/', base: v3, score: (v) => new Cvss3P0(v).calculateScores().base, level: rating },
  { prefix: 'CVSS:4.0/', base: v4, score: (v) => new Cvss4P0(v).calculateScores().baseMetricsOnly, level: rating },
  { prefix: '', base: v2, score: (v) => new Cvss2(v).calculateScores().base, level: ratingOfV2 },
];

/** The base metrics of a vector in the order of the specification, or null where one is missing, doubled or unknown. */
function baseVector(body: string, version: Version): string | null {
  const seen = new Map<string, string>();
  for (const part of body.split('/')) {
    const [name = '', value = '', ...rest] = part.split(':');
    if (name === '' || value === '' || rest.length > 0 || seen.has(name)) return null;
    seen.set(name, value);
  }
  const parts: string[] = [];
  for (const [name, allowed] of Object.entries(version.base)) {
    const value = seen.get(name);
    if (value?.length !== 1 || !allowed.includes(value)) return null;
    parts.push(`${name}:${value}`);
  }
  return version.prefix + parts.join('/');
}

const longestVector = 512;
const mostCached = 50_000;

/**
 * Scores the base metrics of a CVSS 2, 3.0, 3.1 or 4.0 vector; threat and environment metrics are left out, because
 * they are not the reader's. Returns a function with its own cache: a version 4 score costs a millisecond, and feeds
 * repeat few vectors often. It answers null for anything that is not a whole, well-formed base vector.
 */
export function cvssScorer(): (vector: string) => BaseScore | null {
  const cache = new Map<string, BaseScore | null>();
  const byBase = new Map<string, number>();
  const compute = (vector: string): BaseScore | null => {
    const bare = vector.startsWith('(') && vector.endsWith(')') ? vector.slice(1, -1) : vector;
    const version = versions.find((v) => bare.startsWith(v.prefix));
    if (version === undefined) return null;
    const base = baseVector(bare.slice(version.prefix.length), version);
    if (base === null) return null;
    let score = byBase.get(base);
    if (score === undefined) {
      score = version.score(base);
      if (score === undefined || !Number.isFinite(score)) return null;
      byBase.set(base, score);
    }
    return { score, level: version.level(score), vector: bare };
  };
  return (text) => {
    if (text.length > longestVector) return null;
    const vector = text.trim();
    const known = cache.get(vector);
    if (known !== undefined) return known;
    if (cache.size >= mostCached) cache.clear();
    const scored = compute(vector);
    cache.set(vector, scored);
    return scored;
  };
}
