import type { SnapshotInfo } from '../model/advisory.ts';
import type { Finding } from '../model/finding.ts';
import type { Problem } from '../model/problem.ts';
import type { ExceptionOutcome, Verdict, VerdictKind } from '../model/verdict.ts';
import type { Baseline } from './baseline.ts';
import { dayMs, durationInWords, endOfDay } from './dates.ts';
import { applyExceptions } from './exceptions.ts';
import type { Exception, Policy } from './policy.ts';
import { type Judged, judge } from './rules.ts';
import { staleFeeds } from './staleness.ts';

/** All that a verdict rests on, besides the findings. */
export interface GateInput {
  readonly policy: Policy;
  /** Exceptions from elsewhere, such as a `.trivyignore`. */
  readonly exceptions?: readonly Exception[];
  readonly baseline: Baseline | null;
  readonly now: Date;
  /** Those of the inventory and those of the match. */
  readonly problems: readonly Problem[];
  /** Null where there was no advisory store. */
  readonly snapshot: SnapshotInfo | null;
  /** The ecosystems (without release) whose feeds the findings rest on; left out or null: all feeds of the store. */
  readonly ecosystems?: readonly string[] | null;
  /** `--allow-incomplete`; the policy may allow it too. */
  readonly allowIncomplete?: boolean;
}

export interface Gated {
  readonly verdict: Verdict;
  /** The findings, in their order, with `excepted` set. */
  readonly findings: readonly Finding[];
}

function count(n: number, word: string): string {
  return `${n} ${word}${n === 1 ? '' : 's'}`;
}

/** Why the result says less than it should, whatever the rules say. */
function incompleteness({ problems, snapshot, policy, now, ecosystems }: GateInput): string[] {
  const reasons: string[] = [];
  const others = problems.filter((p) => p.code !== 'store-missing' && p.code !== 'store-stale');
  if (others.length > 0) {
    const codes = new Map<string, number>();
    for (const { code } of others) codes.set(code, (codes.get(code) ?? 0) + 1);
    const listed = [...codes]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([code, n]) => (n === 1 ? code : `${n} × ${code}`));
    reasons.push(`the result is not complete: ${count(others.length, 'problem')} (${listed.join(', ')})`);
  }
  if (snapshot === null || snapshot.feeds.length === 0) {
    reasons.push('there was no advisory data to hold the components against; run: kvitto db update');
    return reasons;
  }
  const stale = staleFeeds(snapshot, policy.maxDbAgeMs, now, ecosystems ?? null);
  if (stale.length > 0) {
    const byDay = Map.groupBy(stale, (f) => f.asOf.replace(/T[\d:.]+Z$/, ''));
    const named = [...byDay].map(([day, feeds]) => `${feeds.map((f) => f.id).join(', ')} as of ${day}`).join('; ');
    reasons.push(
      `the advisory data is older than ${durationInWords(policy.maxDbAgeMs)} (${named}); run: kvitto db update`,
    );
  }
  return reasons;
}

function nameOf({ id, component, at, owner }: ExceptionOutcome): string {
  return `exception for ${id}${component === null ? '' : ` in ${component}`} (${at}${owner === null ? '' : `, ${owner}`})`;
}

/** What is to be said of exceptions: expired ones that decide again, and warnings. */
function aboutExceptions(
  outcomes: readonly ExceptionOutcome[],
  judged: readonly Judged[],
  now: Date,
): { reasons: string[]; warnings: string[] } {
  const reasons: string[] = [];
  const warnings: string[] = [];
  const deciding = new Set(judged.flatMap((j) => j.outcome.matched.map((m) => `${m.id}\0${m.component}`)));
  for (const outcome of outcomes) {
    const name = nameOf(outcome);
    const { state, until, matched } = outcome;
    if (state === 'expired') {
      const text = `${name} ended on ${until}`;
      if (matched.length === 0) warnings.push(`${text} and matches nothing; remove it`);
      else {
        const decides = matched.some((m) => deciding.has(`${m.id}\0${m.component}`));
        const again = `${count(matched.length, 'finding')} ${matched.length === 1 ? 'counts' : 'count'} again`;
        (decides ? reasons : warnings).push(`${text}; ${again}`);
      }
    } else if (state === 'unused') warnings.push(`${name} matches nothing; remove it`);
    else if (state === 'expiring') {
      const days = Math.ceil(((endOfDay(until ?? '') ?? 0) - now.getTime()) / dayMs);
      warnings.push(`${name} ends on ${until}, in ${count(days, 'day')}`);
    }
  }
  const ownerless = outcomes.filter((o) => o.owner === null);
  if (ownerless.length > 0) {
    const files = [...new Set(ownerless.map((o) => o.at.replace(/:\d+$/, '')))].join(', ');
    warnings.push(
      `${files}: ${count(ownerless.length, 'exception')} without owner; move them to kvitto.yaml with owner, reason and end`,
    );
  }
  return { reasons, warnings };
}

function kindOf(judged: readonly Judged[], incomplete: readonly string[]): VerdictKind {
  if (judged.some((j) => j.outcome.outcome === 'fail')) return 'fail';
  if (incomplete.length > 0 || judged.some((j) => j.outcome.outcome === 'cannot-say')) return 'cannot-say';
  return 'pass';
}

function aboutRules(judged: readonly Judged[], allowed: boolean): { reasons: string[]; warnings: string[] } {
  const reasons: string[] = [];
  const warnings: string[] = [];
  for (const { outcome, leftAside, missingFeed } of judged) {
    const { rule, says, matched } = outcome;
    if (outcome.outcome === 'fail') reasons.push(`rule ${rule} (${says}): ${count(matched.length, 'finding')}`);
    if (outcome.outcome === 'cannot-say') {
      const open = matched.length > 0 ? [`${count(matched.length, 'finding')} of unknown severity or EPSS`] : [];
      const feed = missingFeed === null ? [] : [`the store holds no ${missingFeed} feed`];
      (allowed ? warnings : reasons).push(`rule ${rule} (${says}) cannot be judged: ${[...open, ...feed].join(', ')}`);
    }
    if (leftAside > 0)
      warnings.push(`rule ${rule}: ${count(leftAside, 'finding')} of unknown severity or EPSS left aside`);
  }
  return { reasons, warnings };
}

/**
 * Holds findings against a policy. Pure: time comes in. A failing rule decides before anything else; then whatever is unknown (a
 * problem, no or stale advisory data, a finding of unknown severity) makes it `cannot-say`, unless that is allowed; else it is a pass.
 */
export function gate(findings: readonly Finding[], input: GateInput): Gated {
  const { policy, baseline, now, snapshot } = input;
  const allowed = policy.allowIncomplete || input.allowIncomplete === true;
  const exceptions = [...policy.exceptions, ...(input.exceptions ?? [])];
  const excepted = applyExceptions(findings, exceptions, now);
  const judged = policy.rules.map((rule) => judge(rule, excepted.findings, { baseline, now, snapshot }));
  const incomplete = incompleteness(input);
  const fromRules = aboutRules(judged, allowed);
  const fromExceptions = aboutExceptions(excepted.outcomes, judged, now);
  const kind = kindOf(judged, incomplete);
  const onlyNew = policy.rules.filter((r) => r.onlyNew).map((r) => r.name);
  const warnings = [
    ...fromRules.warnings,
    ...(allowed ? incomplete : []),
    ...fromExceptions.warnings,
    ...(onlyNew.length > 0 && baseline === null
      ? [`no baseline was given: for ${onlyNew.join(', ')} every finding is new`]
      : []),
    ...(onlyNew.length === 0 && baseline !== null
      ? ['the baseline decides nothing: no rule of the policy has onlyNew']
      : []),
    ...(baseline?.complete === false ? ['the baseline is not complete: what it missed counts as new'] : []),
    ...(policy.rules.length === 0 ? ['the policy has no rules: no finding can fail it'] : []),
  ];
  const verdict: Verdict = {
    kind: kind === 'cannot-say' && allowed ? 'pass' : kind,
    policy: policy.origin,
    rules: judged.map((j) => j.outcome),
    exceptions: excepted.outcomes,
    reasons: [...fromRules.reasons, ...fromExceptions.reasons, ...(allowed ? [] : incomplete)],
    warnings,
  };
  return { verdict, findings: excepted.findings };
}
