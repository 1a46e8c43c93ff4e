import type { Baseline } from '../gate/baseline.ts';
import { gate } from '../gate/gate.ts';
import type { Exception, Policy } from '../gate/policy.ts';
import { staleFeeds } from '../gate/staleness.ts';
import { findingsOf } from '../match/findings.ts';
import { match } from '../match/match.ts';
import { operatingSystemProblems } from '../match/operating-system.ts';
import type { AdvisoryStore } from '../model/advisory.ts';
import type { Finding } from '../model/finding.ts';
import type { Inventory } from '../model/inventory.ts';
import { type Problem, sortProblems } from '../model/problem.ts';
import type { Report } from '../model/report.ts';

export interface AssessOptions {
  readonly version: string;
  readonly now: Date;
  readonly policy: Policy;
  readonly exceptions: readonly Exception[];
  readonly baseline: Baseline | null;
  readonly explain: boolean;
  /** Which findings are shown; all by default. The verdict always sees all of them. */
  readonly show?: (finding: Finding) => boolean;
}

/** From an inventory and what is known to the report: match, findings, verdict. Null store: there is none. Pure but for the store. */
export function assess(inventory: Inventory, store: AdvisoryStore | null, options: AssessOptions): Report {
  const { version, now, policy, exceptions, baseline, explain, show } = options;
  const matched = store === null ? null : match(inventory.components, store, { explain });
  const snapshot = store?.snapshot ?? null;
  const problems = sortProblems([
    ...inventory.problems,
    ...operatingSystemProblems(inventory, now),
    ...(matched?.problems ?? []),
    ...storeProblems(store, policy.maxDbAgeMs, now, matched?.ecosystems ?? []),
  ]);
  const { verdict, findings } = gate(findingsOf(matched?.matches ?? [], inventory.components), {
    policy,
    exceptions,
    baseline,
    now,
    problems,
    snapshot,
    ecosystems: matched?.ecosystems ?? null,
  });
  const shown = show === undefined ? findings : findings.filter(show);
  return {
    tool: { name: 'kvitto', version },
    scannedAt: now.toISOString().replace(/\.\d{3}Z$/, 'Z'),
    inventory,
    snapshot,
    findings: shown,
    notShown: findings.length - shown.length,
    dismissals: matched?.dismissals ?? [],
    problems,
    complete: problems.length === 0,
    verdict,
  };
}

function storeProblems(
  store: AdvisoryStore | null,
  maxAgeMs: number,
  now: Date,
  ecosystems: readonly string[],
): Problem[] {
  if (store === null) {
    const message = 'There is no advisory store, so nothing was held against advisories; run: kvitto db update';
    return [{ code: 'store-missing', where: 'advisory store', message }];
  }
  return staleFeeds(store.snapshot, maxAgeMs, now, ecosystems).map((feed): Problem => {
    const days = Math.floor((now.getTime() - Date.parse(feed.asOf)) / 86_400_000);
    const message = `Its state is of ${feed.asOf.slice(0, 10)}, ${days} days ago, older than the policy allows; run: kvitto db update`;
    return { code: 'store-stale', where: feed.id, message };
  });
}
