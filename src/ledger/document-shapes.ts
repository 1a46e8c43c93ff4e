import type { Advisory, Exploitation, FeedState, Severity, VulnerabilityFacts } from '../model/advisory.ts';
import type { Justification, VexStatus } from '../model/decision.ts';
import type { AlertEvent, ChangeEvent } from '../model/event.ts';
import type { Digest, Inventory } from '../model/inventory.ts';
import type { Observation } from '../model/observation.ts';
import type { Problem } from '../model/problem.ts';

/*
 * What stands in the documents that entries name, as canonical JSON, so that the same facts give the same digest. `schema` says
 * which of these a document is.
 */

/** What an artifact contains, as it was scanned. */
export interface InventoryDocument extends Inventory {
  readonly schema: 'kvitto-inventory-1';
}

/** The feeds of a snapshot. */
export interface FeedsDocument {
  readonly schema: 'kvitto-feeds-1';
  readonly snapshot: string;
  readonly feeds: readonly FeedState[];
  /** The newest state of each feed that the ledger had met by then, by id: what a later store is held against. */
  readonly newest: readonly { readonly id: string; readonly asOf: string }[];
}

/** In the place of a fingerprint: not all that it stands for was held against one store, so it has to be done again. */
export const unassessed = '?';

/** A match as it is kept: what can be read from the advisory records is left to them. */
export interface KnownMatch {
  /** purl of the component. */
  readonly component: string;
  readonly id: string;
  readonly aliases: readonly string[];
  /** Ids of the records that say so. */
  readonly advisories: readonly string[];
  readonly severity: Severity;
  readonly fixedIn: string | null;
  readonly exploitation: readonly Exploitation[];
  readonly epss: { readonly probability: number; readonly percentile: number } | null;
  readonly informational: string | null;
  readonly reasons: readonly { readonly advisory: string; readonly range: string; readonly fixed: string | null }[];
  /** When the ledger first knew of it without a gap (RFC 3339); null where that is now. */
  readonly firstKnown: string | null;
}

/** What one pass over components opened and closed; a large pass has several of these. */
export interface KnowledgeDocument {
  readonly schema: 'kvitto-knowledge-1';
  readonly snapshot: string;
  /** Advisory records as they stood, under the name by which they were looked up. */
  readonly records: readonly { readonly ecosystem: string; readonly name: string; readonly record: Advisory }[];
  readonly facts: readonly VulnerabilityFacts[];
  readonly opened: readonly KnownMatch[];
  /** `gone`: no record says so any more. `changed`: opened again in another form. */
  readonly closed: readonly {
    readonly component: string;
    readonly id: string;
    readonly why: 'gone' | 'withdrawn' | 'changed';
  }[];
  /** Looked-up names and vulnerabilities, with the fingerprint of what the store said; null where it said nothing, or `unassessed`. */
  readonly names: readonly (readonly [ecosystem: string, name: string, fingerprint: string | null])[];
  readonly ids: readonly (readonly [id: string, fingerprint: string | null])[];
  readonly problems: readonly Problem[];
}

/** Statements about vulnerabilities. Their words stand in a text document, at the same places. */
export interface DecisionsDocument {
  readonly schema: 'kvitto-decisions-1';
  readonly decisions: readonly DecisionRecord[];
}

/** A statement as it is kept. What is null holds for all. */
export interface DecisionRecord {
  readonly vulnerability: string;
  readonly aliases: readonly string[];
  readonly service: string | null;
  readonly environment: string | null;
  /** purl, with or without version. */
  readonly component: string | null;
  readonly artifact: Digest | null;
  readonly status: VexStatus;
  readonly justification: Justification | null;
  /** The word of the document that it came from, where ours says less. */
  readonly originalJustification: string | null;
  readonly owner: string | null;
  readonly approvedBy: string | null;
  /** From when on it holds (RFC 3339). */
  readonly from: string;
  /** Until when it holds; null without an end. */
  readonly until: string | null;
  readonly evidence: readonly { readonly url: string | null; readonly document: Digest | null }[];
}

/** Words of people, apart from what they are about so that they can be forgotten. `salt` keeps them from being guessed by digest. */
export interface TextDocument {
  readonly schema: 'kvitto-text-1';
  readonly salt: string;
  readonly texts: readonly Readonly<Record<string, string>>[];
}

/** What was seen running, and where that differs from what was recorded. */
export interface ObservationDocument {
  readonly schema: 'kvitto-observation-1';
  readonly environment: string;
  readonly observation: Observation;
  readonly drift: readonly {
    readonly service: string;
    readonly what: 'unrecorded' | 'other-digest' | 'changed-by-hand' | 'gone';
    /** Digest of what was seen, of what was expected where nothing was seen. */
    readonly digest: string | null;
    readonly containers: number;
    /** Paths that were changed by hand, clipped. */
    readonly paths: readonly string[];
  }[];
}

/** That somebody else vouched for a checkpoint. */
export interface StampDocument {
  readonly schema: 'kvitto-stamp-1';
  /** The signed checkpoint; with the cosignature where that is the stamp. */
  readonly checkpoint: string;
  /** RFC 3161 response or token, base64; null for a cosignature. */
  readonly token: string | null;
  /** Verifier key of the witness; null for a time stamp. */
  readonly key: string | null;
}

/** What may begin and end to hold without anybody recording it. */
export const conditionKinds = [
  'decision-expiring',
  'epss',
  'end-of-life',
  'feed-failed',
  'feed-stale',
  'scan-overdue',
  'watch-silent',
] as const;
export type ConditionKind = (typeof conditionKinds)[number];

/** Something that holds since a moment. One of a kind and subject at a time; another `level` (`14`, `7`, `1` days left) is another one. */
export interface Condition {
  readonly what: ConditionKind;
  /** A decision's number, a vulnerability, a release (`Debian:10`), a feed; `*` for the whole ledger. */
  readonly subject: string;
  readonly level: string;
  readonly detail: Readonly<Record<string, string | number | boolean | null>>;
}

export interface ConditionsDocument {
  readonly schema: 'kvitto-conditions-1';
  readonly began: readonly Condition[];
  readonly ended: readonly Condition[];
}

/** An alarm as it was raised. */
export interface AlertDocument
  extends Pick<
    AlertEvent,
    | 'rule'
    | 'thread'
    | 'service'
    | 'environment'
    | 'owner'
    | 'severity'
    | 'exploited'
    | 'total'
    | 'counts'
    | 'send'
    | 'message'
  > {
  readonly schema: 'kvitto-alert-1';
  /** The worst, at most 100. */
  readonly changes: readonly ChangeEvent[];
  /** Whom to tell where nobody acknowledged by then (RFC 3339); null for nobody. */
  readonly escalate: { readonly at: string; readonly send: readonly string[] } | null;
}
