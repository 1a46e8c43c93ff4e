// What must hold of a log that many wrote to while they were killed, and of what every sink got of it.
import assert from 'node:assert/strict';
import type { AlertEvent, ChangeEvent, KvittoEvent } from '../../src/model/event.ts';
import type { OutageSink } from './outage-sinks.ts';

/** What flows to a sink, said once more: what it takes by itself, and the alerts that name it. */
export function expectedAt({ name, events }: OutageSink, all: readonly KvittoEvent[]): KvittoEvent[] {
  return all.filter((e) => events.includes(e.type) || (e.type === 'alert' && e.send.includes(name)));
}

/** First arrivals are exactly what was expected, by id, and for each service in the order of the log. How many came twice. */
export function holdsWhatArrived(
  { name }: OutageSink,
  ids: readonly string[],
  expected: readonly KvittoEvent[],
): number {
  const firsts = [...new Set(ids)];
  assert.deepEqual(firsts.toSorted(), expected.map((e) => e.id).toSorted(), `${name}: the set of ids`);
  const serviceOf = new Map(expected.map((e) => [e.id, e.service]));
  const inOrder = (list: readonly string[]) => Map.groupBy(list, (id) => serviceOf.get(id) ?? null);
  const wanted = inOrder(expected.map((e) => e.id));
  const early = [...inOrder(firsts)].flatMap(([service, of]) => {
    const at = of.findIndex((id, place) => id !== wanted.get(service)?.[place]);
    return at < 0 ? [] : [`${service}: ${of.slice(at, at + 5)} instead of ${wanted.get(service)?.slice(at, at + 5)}`];
  });
  assert.deepEqual(early, [], `${name}: the order for each service`);
  return ids.length - firsts.length;
}

/** Alerts of each thread that are raised and not resolved. */
export function openThreads(alerts: readonly AlertEvent[]): Map<string, Set<number>> {
  const threads = new Map<string, Set<number>>();
  for (const { thread, state, alert } of alerts) {
    const open = threads.get(thread) ?? new Set();
    if (state === 'raised' || state === 'escalated') open.add(alert);
    if (state === 'resolved') open.delete(alert);
    threads.set(thread, open);
  }
  return threads;
}

/** One issue for each thread, which tells all of it, and is open while one of its alerts is. `idOf`: of a text. */
export function holdsIssues(
  { name, desk }: OutageSink,
  expected: readonly KvittoEvent[],
  idOf: (text: string) => string,
): void {
  assert.ok(desk !== null);
  const alerts = expected.filter((e): e is AlertEvent => e.type === 'alert');
  const open = openThreads(alerts);
  const wanted = [...Map.groupBy(alerts, (a) => a.thread)].map(([thread, of]) => ({
    told: of.map((a) => a.id),
    isOpen: (open.get(thread)?.size ?? 0) > 0,
  }));
  const first = (a: { readonly told: readonly string[] }, b: { readonly told: readonly string[] }) =>
    `${a.told[0]}` < `${b.told[0]}` ? -1 : 1;
  const there = desk.issues.map(({ body, comments, open: isOpen }) => ({
    told: [...new Set([body, ...comments].map(idOf))],
    isOpen,
  }));
  assert.deepEqual(there.sort(first), wanted.sort(first), `${name}: the issues`);
}

/** Rules of the test as far as they choose: all that began, or what is exploited. */
export type Chooses = (change: ChangeEvent) => boolean;

/** Every change that a rule chooses is in exactly one of the rule's alerts, and nothing else is. */
export function holdsAlerts(all: readonly KvittoEvent[], rules: Readonly<Record<string, Chooses>>): void {
  const changes = all.filter((e): e is ChangeEvent => e.type === 'change' && e.state === 'began');
  const raised = all.filter((e): e is AlertEvent => e.type === 'alert' && e.state === 'raised');
  for (const [name, chooses] of Object.entries(rules)) {
    const own = raised.filter((a) => a.rule === name);
    assert.ok(own.length > 0, `the rule ${name} raised something`);
    const chosen = changes.filter(chooses);
    const counted = (list: readonly [string, number][]) => {
      const counts: Record<string, number> = {};
      for (const [key, count] of list) counts[key] = (counts[key] ?? 0) + count;
      return counts;
    };
    assert.deepEqual(
      counted(
        own.flatMap(({ service, counts }) =>
          Object.entries(counts).map(([kind, count]): [string, number] => [`${service} ${kind}`, count]),
        ),
      ),
      counted(chosen.map(({ service, change }) => [`${service} ${change}`, 1])),
      `${name}: what its alerts count`,
    );
    // An alert lists its worst hundred.
    const listed = own.flatMap((a) => a.changes.map((c) => c.id));
    assert.equal(new Set(listed).size, listed.length, `${name}: no change stands in two alerts`);
    if (own.every((a) => a.total <= 100))
      assert.deepEqual(listed.toSorted(), chosen.map((c) => c.id).toSorted(), `${name}: what its alerts list`);
  }
}

const ofKnowledge: ReadonlySet<string> = new Set<ChangeEvent['change']>([
  ...(['new', 'exploited', 'severity-up', 'severity-down', 'fix-available', 'changed', 'gone', 'withdrawn'] as const),
]);

/**
 * The changes of knowledge as a chain for each service, component and vulnerability: what was before is what the one before it left, so that
 * none is lost or told twice. What holds at its end, as `service component vulnerability severity score exploited fix`.
 */
export function chained(all: readonly KvittoEvent[]): string[] {
  const changes = all.filter((e): e is ChangeEvent => e.type === 'change' && ofKnowledge.has(e.change));
  const state = (s: ChangeEvent['after']) =>
    s === null ? null : `${s.severity} ${s.score} ${s.exploited} ${s.fixedIn}`;
  const end: string[] = [];
  const chains = Map.groupBy(changes, (c) => `${c.service} ${c.component} ${c.subject}`);
  for (const [key, chain] of chains) {
    let now: string | null = null;
    for (const [entry, together] of Map.groupBy(chain, (c) => c.entry)) {
      const [one] = together;
      assert.ok(one !== undefined);
      const kinds = together.map((c) => c.change);
      assert.equal(new Set(kinds).size, kinds.length, `${key}: entry ${entry} tells it once`);
      for (const each of together)
        assert.deepEqual([state(each.before), state(each.after)], [now, state(one.after)], `${key}: entry ${entry}`);
      now = state(one.after);
    }
    if (now !== null) end.push(`${key} ${now}`);
  }
  return end.sort();
}
