import type { Exploitation, SeverityLevel } from './advisory.ts';
import type { Digest } from './inventory.ts';
import type { VerdictKind } from './verdict.ts';

/*
 * What is told to others. An event is a function of one entry of the log: computed again, it is the same, with the same id. So a
 * receiver that sees an id twice has seen one thing twice.
 */

/** Differences between two states of knowledge about what runs. */
export const changeKinds = [
  'exploited',
  'new',
  'severity-up',
  'epss',
  'fix-available',
  'severity-down',
  'changed',
  'withdrawn',
  'gone',
  'decision-expired',
  'decision-expiring',
  'end-of-life',
  'drift',
  'unrecorded-deployment',
  'gate-bypassed',
  'feed-failed',
  'feed-stale',
  'scan-overdue',
  'watch-silent',
] as const;
export type ChangeKind = (typeof changeKinds)[number];

interface EventBase {
  /** Stable: eight hexadecimal digits of the log's name, entry and place: `3f2a90c1-1204-17`. */
  readonly id: string;
  /** When the ledger learned it (RFC 3339). */
  readonly at: string;
  /** Index of the log's entry that it comes from, and its place among that entry's events. */
  readonly entry: number;
  readonly place: number;
  /** Role or pseudonym. */
  readonly actor: string;
  /** One sentence for people, in plain text of one line. */
  readonly message: string;
  /** Null where it is about no service, or about many. */
  readonly service: string | null;
  readonly environment: string | null;
}

/** An artifact was scanned. */
export interface ScanEvent extends EventBase {
  readonly type: 'scan';
  readonly artifact: {
    readonly digest: Digest;
    readonly kind: string;
    readonly name: string;
    readonly platform: string | null;
  };
  readonly components: number;
  readonly problems: number;
}

/** The gate answered. */
export interface VerdictEvent extends EventBase {
  readonly type: 'verdict';
  readonly artifact: Digest;
  readonly verdict: VerdictKind;
  readonly findings: number;
  readonly exceptions: number;
  readonly policy: Digest | null;
  readonly snapshot: Digest | null;
  readonly run: string | null;
}

/** An artifact began to run, ended, or its times were corrected. */
export interface DeploymentEvent extends EventBase {
  readonly type: 'deployment';
  readonly action: 'started' | 'stopped' | 'corrected';
  readonly deployment: number;
  readonly artifact: Digest;
  readonly image: string | null;
  readonly from: string;
  readonly until: string | null;
  readonly marks: readonly string[];
  readonly change: string | null;
  readonly run: string | null;
}

/** Somebody looked at what runs. */
export interface ObservationEvent extends EventBase {
  readonly type: 'observation';
  readonly source: string;
  readonly containers: number;
  readonly drift: number;
}

/** A statement about a vulnerability. Its words are not told: they may have to be forgotten. */
export interface DecisionEvent extends EventBase {
  readonly type: 'decision';
  readonly decision: number;
  readonly vulnerability: string;
  readonly component: string | null;
  readonly artifact: Digest | null;
  readonly status: string;
  readonly justification: string | null;
  readonly owner: string | null;
  readonly approvedBy: string | null;
  readonly from: string;
  readonly until: string | null;
}

/** Components were held against a snapshot. */
export interface RescanEvent extends EventBase {
  readonly type: 'rescan';
  readonly snapshot: Digest;
  readonly scope: Digest | 'all';
  readonly components: number;
  readonly opened: number;
  readonly closed: number;
  readonly problems: number;
}

/** What was known of one vulnerability of one component. */
export interface KnownState {
  readonly severity: SeverityLevel;
  /** CVSS base score 0.0 to 10.0. */
  readonly score: number | null;
  readonly exploited: boolean;
  readonly fixedIn: string | null;
  /** Ids of the advisory records, sorted. */
  readonly advisories: readonly string[];
}

/** A vulnerability as an event names it. What is not known of one that went is null or empty. */
export interface NamedVulnerability {
  readonly id: string;
  readonly aliases: readonly string[];
  /** First publication that is known (RFC 3339). */
  readonly published: string | null;
  readonly summary: string;
  /** Who rates it, and the CVSS vector behind the score. */
  readonly ratedBy: string | null;
  readonly vector: string | null;
  readonly exploitation: readonly Exploitation[];
  /** Probability 0 to 1 of exploitation, as it was known then. */
  readonly epss: number | null;
}

/** Something became different for what runs. One for each service and environment that it touches, however many containers run. */
export interface ChangeEvent extends EventBase {
  readonly type: 'change';
  readonly change: ChangeKind;
  /** `ended`: of a condition (stale feed, expiring decision) that does not hold any more. */
  readonly state: 'began' | 'ended';
  /** What it is about, in the words of its kind: a vulnerability's id, a feed's, a decision's number, a release, a digest. */
  readonly subject: string;
  readonly vulnerability: NamedVulnerability | null;
  /** purl. */
  readonly component: string | null;
  /** One of the artifacts that have it, and how many do. */
  readonly artifact: Digest | null;
  readonly artifacts: number;
  /** Deployments that run with it, and the first of them. */
  readonly deployments: number;
  readonly deployment: number | null;
  /** Containers that were seen; null where nobody counted. */
  readonly containers: number | null;
  /** Who owns the service, as kvitto.yaml names them when it is told; null for nobody. */
  readonly owner: string | null;
  /** Since when the first of them runs (RFC 3339). */
  readonly since: string | null;
  /** Null where there was, or is, nothing. */
  readonly before: KnownState | null;
  readonly after: KnownState | null;
  /** What its kind has besides: `daysLeft`, `bound`, `asOf`, `paths` … */
  readonly detail: Readonly<Record<string, string | number | boolean | null>>;
}

/** What became of an alert. */
export const alertStates = ['raised', 'escalated', 'acknowledged', 'resolved'] as const;
export type AlertState = (typeof alertStates)[number];

/** An alarm that a rule raised, or what became of it. */
export interface AlertEvent extends EventBase {
  readonly type: 'alert';
  readonly state: AlertState;
  /** The alert's number, as `kvitto ack` takes it. */
  readonly alert: number;
  readonly rule: string;
  /** What joins alerts about one thing: the same for the same rule, service and environment (and vulnerability, where the rule says so). */
  readonly thread: string;
  readonly owner: string | null;
  /** Worst of all its changes. */
  readonly severity: SeverityLevel;
  readonly exploited: boolean;
  /** Changes in all, and of each kind. `changes` lists the worst of them, at most 100. */
  readonly total: number;
  readonly counts: Readonly<Partial<Record<ChangeKind, number>>>;
  readonly changes: readonly ChangeEvent[];
  /** When it was raised (RFC 3339). */
  readonly raised: string;
  /** Names of the sinks that this is for: those of the rule, or of its escalation. */
  readonly send: readonly string[];
  /** Who acknowledged it, as a role; null before. */
  readonly acknowledgedBy: string | null;
}

/** What happened to the ledger itself: a key was rotated, a document redacted, the database repaired, a checkpoint stamped. */
export interface LedgerEvent extends EventBase {
  readonly type: 'ledger';
  readonly action: string;
}

export type KvittoEvent =
  | ScanEvent
  | VerdictEvent
  | DeploymentEvent
  | ObservationEvent
  | DecisionEvent
  | RescanEvent
  | ChangeEvent
  | AlertEvent
  | LedgerEvent;

/** What a sink may ask for. */
export const eventTypes = [
  'scan',
  'verdict',
  'deployment',
  'observation',
  'decision',
  'rescan',
  'change',
  'alert',
  'ledger',
] as const satisfies readonly KvittoEvent['type'][];
export type EventType = (typeof eventTypes)[number];
