import { parts } from '../../ledger/apply/interned.ts';
import type { Fact } from '../../ledger/fact.ts';
import type { Instant } from '../../ledger/instant.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { putJson } from '../../ledger/record/text.ts';
import type { Digest } from '../../model/inventory.ts';
import type { AlertConfig, AlertRule } from '../config/config.ts';
import type { EventSource } from '../event-source.ts';
import { alarmOf } from './alarm.ts';
import { changingEntries } from './changing-entries.ts';
import { Collector } from './collector.ts';
import { dueAt, latestDue } from './due.ts';
import { type Group, merge } from './group.ts';
import { Handled } from './handled.ts';
import { dueOf, type Held, heldOfThreads, hold, lastRaised, release } from './held.ts';
import { moveFrom, placeOf, type RulesPlace } from './place.ts';

/** Most alerts of one entry, which has to fit into 64 KiB. */
const mostRaised = 200;
/** Of what waits, so many are in memory at a time. */
const mostDue = 200;
/** So many entries that nothing follows from are passed without noting it. */
const mostUnnoted = 1_000;

/** What alarms are raised with. */
export interface Raising {
  readonly ledger: Ledger;
  readonly source: EventSource;
  readonly config: AlertConfig;
  readonly now: Instant;
  readonly actor: string;
  /** Most changes in memory; a test has few. */
  readonly mostKept?: number;
}

/** The rules as they stand, by name. What waits for one that is gone waits for nobody. */
function rulesByName({ rules }: AlertConfig): ReadonlyMap<string, AlertRule> {
  return new Map(rules.map((rule) => [rule.name, rule]));
}

/**
 * Raises alerts of what changed since the rules' place, and moves it, in one transaction; what a quiet hour or `every` holds back
 * is kept. A pass too large for the memory is kept in parts. Returns how many were raised; nothing where another process does it.
 */
export async function raiseNews(raising: Raising): Promise<number> {
  const { ledger, source, config, now } = raising;
  const first = await placeOf(ledger.reader);
  if (first === null) return 0;
  const { size } = await ledger.state();
  const collector = new Collector(config, await Handled.since(ledger.reader, now), raising.mostKept);
  let place = first;
  let seen = false;
  for await (const entry of changingEntries(ledger, first.entry, size)) {
    seen = true;
    for await (const event of source(entry, entry === first.entry ? first.place : 0)) {
      collector.add(event, now);
      if (!collector.full) continue;
      const next = { entry, place: event.place + 1 };
      if (!(await keep(raising, collector.take(), place, next))) return 0;
      place = { ...next, turn: place.turn + 1 };
    }
  }
  const groups = collector.take();
  const end = { entry: size, place: 0 };
  if (groups.length === 0 && !seen && size - place.entry < mostUnnoted) return 0;
  if (place === first) return (await settle(raising, groups, place, end)) ?? 0;
  // What was kept in parts is raised in parts: `raiseHeld` does.
  await keep(raising, groups, place, end);
  return 0;
}

/** Lets groups wait until the rest was read. */
async function keep(
  { ledger, now, actor }: Raising,
  groups: readonly Group[],
  from: RulesPlace,
  to: Pick<RulesPlace, 'entry' | 'place'>,
): Promise<boolean> {
  let moved = false;
  await ledger.append(actor, async ({ tx }) => {
    moved = await moveFrom(tx, from, to, now);
    if (!moved) return [];
    for (const part of parts(groups, mostDue)) {
      const source = { reader: tx, database: ledger.database };
      const waiting = await heldOfThreads(
        source,
        part.map((g) => g.thread),
      );
      const held = part.map((group) => {
        const before = waiting.get(group.thread);
        return { group: before === undefined ? group : together(before.group, group), due: now };
      });
      await hold(tx, held);
    }
    return [];
  });
  return moved;
}

/** A group with what another of its thread has. Neither is changed: what a transaction does may have to be done again. */
function together(one: Group, other: Group): Group {
  const both = { ...one, counts: { ...one.counts }, changes: [...one.changes] };
  merge(both, other);
  return both;
}

/** Raises those groups that are due, and lets the others wait. Null where another process was there first. */
async function settle(
  raising: Raising,
  groups: readonly Group[],
  from: RulesPlace,
  to: Pick<RulesPlace, 'entry' | 'place'>,
): Promise<number | null> {
  const { ledger, config, now, actor } = raising;
  const rules = rulesByName(config);
  const last = await lastRaised(
    ledger,
    groups.map((g) => g.thread),
  );
  const before = await heldOfThreads(
    ledger,
    groups.map((g) => g.thread),
  );
  const [raised, waiting]: [Group[], Held[]] = [[], []];
  for (const news of groups) {
    const held = before.get(news.thread);
    const group = held === undefined ? news : together(held.group, news);
    const rule = rules.get(group.rule);
    if (rule === undefined) continue;
    const due = dueAt(rule, group, now, last.get(group.thread) ?? null);
    if (due <= now && raised.length < mostRaised) raised.push(group);
    else waiting.push({ group, due });
  }
  const documents = await documentsOf(raising, raised);
  let moved = false;
  await ledger.append(actor, async ({ tx }) => {
    moved = await moveFrom(tx, from, to, now);
    if (!moved) return [];
    await release(
      tx,
      ledger.database,
      raised.map((g) => g.thread),
    );
    await hold(tx, waiting);
    return factsOf(documents);
  });
  return moved ? raised.length : null;
}

/** Raises what has waited long enough. Returns how many alerts. */
export async function raiseHeld(raising: Raising): Promise<number> {
  const { ledger, config, now, actor } = raising;
  const rules = rulesByName(config);
  let count = 0;
  for (;;) {
    const from = await placeOf(ledger.reader);
    const due = await dueOf(ledger, { now, latest: latestDue(config.rules, now), most: mostDue });
    if (from === null || due.length === 0) return count;
    const last = await lastRaised(
      ledger,
      due.map(({ group }) => group.thread),
    );
    const [raised, waiting]: [Group[], Held[]] = [[], []];
    for (const { group } of due) {
      const rule = rules.get(group.rule);
      if (rule === undefined) continue;
      // It may be quiet again: nobody was there when it was due.
      const later = dueAt(rule, group, now, last.get(group.thread) ?? null);
      if (later <= now) raised.push(group);
      else waiting.push({ group, due: later });
    }
    const documents = await documentsOf(raising, raised);
    let moved = false;
    await ledger.append(actor, async ({ tx }) => {
      moved = await moveFrom(tx, from, from, now);
      if (!moved) return [];
      await release(
        tx,
        ledger.database,
        due.map(({ group }) => group.thread),
      );
      await hold(tx, waiting);
      return factsOf(documents);
    });
    if (!moved) return count;
    count += raised.length;
  }
}

interface Written {
  readonly service: string | null;
  readonly document: Digest;
}

async function documentsOf({ ledger, config, now }: Raising, groups: readonly Group[]): Promise<Written[]> {
  const rules = rulesByName(config);
  const written: Written[] = [];
  for (const group of groups) {
    const rule = rules.get(group.rule);
    if (rule === undefined) continue;
    const document = await putJson(ledger.documents, alarmOf(group, rule, config, now));
    written.push({ service: group.service, document });
  }
  return written;
}

/** An entry for each service: evidence about one of them must not hand over what is wrong with the others. */
function factsOf(written: readonly Written[]): Fact[] {
  return [...Map.groupBy(written, (w) => w.service).values()].map((of) => {
    return { kind: 'alerts-raised', alerts: of.map((w) => w.document) };
  });
}
