import type { DeploymentMark } from '../ledger/fact.ts';
import type { Instant } from '../ledger/instant.ts';
import type { SeverityLevel } from '../model/advisory.ts';
import type { Justification, VexStatus } from '../model/decision.ts';
import type { Digest } from '../model/inventory.ts';
import type { Problem } from '../model/problem.ts';
import type { VerdictKind } from '../model/verdict.ts';

/*
 * What a pack answers: pack.json. It is a function of the request, of the entries in the pack and of their documents, and of
 * nothing else; so whoever has these can work it out again. Times are RFC 3339 in UTC; null is an open end.
 */

/** What was asked for. */
export interface PackRequest {
  readonly service: string;
  /** Null: all environments. */
  readonly environment: string | null;
  /** The period, both ends included; for a moment they are equal. */
  readonly from: Instant;
  readonly to: Instant;
  /** As it was known when. */
  readonly asOf: Instant;
  /** Feeds that were older than this at the end, when they were last used, are named as gaps; null: none are. */
  readonly maxFeedAgeMs: number | null;
}

export interface AskedFor {
  readonly service: string;
  readonly environment: string | null;
  readonly from: string;
  readonly to: string;
  readonly asOf: string;
  readonly maxFeedAgeMs: number | null;
}

/** What made the pack, and when. Nothing vouches for it. */
export interface Made {
  readonly at: string;
  readonly tool: string;
}

/** The log that the pack rests on. */
export interface LogState {
  readonly origin: string;
  /** Verifier keys, oldest first. */
  readonly keys: readonly string[];
  readonly size: number;
  /** Root of the tree, hex. */
  readonly root: string;
}

/** One belief about when a deployment ran. */
export interface Belief {
  readonly from: string;
  readonly to: string | null;
  readonly ending: 'open' | 'known' | 'unknown';
  readonly knownFrom: string;
  /** Null: it is still believed, as of the time that was asked for. */
  readonly knownTo: string | null;
  /** The entry that says so, and what kind of fact it is. */
  readonly entry: number;
  readonly by: 'deployment-started' | 'deployment-stopped' | 'deployment-corrected';
}

export interface GivenVerdict {
  readonly entry: number;
  readonly at: string;
  readonly verdict: VerdictKind;
  readonly policy: Digest | null;
  readonly snapshot: Digest | null;
  readonly report: Digest;
  readonly findings: number;
  readonly exceptions: number;
  readonly run: string | null;
  readonly actor: string;
}

/** Words that people gave. `redacted`: the entry that took them out. */
export interface Words {
  readonly entry: number;
  readonly document: Digest;
  readonly words: Readonly<Record<string, string>> | null;
  readonly redacted: number | null;
}

export interface RanDeployment {
  /** Index of the entry that started it. */
  readonly deployment: number;
  readonly environment: string;
  readonly artifact: Digest;
  /** Null: never recorded. */
  readonly name: string | null;
  readonly image: string | null;
  readonly change: string | null;
  readonly run: string | null;
  readonly actor: string;
  readonly marks: readonly DeploymentMark[];
  /** Whether it ran in the period, as known then. One that did not was believed to, and corrected. */
  readonly inPeriod: boolean;
  /** The last is what is believed. */
  readonly beliefs: readonly Belief[];
  /** Of the same environment, at the same time for a while. */
  readonly overlaps: readonly number[];
  readonly verdicts: readonly GivenVerdict[];
  readonly texts: readonly Words[];
}

/** A time of the period in which nobody looked at an environment. */
export interface Unseen {
  readonly environment: string;
  readonly from: string;
  readonly to: string;
}

export interface Seen {
  readonly entry: number;
  readonly environment: string;
  readonly at: string;
  readonly covers: string;
  readonly source: 'docker' | 'podman';
  readonly containers: number;
  readonly observation: Digest;
  /** Of this service. */
  readonly drift: readonly {
    readonly what: 'unrecorded' | 'other-digest' | 'changed-by-hand' | 'gone';
    readonly digest: string | null;
    readonly containers: number;
    readonly paths: readonly string[];
  }[];
}

/** A vulnerability of a component that ran. */
export interface KnownVulnerability {
  readonly vulnerability: string;
  readonly aliases: readonly string[];
  readonly component: string;
  readonly deployments: readonly number[];
  readonly severity: SeverityLevel;
  readonly score: number | null;
  readonly severitySource: string;
  readonly exploited: boolean;
  readonly fixedIn: string | null;
  readonly advisories: readonly string[];
  /** Since when it was known in any form, and in this form; until when. */
  readonly firstKnown: string;
  readonly knownFrom: string;
  readonly knownTo: string | null;
  /** Why it is not known any more. */
  readonly closed: 'gone' | 'withdrawn' | 'changed' | null;
  readonly knownWhileRunning: boolean;
  readonly snapshot: Digest;
  /** Where its record stands: the entry, the document, the place in the document's `opened`. */
  readonly source: { readonly entry: number; readonly document: Digest; readonly place: number };
  /** Number of the decision in force. */
  readonly decision: number | null;
}

export interface MadeDecision {
  /** entry × 65,536 + place. */
  readonly decision: number;
  readonly entry: number;
  readonly place: number;
  readonly vulnerability: string;
  readonly service: string | null;
  readonly environment: string | null;
  readonly component: string | null;
  readonly artifact: Digest | null;
  readonly status: VexStatus;
  readonly justification: Justification | null;
  readonly owner: string | null;
  readonly approvedBy: string | null;
  readonly from: string;
  readonly until: string | null;
  readonly knownFrom: string;
  readonly knownTo: string | null;
  readonly supersededBy: number | null;
  /** The entry that noted its expiry. */
  readonly expired: number | null;
  readonly actor: string;
  readonly source: string;
  readonly evidence: readonly { readonly url: string | null; readonly document: Digest | null }[];
  readonly words: Words | null;
  /** How many of the vulnerabilities it decides at the end of the period. */
  readonly inForceFor: number;
}

/** That somebody knew of an alert: the first counts. */
export interface KnewOf {
  readonly entry: number;
  readonly at: string;
  /** Role or pseudonym. */
  readonly by: string;
  readonly words: Words | null;
}

/** An alarm about the service, or about the watching itself. */
export interface ToldAlert {
  /** entry × 4,096 + place. */
  readonly alert: number;
  readonly entry: number;
  readonly document: Digest;
  readonly rule: string;
  readonly service: string | null;
  readonly environment: string | null;
  readonly owner: string | null;
  readonly severity: SeverityLevel;
  readonly exploited: boolean;
  /** Changes in all, and of each kind. */
  readonly total: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly message: string;
  /** The signal. */
  readonly raised: string;
  /** Sinks that it was for. That they took it is not in the log. */
  readonly send: readonly string[];
  readonly escalated: readonly { readonly entry: number; readonly at: string; readonly send: readonly string[] }[];
  /** From the first on somebody knew. */
  readonly acknowledged: readonly KnewOf[];
  readonly resolved: { readonly entry: number; readonly at: string } | null;
}

/** Something that held by itself in the period: a feed was stale, nobody watched. */
export interface HeldCondition {
  readonly what: string;
  readonly subject: string;
  readonly level: string;
  readonly message: string | null;
  readonly began: { readonly entry: number; readonly at: string };
  readonly ended: { readonly entry: number; readonly at: string } | null;
}

export interface UsedSnapshot {
  readonly snapshot: Digest;
  readonly entry: number | null;
  readonly learned: string | null;
  readonly feeds: readonly {
    readonly id: string;
    readonly asOf: string;
    readonly digest: string;
    readonly records: number;
    readonly badRecords: number;
  }[];
}

/** What the pack does not show, or shows as a gap. */
export type NotCovered =
  | { readonly kind: 'unrecorded'; readonly deployment: number; readonly artifact: Digest }
  | {
      readonly kind: 'inventory-problems';
      readonly artifact: Digest;
      readonly inventory: Digest;
      readonly problems: readonly Problem[];
    }
  | {
      readonly kind: 'not-assessed';
      readonly artifact: Digest;
      readonly at: string;
      readonly snapshot: Digest;
      readonly count: number;
    }
  | { readonly kind: 'never-assessed'; readonly artifact: Digest }
  | { readonly kind: 'last-assessed'; readonly artifact: Digest; readonly at: string; readonly snapshot: Digest }
  | { readonly kind: 'feed-age'; readonly feed: string; readonly asOf: string; readonly days: number }
  | { readonly kind: 'not-observed'; readonly environment: string; readonly from: string; readonly to: string }
  | { readonly kind: 'redacted'; readonly document: Digest; readonly entry: number; readonly at: string }
  | { readonly kind: 'repaired'; readonly entry: number; readonly at: string; readonly found: string };

export interface Stamp {
  readonly entry: number;
  readonly at: string;
  readonly size: number;
  readonly by: 'cosignature' | 'rfc3161';
  readonly evidence: Digest;
}

/** `pack.json`. */
export interface PackAnswer {
  readonly schema: 'kvitto-pack-1';
  readonly request: AskedFor;
  readonly made: Made;
  readonly log: LogState;
  readonly ran: {
    readonly deployments: readonly RanDeployment[];
    readonly observations: readonly Seen[];
    readonly unseen: readonly Unseen[];
  };
  readonly known: {
    readonly vulnerabilities: readonly KnownVulnerability[];
    readonly snapshots: readonly UsedSnapshot[];
  };
  readonly decided: readonly MadeDecision[];
  readonly told: { readonly alerts: readonly ToldAlert[]; readonly conditions: readonly HeldCondition[] };
  readonly verified: { readonly stamps: readonly Stamp[]; readonly rotations: readonly number[] };
  readonly notCovered: readonly NotCovered[];
}
