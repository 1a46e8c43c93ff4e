import type { SnapshotInfo } from './advisory.ts';
import type { Dismissal, Finding } from './finding.ts';
import type { Inventory } from './inventory.ts';
import type { Problem } from './problem.ts';
import type { Verdict } from './verdict.ts';

/** All that one scan knows; what every format renders. The same report gives the same bytes. */
export interface Report {
  readonly tool: { readonly name: 'kvitto'; readonly version: string };
  /** Time of the scan (RFC 3339 UTC, whole seconds); fixed by SOURCE_DATE_EPOCH. */
  readonly scannedAt: string;
  readonly inventory: Inventory;
  /** Null when there was no advisory store to hold the inventory against. */
  readonly snapshot: SnapshotInfo | null;
  /** Sorted by component, then id. */
  readonly findings: readonly Finding[];
  /** Findings that the options of a scan left out of `findings`; the verdict counts them all the same. */
  readonly notShown: number;
  /** Only when asked for with `--explain`. */
  readonly dismissals: readonly Dismissal[];
  /** Those of the inventory and those of the assessment, sorted. */
  readonly problems: readonly Problem[];
  /** True when there is no problem: all was read and assessed. */
  readonly complete: boolean;
  readonly verdict: Verdict;
}
