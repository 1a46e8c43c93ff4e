import type { SeverityLevel } from '../../model/advisory.ts';
import type { ChangeKind, EventType } from '../../model/event.ts';
import type { Sink } from '../sink.ts';

/** A sink as kvitto.yaml names it. */
export interface ConfiguredSink {
  readonly name: string;
  readonly sink: Sink;
  /** Parsed by the sink's own schema. */
  readonly settings: unknown;
  /** What flows there by itself. Alerts of rules that name it come besides. */
  readonly events: ReadonlySet<EventType>;
  /** How long an event is tried before it becomes a dead letter. */
  readonly keepTryingMs: number;
}

/** Who owns a service. The first that fits counts. `*` stands for any letters. */
export interface OwnerRule {
  readonly service: string;
  readonly environment: string | null;
  readonly owner: string;
}

/** Times of day at which people are not woken for what is not exploited. */
export interface QuietHours {
  /** Minutes after midnight; `until` before `from` runs over midnight. */
  readonly from: number;
  readonly until: number;
  /** IANA name. */
  readonly timezone: string;
}

/** Which changes are alarms, and for whom. A condition that is null is not asked. */
export interface AlertRule {
  readonly name: string;
  readonly changes: ReadonlySet<ChangeKind> | null;
  readonly levels: ReadonlySet<SeverityLevel> | null;
  readonly exploited: boolean | null;
  /** Least probability, 0 to 1. */
  readonly epss: number | null;
  readonly fixable: boolean | null;
  /** Patterns with `*`. */
  readonly services: readonly string[] | null;
  readonly environments: readonly string[] | null;
  readonly owners: readonly string[] | null;
  /** Names of sinks. */
  readonly send: readonly string[];
  readonly by: 'service' | 'vulnerability';
  /** At most one alert of a thread in this time; what comes meanwhile waits. 0: at once. */
  readonly everyMs: number;
  readonly quiet: QuietHours | null;
  readonly escalate: { readonly afterMs: number; readonly send: readonly string[] } | null;
}

/** What kvitto.yaml says about watching and telling. */
export interface AlertConfig {
  readonly watch: WatchSettings;
  readonly owners: readonly OwnerRule[];
  readonly sinks: readonly ConfiguredSink[];
  readonly rules: readonly AlertRule[];
}

export interface WatchSettings {
  /** Cron expression of five or six fields. */
  readonly schedule: string;
  /** IANA name. */
  readonly timezone: string;
  /** Up to so much later, by chance, so that not everybody asks the feeds at the same second. */
  readonly jitterMs: number;
  /** OSV ecosystems to fetch; null: those that what runs needs. */
  readonly ecosystems: readonly string[] | null;
  /** From which probability on EPSS is a change. */
  readonly epss: number;
  /** Nothing was held against the advisories for longer than this. */
  readonly scanOverdueMs: number;
  /** A feed that was confirmed longer ago than this is stale. Of the policy. */
  readonly maxDbAgeMs: number;
  /** Base of links to evidence: `https://kvitto.example`; null: none. */
  readonly link: string | null;
}
