import type { Instant } from '../../ledger/instant.ts';
import type { ChangeEvent, KvittoEvent } from '../../model/event.ts';
import type { AlertConfig } from '../config/config.ts';
import { addChange, type Group, newGroup, threadOf } from './group.ts';
import type { Handled } from './handled.ts';
import { Matching } from './matching.ts';

/** Most changes, and groups, that are in memory at a time: a change has about two kilobytes. */
export const mostKept = 40_000;

/** Kinds of which a decision in force may say that nothing is to be done. */
const settled: ReadonlySet<string> = new Set<ChangeEvent['change']>([
  'exploited',
  'new',
  'severity-up',
  'severity-down',
  'fix-available',
  'changed',
  'epss',
]);

/** Puts what rules ask for into groups. */
export class Collector {
  readonly #matching: Matching;
  readonly #handled: Handled;
  readonly #most: number;
  #groups = new Map<string, Group>();
  #kept = 0;

  constructor(config: AlertConfig, handled: Handled, most: number = mostKept) {
    this.#matching = new Matching(config);
    this.#handled = handled;
    this.#most = most;
  }

  /** `at`: which decisions are in force. */
  add(event: KvittoEvent, at: Instant): void {
    if (event.type !== 'change') return;
    const rules = this.#matching.rulesFor(event);
    if (rules.length === 0 || (settled.has(event.change) && this.#handled.settlesChange(event, at))) return;
    for (const rule of rules) {
      const key = `${rule.name} ${threadOf(rule, event)}`;
      let group = this.#groups.get(key);
      if (group === undefined) {
        group = newGroup(rule, event);
        this.#groups.set(key, group);
        this.#kept += 1;
      }
      this.#kept += addChange(group, event);
    }
  }

  /** Whether what is kept should go elsewhere. */
  get full(): boolean {
    return this.#kept >= this.#most;
  }

  /** What was collected since the last time; it is forgotten. */
  take(): Group[] {
    const groups = [...this.#groups.values()];
    this.#groups = new Map();
    this.#kept = 0;
    return groups;
  }
}
