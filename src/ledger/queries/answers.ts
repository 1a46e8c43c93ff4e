import type { SeverityLevel } from '../../model/advisory.ts';
import type { Justification, VexStatus } from '../../model/decision.ts';
import type { Digest } from '../../model/inventory.ts';
import type { VerdictKind } from '../../model/verdict.ts';
import type { DeploymentMark } from '../fact.ts';
import type { Instant } from '../instant.ts';

/*
 * What the ledger answers. Times are milliseconds since 1970 (`Instant`); `forever` is an open end. Every answer says at which
 * moment it holds (`at`) and as it was known when (`asOf`).
 */

/** An artifact as far as the ledger knows it. */
export interface ArtifactRef {
  readonly digest: Digest;
  /** Null for one that was deployed and never recorded. */
  readonly name: string | null;
  readonly recorded: boolean;
}

/** A verdict as it stood. */
export interface VerdictRef {
  readonly entry: number;
  readonly verdict: VerdictKind;
  readonly policy: Digest | null;
  readonly snapshot: Digest | null;
  readonly report: Digest;
  readonly findings: number;
  readonly exceptions: number;
  readonly knownFrom: Instant;
}

/** A deployment and one belief about when it ran. */
export interface DeploymentRef {
  /** Number: the index of the entry that started it. */
  readonly deployment: number;
  readonly service: string;
  readonly environment: string;
  readonly artifact: ArtifactRef;
  readonly validFrom: Instant;
  readonly validTo: Instant;
  /** `unknown`: it ended before `validTo`, nobody knows when. */
  readonly ending: 'open' | 'known' | 'unknown';
  readonly marks: readonly DeploymentMark[];
  /** When the ledger learned of this belief, and the entry that says so. */
  readonly knownFrom: Instant;
  readonly knownTo: Instant;
  readonly entry: number;
  /** The last verdict that was given before it was deployed, as known at `asOf`; null where there was none. */
  readonly verdict: VerdictRef | null;
}

/** A time in which nobody looked at an environment. */
export interface Gap {
  readonly environment: string;
  readonly from: Instant;
  readonly to: Instant;
}

export interface DriftRef {
  readonly observation: number;
  readonly at: Instant;
  readonly environment: string;
  readonly service: string;
  readonly what: 'unrecorded' | 'other-digest' | 'changed-by-hand' | 'gone';
  readonly digest: string | null;
  readonly containers: number;
}

/** `kvitto ran`. */
export interface Ran {
  readonly at: Instant;
  readonly asOf: Instant;
  /** Sorted by environment, service, deployment. */
  readonly deployments: readonly DeploymentRef[];
  /** How many there are in all; `deployments` is one page. */
  readonly total: number;
  /** Environments in which no observation covers `at`. */
  readonly blind: readonly string[];
  /** Drift of the last observation at or before `at` of each environment. */
  readonly drift: readonly DriftRef[];
}

/** `replaced`: another deployment began in its place. */
export type BeliefCause = 'started' | 'replaced' | 'stopped' | 'corrected';

/** Words of people. `document`: what a redaction names. */
export interface TextRef {
  readonly entry: number;
  readonly document: Digest;
  readonly text: string | null;
  readonly redacted: boolean;
}

/** `kvitto history`: every belief, oldest first; overlaps, late facts, corrections and redactions are marked, never merged. */
export interface History {
  readonly service: string;
  readonly asOf: Instant;
  readonly deployments: readonly (DeploymentRef & {
    /** What the present belief came of. */
    readonly because: BeliefCause;
    /** Earlier beliefs about the same deployment, oldest first. */
    readonly corrected: readonly {
      readonly validFrom: Instant;
      readonly validTo: Instant;
      readonly ending: 'open' | 'known' | 'unknown';
      readonly knownFrom: Instant;
      readonly knownTo: Instant;
      readonly entry: number;
      readonly because: BeliefCause;
    }[];
    /** Deployments of the same service and environment that ran at the same time for a while. */
    readonly overlaps: readonly number[];
    readonly verdicts: readonly VerdictRef[];
    readonly image: string | null;
    readonly change: string | null;
    readonly run: string | null;
    readonly actor: string;
    /** Words of whoever bypassed the gate or corrected it; `redacted` where they were taken out. */
    readonly texts: readonly TextRef[];
  })[];
  readonly gaps: readonly Gap[];
  readonly drift: readonly DriftRef[];
  /** Alerts about the service that were raised in the time that was asked for, oldest first. */
  readonly alerts: readonly AlertMark[];
}

/** What the history of a service says of an alert, as known at a moment. */
export interface AlertMark {
  readonly alert: number;
  readonly rule: string;
  readonly environment: string | null;
  readonly severity: SeverityLevel;
  readonly exploited: boolean;
  readonly total: number;
  readonly raised: Instant;
  readonly escalated: number | null;
  readonly acknowledged: { readonly entry: number; readonly at: Instant; readonly by: string } | null;
  readonly resolved: { readonly entry: number; readonly at: Instant } | null;
}

/** A decision as it stood. */
export interface DecisionRef {
  readonly id: number;
  readonly entry: number;
  readonly vulnerability: string;
  readonly service: string | null;
  readonly environment: string | null;
  readonly component: string | null;
  readonly artifact: Digest | null;
  readonly status: VexStatus;
  readonly justification: Justification | null;
  readonly owner: string | null;
  readonly approvedBy: string | null;
  readonly validFrom: Instant;
  readonly validTo: Instant;
  readonly knownFrom: Instant;
  readonly knownTo: Instant;
  readonly supersededBy: number | null;
}

/** One vulnerability of one component that ran. */
export interface ExposureRow {
  readonly vulnerability: string;
  readonly component: string;
  readonly deployments: readonly number[];
  readonly severity: SeverityLevel;
  readonly score: number | null;
  readonly exploited: boolean;
  readonly fixedIn: string | null;
  /** Ids of the advisory records that say so. */
  readonly advisories: readonly string[];
  /**
   * Since when the ledger knew of it in any form, and in this form; until when. Of several forms within the period the last
   * stands here.
   */
  readonly firstKnown: Instant;
  readonly knownFrom: Instant;
  readonly knownTo: Instant;
  /**
   * Whether it was known while it ran (in the period that was asked for, or at `at`), or only learned later. Both must have
   * been known: that the component has it, and that the artifact has the component.
   */
  readonly knownWhileRunning: boolean;
  /** The snapshot from which it was learned, and where its record stands: entry, document of that entry, place in the document. */
  readonly snapshot: Digest | null;
  readonly source: { readonly entry: number; readonly document: number; readonly place: number };
  /**
   * The decision in force at the moment (at the end of the period), as known at `asOf`. Where it differs between deployments,
   * each has a row of its own.
   */
  readonly decision: DecisionRef | null;
}

/** `kvitto exposure`. */
export interface Exposure {
  readonly service: string;
  readonly environment: string | null;
  /** A moment (`from` = `to`) or a period. */
  readonly from: Instant;
  readonly to: Instant;
  readonly asOf: Instant;
  readonly deployments: readonly DeploymentRef[];
  /** Worst first: exploited, severity, score, then vulnerability and component. */
  readonly rows: readonly ExposureRow[];
  /** What the answer does not cover. */
  readonly gaps: readonly ExposureGap[];
}

export type ExposureGap =
  | { readonly kind: 'unrecorded'; readonly deployment: number; readonly artifact: Digest }
  | {
      readonly kind: 'inventory-problems';
      readonly artifact: Digest;
      readonly count: number;
      readonly inventory: Digest;
    }
  /** The last time its components were held against a snapshot, as known at `asOf`; null: never. */
  | {
      readonly kind: 'last-rescan';
      readonly artifact: Digest;
      readonly at: Instant | null;
      readonly snapshot: Digest | null;
      readonly problems: number;
    }
  | { readonly kind: 'feed-age'; readonly feed: string; readonly asOf: string; readonly days: number }
  | { readonly kind: 'not-observed'; readonly environment: string; readonly from: Instant; readonly to: Instant };

/** `kvitto where`: everything that has or had a vulnerability. */
export interface Where {
  readonly vulnerability: string;
  /** All of its names, sorted; empty where the ledger has never met it. */
  readonly names: readonly string[];
  readonly asOf: Instant;
  /** How many rows there are in all, and of how many of them something runs; `rows` is one page. */
  readonly total: number;
  readonly running: number;
  /** What runs first, then what ran, the last first, then what never ran. */
  readonly rows: readonly {
    readonly component: string;
    readonly artifact: ArtifactRef;
    readonly severity: SeverityLevel;
    readonly fixedIn: string | null;
    readonly firstKnown: Instant;
    readonly knownTo: Instant;
    /** Null for an artifact that was recorded and never deployed. */
    readonly deployment: DeploymentRef | null;
    readonly running: boolean;
    readonly decision: DecisionRef | null;
  }[];
  readonly decisions: readonly DecisionRef[];
}

/** `kvitto decisions`: what was in force at a moment, the first to end first. */
export interface Decisions {
  readonly at: Instant;
  readonly asOf: Instant;
  readonly decisions: readonly (DecisionRef & {
    /** All names of the vulnerability, sorted. */
    readonly names: readonly string[];
    /** Whether a component that the ledger knows has it, and a catalogue lists it as exploited, as known at `asOf`. */
    readonly exploited: boolean;
  })[];
}

/** `kvitto verdict`: newest first. */
export interface Verdicts {
  readonly asOf: Instant;
  readonly verdicts: readonly (VerdictRef & {
    readonly artifact: ArtifactRef;
    /** Deployments of the artifact (of the service that was asked for), as known at `asOf`. */
    readonly deployments: readonly number[];
  })[];
}
