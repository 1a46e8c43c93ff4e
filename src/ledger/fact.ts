import type { Digest } from '../model/inventory.ts';
import type { VerdictKind } from '../model/verdict.ts';

/*
 * One entry of the log is one fact as canonical JSON. Whatever is large or may have to be forgotten (an inventory, the words of a
 * reason) stands in a document, and the entry holds its digest: the chain stays whole when a document is redacted. Actors are
 * roles or pseudonyms, never people. All times are RFC 3339 UTC with milliseconds.
 *
 * What may be null or an empty list at the top of a fact is absent from its entry where it is; so is `from` of a deployment that
 * began when it was recorded.
 */

/** What every entry says besides its fact. */
export interface Envelope {
  readonly v: 1;
  /** When the ledger learned it. Never before the entry before it. */
  readonly recorded: string;
  /** What the clock said, where it stood before the last entry's time. */
  readonly clock?: string;
  /** Role or pseudonym of whoever caused it. */
  readonly actor: string;
  /** Name and version of the program that wrote it: `kvitto/0.1.0`. */
  readonly tool: string;
}

/** The ledger begins: always entry 0. */
export interface LedgerCreated {
  readonly kind: 'ledger-created';
  readonly origin: string;
  /** Verifier key of the log, in the notation of c2sp.org/signed-note. */
  readonly key: string;
}

/** Later checkpoints are signed by `to`. Both keys signed the rotation statement of `tlog/rotation.ts`, base64. */
export interface KeyRotated {
  readonly kind: 'key-rotated';
  readonly from: string;
  readonly to: string;
  readonly byOld: string;
  readonly byNew: string;
  readonly text: Digest;
}

/** An artifact was scanned. Recorded again only when its inventory differs. */
export interface ArtifactRecorded {
  readonly kind: 'artifact-recorded';
  readonly artifact: {
    readonly digest: Digest;
    readonly digestOf: 'manifest' | 'config' | 'inventory' | 'document';
    readonly kind: 'image' | 'directory' | 'sbom';
    readonly name: string;
    readonly platform: string | null;
    readonly configDigest: Digest | null;
  };
  /** Document: the inventory. */
  readonly inventory: Digest;
  /** Document: its SBOM as it was written then (CycloneDX). */
  readonly sbom: Digest;
  readonly components: number;
  readonly problems: number;
}

/** The gate answered. The report holds the policy's rules, their outcomes and the exceptions that were used. */
export interface VerdictGiven {
  readonly kind: 'verdict-given';
  readonly artifact: Digest;
  readonly verdict: VerdictKind;
  /** Document: the policy's bytes; null for the built-in default. */
  readonly policy: Digest | null;
  readonly snapshot: Digest | null;
  /** Document: the whole report as JSON. */
  readonly report: Digest;
  readonly findings: number;
  /** Exceptions of the policy that covered a finding. */
  readonly exceptions: number;
  /** Where it ran: the address of a pipeline's run. */
  readonly run: string | null;
}

/** A state of all feeds was met for the first time. `feeds`: document, the list of feeds with their times and digests. */
export interface SnapshotLearned {
  readonly kind: 'snapshot-learned';
  readonly snapshot: Digest;
  readonly feeds: Digest;
}

/**
 * Components were held against a snapshot. The documents list what that opened and closed, with the advisory records. A pass over
 * many takes several entries: `part: 'more'` says that it was not over with this one. The last has the whole pass's `components`
 * and `problems`.
 */
export interface Rescanned {
  readonly kind: 'rescanned';
  readonly snapshot: Digest;
  /** Digest of the one artifact that was looked at, or `all`. */
  readonly scope: Digest | 'all';
  readonly components: number;
  readonly opened: number;
  readonly closed: number;
  /** What could not be assessed. */
  readonly problems: number;
  readonly documents: readonly Digest[];
  /** Null: the pass is complete. */
  readonly part: 'more' | null;
}

/** Why a deployment deserves a second look. */
export type DeploymentMark = 'unrecorded' | 'no-verdict' | 'refused' | 'cannot-say' | 'break-glass' | 'late';

/** An artifact began to run as a service in an environment. The entry's index is the deployment's number. */
export interface DeploymentStarted {
  readonly kind: 'deployment-started';
  readonly service: string;
  readonly environment: string;
  readonly artifact: Digest;
  /** As it was named: `registry.example/shop/api`. */
  readonly image: string | null;
  readonly from: string;
  /** Set where a later deployment was already known: it ran until then. */
  readonly until: string | null;
  /** Deployments that end with it. */
  readonly replaces: readonly number[];
  /** Address of the change (ticket, merge request, commit). */
  readonly change: string | null;
  readonly run: string | null;
  readonly marks: readonly DeploymentMark[];
  /** Document: why the gate was bypassed. */
  readonly text: Digest | null;
}

/** Deployments ended. `ending: unknown`: they do not run any more, since when is not known; `at` is when that was noticed. */
export interface DeploymentStopped {
  readonly kind: 'deployment-stopped';
  readonly deployments: readonly number[];
  readonly at: string;
  readonly ending: 'known' | 'unknown';
}

/** The times of a deployment were wrong. What was believed before stays, with the time until which it was believed. */
export interface DeploymentCorrected {
  readonly kind: 'deployment-corrected';
  readonly deployment: number;
  readonly from: string;
  readonly until: string | null;
  readonly text: Digest;
}

/** Somebody looked at what runs. `observation`: document with the containers and the drift. */
export interface Observed {
  readonly kind: 'observed';
  readonly environment: string;
  readonly at: string;
  /** Until when this counts as having looked. */
  readonly covers: string;
  readonly source: 'docker' | 'podman';
  readonly observation: Digest;
  readonly containers: number;
  readonly drift: number;
}

/** Statements about vulnerabilities. `decisions`: document, the list; `texts`: document, the words of their reasons. */
export interface DecisionsMade {
  readonly kind: 'decisions-made';
  readonly decisions: Digest;
  readonly texts: Digest | null;
  readonly count: number;
  readonly source: 'command' | 'openvex' | 'cyclonedx' | 'csaf';
}

/** The time of these decisions ran out and nothing took their place. Numbers of decisions. */
export interface DecisionsExpired {
  readonly kind: 'decisions-expired';
  readonly decisions: readonly number[];
}

/** A document was taken out of the ledger. Its digest stays in the entries that name it. */
export interface Redacted {
  readonly kind: 'redacted';
  readonly document: Digest;
  readonly text: Digest;
}

/** Somebody else vouched for a checkpoint: a witness's cosignature or a time stamp (RFC 3161). */
export interface CheckpointStamped {
  readonly kind: 'checkpoint-stamped';
  readonly size: number;
  readonly root: string;
  readonly by: 'cosignature' | 'rfc3161';
  readonly evidence: Digest;
}

/** The database and the log's files did not agree, and somebody had them repaired. `report`: document, what was found and lost. */
export interface Repaired {
  readonly kind: 'repaired';
  readonly found: 'log-ahead' | 'log-behind';
  readonly report: Digest;
}

/** What holds by itself, or does not hold any more: a decision runs out, a feed is stale. `conditions`: document with both lists. */
export interface ConditionsChanged {
  readonly kind: 'conditions-changed';
  readonly conditions: Digest;
  readonly began: number;
  readonly ended: number;
}

/** Rules made alarms of changes. An alert's number is this entry's × 4,096 + its place. */
export interface AlertsRaised {
  readonly kind: 'alerts-raised';
  /** Documents, one for each alert. */
  readonly alerts: readonly Digest[];
}

/** Somebody knew: the moment from which periods for reporting run. */
export interface AlertAcknowledged {
  readonly kind: 'alert-acknowledged';
  readonly alert: number;
  /** Document: what they wrote. */
  readonly text: Digest | null;
}

/** Nobody acknowledged in time. */
export interface AlertEscalated {
  readonly kind: 'alert-escalated';
  readonly alert: number;
  /** Names of the sinks that were told. */
  readonly send: readonly string[];
}

/** Nothing of what these alerts listed is open any more in what runs. */
export interface AlertsResolved {
  readonly kind: 'alerts-resolved';
  readonly alerts: readonly number[];
}

export type Fact =
  | LedgerCreated
  | KeyRotated
  | ArtifactRecorded
  | VerdictGiven
  | SnapshotLearned
  | Rescanned
  | DeploymentStarted
  | DeploymentStopped
  | DeploymentCorrected
  | Observed
  | DecisionsMade
  | DecisionsExpired
  | Redacted
  | CheckpointStamped
  | Repaired
  | ConditionsChanged
  | AlertsRaised
  | AlertAcknowledged
  | AlertEscalated
  | AlertsResolved;

export type FactKind = Fact['kind'];

/** An entry of the log: a fact with its envelope. */
export type Entry = Envelope & Fact;

/** The documents that an entry names. */
export function documentsOf(fact: Fact): Digest[] {
  switch (fact.kind) {
    case 'artifact-recorded':
      return [fact.inventory, fact.sbom];
    case 'verdict-given':
      return [fact.report, ...(fact.policy === null ? [] : [fact.policy])];
    case 'snapshot-learned':
      return [fact.feeds];
    case 'rescanned':
      return [...fact.documents];
    case 'deployment-started':
      return fact.text === null ? [] : [fact.text];
    case 'key-rotated':
    case 'deployment-corrected':
      return [fact.text];
    case 'observed':
      return [fact.observation];
    case 'decisions-made':
      return [fact.decisions, ...(fact.texts === null ? [] : [fact.texts])];
    case 'redacted':
      // The redacted document itself is named, and must be gone.
      return [fact.text];
    case 'checkpoint-stamped':
      return [fact.evidence];
    case 'repaired':
      return [fact.report];
    case 'conditions-changed':
      return [fact.conditions];
    case 'alerts-raised':
      return [...fact.alerts];
    case 'alert-acknowledged':
      return fact.text === null ? [] : [fact.text];
    case 'ledger-created':
    case 'deployment-stopped':
    case 'decisions-expired':
    case 'alert-escalated':
    case 'alerts-resolved':
      return [];
  }
}
