/*
 * The tables of the ledger. All but `ledger`, `pending`, `person` and those of the work at the end of this file are projections: a function of the log's entries and the
 * documents, and can be built again from them. Times are milliseconds since 1970; an open end is `forever`. `known_from` and
 * `known_to` say when the ledger knew a row, `valid_from` and `valid_to` when it was true.
 */

import type { MigrationRow, RescanPartRow } from './work-rows.ts';

/** One row: how far the log has come. */
export interface LedgerRow {
  one: number;
  /** The log's name, from entry 0; empty before. */
  origin: string;
  /** Entries, those that are not yet in the log's files included. */
  size: number;
  /** Entries in the log's files, and the root of that tree (hex). */
  published_size: number;
  published_root: string;
  /** `recorded` of the last entry. */
  last_recorded: number;
}

/** Entries that are committed and not yet in the log's files. */
export interface PendingRow {
  id: number;
  bytes: Uint8Array;
}

export interface NameRow {
  id: number;
  name: string;
}

/** `entry`: the first that describes it; null while only a deployment has named it. */
export interface ArtifactRow {
  id: number;
  digest: string;
  kind: string | null;
  digest_of: string | null;
  name: string | null;
  platform: string | null;
  config_digest: string | null;
  entry: number | null;
}

/** What an artifact was known to contain. `id`: the entry. */
export interface InventoryRow {
  id: number;
  artifact: number;
  document: string;
  sbom: string;
  components: number;
  problems: number;
  known_from: number;
  known_to: number;
}

/** A name under which advisories are looked up. `fingerprint`: of what the store said last; null where it said nothing, or `unassessed`. */
export interface AdvisoryNameRow {
  id: number;
  ecosystem: string;
  name: string;
  fingerprint: string | null;
}

/** `advisory_name`: null where its kind has no advisories. */
export interface ComponentRow {
  id: number;
  purl: string;
  advisory_name: number | null;
}

export interface ArtifactComponentRow {
  artifact: number;
  component: number;
  known_from: number;
  known_to: number;
}

export interface VerdictRow {
  id: number;
  artifact: number;
  verdict: string;
  policy: string | null;
  snapshot: string | null;
  report: string;
  findings: number;
  exceptions: number;
  known_from: number;
}

/** `id`: the entry that started it. `marks`: joined by spaces. */
export interface DeploymentRow {
  id: number;
  service: number;
  environment: number;
  artifact: number;
  marks: string;
}

/** When a deployment ran, as it was believed from `known_from` to `known_to`. `ending`: 0 open, 1 known, 2 unknown. */
export interface PeriodRow {
  deployment: number;
  service: number;
  environment: number;
  artifact: number;
  valid_from: number;
  valid_to: number;
  ending: number;
  known_from: number;
  known_to: number;
  /** The entry that says so. */
  entry: number;
}

export interface ObservationRow {
  id: number;
  environment: number;
  at: number;
  covers_to: number;
  document: string;
  containers: number;
  drift: number;
  known_from: number;
}

/** Drift of one service in one observation. `what`: unrecorded, other-digest, changed-by-hand, gone. */
export interface DriftRow {
  observation: number;
  /** In the list of the document. */
  place: number;
  environment: number;
  service: string;
  what: string;
  digest: string | null;
  containers: number;
}

export interface SnapshotRow {
  id: number;
  digest: string;
  document: string;
  known_from: number;
}

/** A complete pass over components, by its last entry. `artifact`: null for all. */
export interface RescanRow {
  id: number;
  snapshot: number;
  artifact: number | null;
  components: number;
  opened: number;
  closed: number;
  problems: number;
  known_from: number;
}

/** `fingerprint`: of what the fact feeds said last of all its names; null where they said nothing, or `unassessed`. */
export interface VulnerabilityRow {
  id: number;
  name: string;
  fingerprint: string | null;
}

/** Every name of a vulnerability, its main one too, and since when it was known. */
export interface VulnerabilityNameRow {
  name: string;
  vulnerability: number;
  known_from: number;
}

/** That a component has a vulnerability, as it was known from `known_from` to `known_to`. */
export interface ComponentMatchRow {
  component: number;
  vulnerability: number;
  known_from: number;
  known_to: number;
  /** When the ledger first knew of it, in whatever form, without a gap since. */
  first_known: number;
  /** The entry that opened it, the document's place in the entry's list, and the place in that document's list. */
  opened: number;
  document: number;
  place: number;
  snapshot: number;
  /** Place in `severityLevels`. */
  severity: number;
  /** CVSS base score times ten; null without a score. */
  score: number | null;
  exploited: number;
  fixed_in: string | null;
  /** Ids of the records, joined by spaces. */
  advisories: string;
}

/** `id`: entry × 65,536 + place in the list. Scopes are null where it holds for all. */
export interface DecisionRow {
  id: number;
  entry: number;
  place: number;
  vulnerability: string;
  service: string | null;
  environment: string | null;
  component: string | null;
  artifact: string | null;
  /** What to look it up by: `subjectOf` of decision-scope.ts. */
  subject: string;
  status: string;
  justification: string | null;
  owner: string | null;
  approved_by: string | null;
  valid_from: number;
  valid_to: number;
  known_from: number;
  /** When another took its place. */
  known_to: number;
  superseded_by: number | null;
  /** The entry that noted its expiry. */
  expired: number | null;
}

/** Every name that a decision gives its vulnerability. */
export interface DecisionNameRow {
  name: string;
  decision: number;
}

export interface RedactionRow {
  document: string;
  entry: number;
  known_from: number;
}

/** What others are told. Written with the fact. `kind`: null for a deployment that began, which nearly all of them are. */
export interface OutboxRow {
  entry: number;
  kind: string | null;
}

/** `id`: entry × 65,536 + place in the document's list of what began. One is open for each kind and subject. */
export interface ConditionRow {
  id: number;
  what: string;
  subject: string;
  level: string;
  /** JSON. */
  detail: string;
  known_from: number;
  known_to: number;
}

/** `id`: entry × 4,096 + place. What became of it: the entry that says so. */
export interface AlertRow {
  id: number;
  rule: string;
  thread: string;
  service: string | null;
  environment: string | null;
  /** Place in `severityLevels`. */
  severity: number;
  exploited: number;
  total: number;
  document: string;
  known_from: number;
  /** When it is escalated unless somebody acknowledged it; null for never. */
  escalate_at: number | null;
  escalated: number | null;
  /** The first acknowledgement, its time, and by which role. */
  acknowledged: number | null;
  acknowledged_at: number | null;
  acknowledged_by: string | null;
  resolved: number | null;
  resolved_at: number | null;
}

/** What has to be gone for an alert to be resolved: a vulnerability of a component, or a condition. */
export interface AlertSubjectRow {
  alert: number;
  place: number;
  component: string | null;
  vulnerability: string | null;
  /** Kind and subject of a condition, joined by a space. */
  condition: string | null;
}

/*
 * What follows is work in progress and no part of what the log says: left out when the tables are built again.
 */

/** Work that one process at a time does. */
export interface JobRow {
  name: string;
  /** When it is to be done next. */
  due: number;
  owner: string | null;
  lease_until: number;
  /** Grows with each claim: who holds an older one has lost it. */
  claim: number;
  last_began: number | null;
  last_done: number | null;
  last_error: string | null;
}

/** How far a reader of the outbox has come: the next event that it has not dealt with. */
export interface CursorRow {
  name: string;
  entry: number;
  place: number;
  /** Since when it stands there, for want of a receiver; null: it moves. */
  failing_since: number | null;
  attempts: number;
  next_at: number;
  error: string | null;
  delivered: number;
  moved: number;
}

/** Changes that wait: for the end of quiet hours, or of the time in which a thread is told of once. */
export interface HeldRow {
  rule: string;
  thread: string;
  due: number;
  /** JSON: counts and the worst changes. */
  content: string;
}

/** An event that a sink will never take. */
export interface DeadLetterRow {
  sink: string;
  event: string;
  entry: number;
  place: number;
  reason: string;
  at: number;
}

/** How long something took, counted by upper bound in seconds (0: the sum and count of all). */
export interface TimingRow {
  name: string;
  bound: number;
  count: number;
  /** Milliseconds; of bound 0 alone. */
  total: number;
}

/** What a sink keeps of a thread: the number of its issue. */
export interface ThreadMemoryRow {
  sink: string;
  thread: string;
  value: string;
}

/** Who is behind a pseudonym. Not part of the log, so that it can be erased. */
export interface PersonRow {
  pseudonym: string;
  name: string;
}

export interface Tables {
  ledger: LedgerRow;
  pending: PendingRow;
  service: NameRow;
  environment: NameRow;
  artifact: ArtifactRow;
  inventory: InventoryRow;
  advisory_name: AdvisoryNameRow;
  component: ComponentRow;
  artifact_component: ArtifactComponentRow;
  verdict: VerdictRow;
  deployment: DeploymentRow;
  period: PeriodRow;
  observation: ObservationRow;
  drift: DriftRow;
  snapshot: SnapshotRow;
  rescan: RescanRow;
  vulnerability: VulnerabilityRow;
  vulnerability_name: VulnerabilityNameRow;
  component_match: ComponentMatchRow;
  decision: DecisionRow;
  decision_name: DecisionNameRow;
  redaction: RedactionRow;
  outbox: OutboxRow;
  condition: ConditionRow;
  alert: AlertRow;
  alert_subject: AlertSubjectRow;
  job: JobRow;
  cursor: CursorRow;
  held: HeldRow;
  dead_letter: DeadLetterRow;
  thread_memory: ThreadMemoryRow;
  timing: TimingRow;
  person: PersonRow;
  rescan_part: RescanPartRow;
  migration: MigrationRow;
}

export type TableName = keyof Tables;
