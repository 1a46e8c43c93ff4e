import type { AlertDocument } from '../../ledger/document-shapes.ts';
import type { Instant } from '../../ledger/instant.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { readEntries } from '../../ledger/read-entries.ts';
import type { AlertConfig } from '../config/config.ts';
import type { EventSource } from '../event-source.ts';
import { alarmOf } from './alarm.ts';
import { changingEntries } from './changing-entries.ts';
import { Collector } from './collector.ts';
import { dueAt } from './due.ts';
import { type Group, merge } from './group.ts';
import { Handled } from './handled.ts';

/** What the rules would have told, one after the other. */
export interface Previewed {
  /** When. */
  readonly at: Instant;
  readonly alert: AlertDocument;
}

/** The first entry that was recorded at or after a moment. */
export async function entryAt(ledger: Ledger, from: Instant): Promise<number> {
  let [low, high] = [0, (await ledger.state()).size];
  while (low < high) {
    const middle = (low + high) >> 1;
    const entry = (await readEntries(ledger, [middle])).get(middle);
    if (entry !== undefined && Date.parse(entry.recorded) < from) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * What rules would have raised of what was recorded between two moments, had somebody run them at each entry and whenever something
 * was due; the first first. Writes nothing. What would still wait at the end is not told.
 */
export async function* previewRules(
  ledger: Ledger,
  source: EventSource,
  config: AlertConfig,
  { from, until }: { readonly from: Instant; readonly until: Instant },
): AsyncGenerator<Previewed> {
  const { size } = await ledger.state();
  const collector = new Collector(config, await Handled.since(ledger.reader, from));
  const waiting = new Waiting(config);
  let now: Instant | null = null;
  for await (const entry of changingEntries(ledger, await entryAt(ledger, from), size)) {
    for await (const event of source(entry, 0)) {
      const at = Date.parse(event.at);
      if (now !== null && at !== now) {
        yield* waiting.settle(collector.take(), now);
        yield* waiting.before(Math.min(at, until + 1));
      }
      if (at > until) return;
      now = at;
      collector.add(event, at);
      if (collector.full) waiting.keep(collector.take());
    }
  }
  if (now !== null) yield* waiting.settle(collector.take(), now);
  yield* waiting.before(until + 1);
}

/** What table `held` would hold, and when threads were told of last. */
class Waiting {
  readonly #config: AlertConfig;
  readonly #held = new Map<string, { group: Group; due: Instant }>();
  readonly #last = new Map<string, Instant>();

  constructor(config: AlertConfig) {
    this.#config = config;
  }

  /** Lets groups wait until the rest of the same moment was read. */
  keep(groups: readonly Group[]): void {
    for (const group of groups) {
      const before = this.#held.get(group.thread);
      if (before === undefined) this.#held.set(group.thread, { group, due: Number.NEGATIVE_INFINITY });
      else {
        merge(before.group, group);
        before.due = Number.NEGATIVE_INFINITY;
      }
    }
  }

  /** Raises what is due at a moment: of these groups, and of what waits. */
  *settle(groups: readonly Group[], now: Instant): Generator<Previewed> {
    this.keep(groups);
    yield* this.#raise(now, now);
  }

  /** Raises what is due before a moment, each at its time. */
  *before(end: Instant): Generator<Previewed> {
    for (;;) {
      let next = end;
      for (const { due } of this.#held.values()) next = Math.min(next, due);
      if (next >= end) return;
      yield* this.#raise(next, next);
    }
  }

  *#raise(due: Instant, now: Instant): Generator<Previewed> {
    const ready = [...this.#held].filter(([, held]) => held.due <= due);
    for (const [thread, held] of ready) {
      const { group } = held;
      const rule = this.#config.rules.find((r) => r.name === group.rule);
      const later = rule === undefined ? now : dueAt(rule, group, now, this.#last.get(thread) ?? null);
      if (later > now) {
        held.due = later;
        continue;
      }
      this.#held.delete(thread);
      this.#last.set(thread, now);
      if (rule !== undefined) yield { at: now, alert: alarmOf(group, rule, this.#config, now) };
    }
  }
}
