import type { Instant } from '../../ledger/instant.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { AlertConfig } from '../config/config.ts';
import type { EventSource } from '../event-source.ts';
import { escalate, nextEscalation } from './escalate.ts';
import { nextDue } from './held.ts';
import { beginRules } from './place.ts';
import { raiseHeld, raiseNews } from './raise.ts';
import { resolve } from './resolve.ts';

/** What the rules did. */
export interface RulesDone {
  /** Alerts that were raised, escalated and resolved. */
  readonly raised: number;
  readonly escalated: number;
  readonly resolved: number;
  /** When there is something to do that no entry brings: what waits is due, or an alert is to be escalated. Null for nothing. */
  readonly dueAt: Instant | null;
  /** Whether the rules began now, at the log's end: what was recorded before raises no alarm. */
  readonly began: boolean;
}

/**
 * Holds what changed since the last time against the rules, and records the alerts that it makes, each exactly once: any number of
 * processes may do so at a time, and be killed. Also raises what has waited long enough, escalates what nobody acknowledged
 * in time, and resolves what is over. Memory is bounded, whatever changed. `now` must not go back by more than clocks do.
 */
export async function processRules(
  ledger: Ledger,
  source: EventSource,
  config: AlertConfig,
  now: Instant,
  actor = 'watch',
): Promise<RulesDone> {
  const began = await beginRules(ledger);
  const raising = { ledger, source, config, now, actor };
  const raised = (await raiseNews(raising)) + (await raiseHeld(raising));
  const resolved = await resolve(ledger, now, actor);
  const escalated = await escalate(ledger, now, actor);
  const next = [await nextDue(ledger), await nextEscalation(ledger.reader)].filter((at) => at !== null);
  return { raised, escalated, resolved, dueAt: next.length === 0 ? null : Math.min(...next), began };
}
