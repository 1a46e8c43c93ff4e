/*
 * The tables of the ledger. All but `ledger`, `pending`, `rescan_part` and `person` are projections: a function of the log's entries and the
 * documents, and can be built again from them. Times are milliseconds since 1970; an open end is `forever`. `known_from` and
 * `known_to` say when the ledger knew a row, `valid_from` and `valid_to` when it was true.
 */

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

/** Who is behind a pseudonym. Not part of the log, so that it can be erased. */
export interface PersonRow {
  pseudonym: string;
  name: string;
}

/**
 * A part of a pass over everything that is under way, which one worker at a time has. `bulk`: the entry that the pass began at;
 * `part`: the last one (`finishPart` of watch/bulk) completes it.
 */
export interface RescanPartRow {
  bulk: number;
  part: number;
  snapshot: string;
  /** JSON: what is to be held against the store. */
  work: string;
  /** Who has it; null for nobody. Until when (milliseconds since 1970, of the database's clock). */
  worker: string | null;
  lease: number;
  /** 1: done. */
  done: number;
  /** JSON: what it has led to so far. */
  result: string;
}

export interface MigrationRow {
  id: number;
  name: string;
  hash: string;
  applied: number;
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
  person: PersonRow;
  rescan_part: RescanPartRow;
  migration: MigrationRow;
}

export type TableName = keyof Tables;
