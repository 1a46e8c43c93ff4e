import { type SeverityLevel, severityLevels } from '../model/advisory.ts';
import type { Finding } from '../model/finding.ts';
import type { Component } from '../model/inventory.ts';
import type { Report } from '../model/report.ts';
import type { VerdictKind } from '../model/verdict.ts';
import { purlType } from './component-key.ts';

/** Findings in numbers. Informational records are no vulnerabilities and stand apart; excepted ones are counted in all. */
export interface Counts {
  readonly total: number;
  readonly bySeverity: Readonly<Record<SeverityLevel, number>>;
  readonly exploited: number;
  readonly fixable: number;
  readonly excepted: number;
  readonly informational: number;
}

export function countsOf(findings: readonly Finding[]): Counts {
  const bySeverity = { critical: 0, high: 0, medium: 0, low: 0, negligible: 0, unknown: 0 };
  const real = findings.filter((f) => f.informational === null);
  for (const f of real) bySeverity[f.severity.level] += 1;
  return {
    total: real.length,
    bySeverity,
    exploited: real.filter((f) => f.exploitation.length > 0).length,
    fixable: real.filter((f) => f.fixedIn !== null).length,
    excepted: findings.filter((f) => f.excepted !== null).length,
    informational: findings.length - real.length,
  };
}

/** `Total: 3 (CRITICAL: 1, HIGH: 2, …)`: the words of Trivy, which scripts look for, worst first. */
export function totalWords(counts: Counts): string {
  const parts = severityLevels.map((level) => `${level.toUpperCase()}: ${counts.bySeverity[level]}`);
  return `Total: ${counts.total} (${parts.join(', ')})`;
}

/** The counts that stand beside the severities; empty where all are zero. */
export function otherCounts(counts: Counts): string {
  const parts = [
    [counts.exploited, 'known to be exploited'],
    [counts.fixable, 'with a fix'],
    [counts.excepted, 'excepted'],
    [counts.informational, 'informational'],
  ] as const;
  return parts.flatMap(([n, what]) => (n === 0 ? [] : [`${n} ${what}`])).join(', ');
}

/** Components by ecosystem, most first: `deb 98, npm 30`. */
export function ecosystemWords(components: readonly Component[]): string {
  const counts = new Map<string, number>();
  for (const c of components) counts.set(purlType(c.purl), (counts.get(purlType(c.purl)) ?? 0) + 1);
  const sorted = [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  return sorted.map(([type, n]) => `${type} ${n}`).join(', ');
}

/**
 * What was looked at. In short: `os/dpkg (98 components); no other of the 18 kinds of file that are known`. Else every kind by
 * name, because an empty result must say what it covers. Empty where nothing was looked for.
 */
export function coverageWords({ inventory }: Report, length: 'short' | 'full'): string {
  const { coverage } = inventory;
  const found = coverage.filter((c) => c.components > 0);
  const rest = coverage.filter((c) => c.components === 0);
  const counted = found.map((c) => `${c.cataloger} (${plural(c.components, 'component')})`).join(', ');
  if (rest.length === 0) return counted;
  const short = found.length > 0 && rest.length > 3 && length === 'short';
  const nothing = short
    ? `nothing by the ${rest.length} other catalogers`
    : `nothing found by ${rest.map((c) => c.cataloger).join(', ')}`;
  return counted === '' ? nothing : `${counted}; ${nothing}`;
}

/** How old the advisories are, measured at the feed that was confirmed longest ago; what is to be done where there are none. */
export function storeWords(report: Report): string {
  if (report.snapshot === null) return 'none: nothing was held against advisories';
  const oldest = report.snapshot.feeds.map((f) => f.asOf).sort()[0];
  const digest = `snapshot ${shortDigest(report.snapshot.digest)}`;
  if (oldest === undefined) return digest;
  const days = Math.floor((Date.parse(report.scannedAt) - Date.parse(oldest)) / 86_400_000);
  const age = days < 1 ? 'less than a day' : plural(days, 'day');
  return `as of ${oldest.slice(0, 10)}${Number.isNaN(days) ? '' : ` (${age} before the scan)`}, ${digest}`;
}

/** The verdict as it is called in every report for people. A pass of an incomplete result says so. */
export function verdictWords(report: Report): string {
  const word = { pass: 'PASS', fail: 'FAIL', 'cannot-say': 'CANNOT SAY' }[report.verdict.kind];
  return report.verdict.kind === 'pass' && !report.complete ? `${word}, BUT NOT COMPLETE` : word;
}

/** Why the verdict is what it is, in one sentence. */
export function verdictReason(report: Report): string {
  const { kind, reasons, rules } = report.verdict;
  const [first, ...more] = reasons;
  if (first !== undefined) return more.length > 0 ? `${first} (and ${plural(more.length, 'more reason')})` : first;
  if (kind === 'pass')
    return rules.length === 0 ? 'no rule was asked' : `${plural(rules.length, 'rule')}, none violated`;
  return rules.filter((r) => r.outcome === kind).map((r) => `rule ${r.rule}: ${r.says}`)[0] ?? 'no reason was given';
}

/** The reasons of the verdict that do not only repeat that a rule failed. */
export function otherReasons({ verdict }: Report): string[] {
  const ofRules = verdict.rules.filter((r) => r.outcome === 'fail').map((r) => `rule ${r.rule} (${r.says}): `);
  return verdict.reasons.filter((reason) => !ofRules.some((start) => reason.startsWith(start)));
}

/** The outcome of a rule. One that matched nothing has passed only where all could be read and assessed. */
export function outcomeWords(report: Report, outcome: VerdictKind): string {
  if (outcome === 'pass') return report.complete ? 'pass' : 'no match';
  return outcome === 'fail' ? 'FAIL' : 'cannot say';
}

/** What the options of a scan left out of the list of findings; empty where nothing. */
export function notShownWords({ notShown }: Report): string {
  return notShown === 0 ? '' : `${plural(notShown, 'finding')} left out by the options of this scan`;
}

/** What an empty list of findings means: never more than what was assessed. */
export function nothingFoundWords(report: Report): string {
  const many = plural(report.inventory.components.length, 'component');
  if (report.snapshot === null) return `Not assessed: without advisories nothing can be said about ${many}.`;
  if (report.inventory.components.length === 0)
    return 'No component was recognised: there was nothing to hold against advisories.';
  if (report.notShown > 0) return `Nothing that was asked for in ${many}; ${notShownWords(report)}.`;
  if (report.complete) return `No known vulnerabilities in ${many}.`;
  return `No known vulnerabilities in the part that could be read and assessed (${many}); the rest is not known.`;
}

/** The first twelve digits of a digest, for people. */
export function shortDigest(digest: string): string {
  return digest.replace(/^(sha256:[0-9a-f]{12})[0-9a-f]+$/, '$1');
}

export function plural(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`;
}

/** Order for people: exploited, then severity, then EPSS; what is excepted or informational at the end. */
export function worstFirst(a: Finding, b: Finding): number {
  return (
    rank(a) - rank(b) ||
    severityLevels.indexOf(a.severity.level) - severityLevels.indexOf(b.severity.level) ||
    (b.epss?.probability ?? 0) - (a.epss?.probability ?? 0) ||
    (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
  );
}

function rank(f: Finding): number {
  if (f.informational !== null) return 3;
  if (f.excepted !== null) return 2;
  return f.exploitation.length > 0 ? 0 : 1;
}
