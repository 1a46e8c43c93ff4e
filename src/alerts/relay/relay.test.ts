import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import type { KvittoEvent } from '../../model/event.ts';
import { type SmallLedger, smallLedger } from '../../watch/testing/small-ledger.ts';
import {
  all,
  eventAt,
  later,
  options,
  recordFacts,
  refused,
  sinkThat,
  sourceOf,
  stamped,
  started,
} from '../testing/relay-stage.ts';
import { cursorName, readCursor, setCursor } from './cursors.ts';
import { relay } from './relay.ts';

/** The ids that a source gives for the entries from one on, in order. */
function idsOf(from: number, to: number, count: (entry: number) => number): string[] {
  const ids: string[] = [];
  for (let entry = from; entry < to; entry++) {
    for (let place = 0; place < count(entry); place++) ids.push(eventAt(entry, place).id);
  }
  return ids;
}

const ids = (events: readonly KvittoEvent[]) => events.map((e) => e.id);

describe('relay', () => {
  let small: SmallLedger;
  let number = 0;
  before(async () => {
    small = await smallLedger();
  });
  after(async () => await small.close());
  const record = async (count: number) => {
    await recordFacts(
      small.ledger,
      Array.from({ length: count }, (_, n) => stamped(number + n)),
    );
    number += count;
    return (await small.ledger.state()).size;
  };
  const deadOf = async (sink: string) =>
    await small.ledger.reader.selectFrom('dead_letter').selectAll().where('sink', '=', sink).orderBy('entry').execute();

  test('a new sink begins at the end of the log, and is told what comes after it, in batches', async () => {
    await record(5);
    const batches: string[][] = [];
    const sink = sinkThat(
      (events) => {
        batches.push(ids(events));
        return all(events);
      },
      { name: 'new', mostAtOnce: 4 },
    );
    const source = sourceOf(() => 3);
    const first = await relay(small.ledger, source, sink, options());
    assert.deepEqual(first, { end: 'drained', delivered: 0, dead: 0, waitMs: 0, message: null });
    const from = (await small.ledger.state()).size;
    const to = await record(3);
    const second = await relay(small.ledger, source, sink, options({ now: () => new Date(77) }));
    assert.deepEqual(second, { end: 'drained', delivered: 9, dead: 0, waitMs: 0, message: null });
    const expected = idsOf(from, to, () => 3);
    assert.deepEqual(batches, [expected.slice(0, 4), expected.slice(4, 8), expected.slice(8)]);
    assert.deepEqual(source.asked, [from, from + 1, from + 2]);
    assert.deepEqual(
      { ...(await readCursor(small.ledger.reader, 'new')) },
      {
        name: cursorName('new'),
        entry: to,
        place: 0,
        failing_since: null,
        attempts: 0,
        next_at: 0,
        error: null,
        delivered: 9,
        moved: 77,
      },
    );
    await setCursor(small.ledger, 'new', from + 2, 78);
    await relay(small.ledger, source, sink, options());
    assert.deepEqual(batches.slice(3), [expected.slice(6)]);
  });

  test('what was not confirmed is tried again from there, after what the receiver asked for', async () => {
    const answers = [later(2, 'slow down', 3_600_000), later(0), all];
    const got: string[][] = [];
    const sink = sinkThat(
      (events) => {
        got.push(ids(events));
        const answer = answers.shift() ?? all;
        return typeof answer === 'function' ? answer(events) : answer;
      },
      { name: 'again' },
    );
    const source = sourceOf(() => 4);
    await relay(small.ledger, source, sink, options());
    const from = (await small.ledger.state()).size;
    await record(1);
    const now = () => new Date(1_000);
    const first = await relay(small.ledger, source, sink, options({ now }));
    assert.deepEqual(first, { end: 'failing', delivered: 2, dead: 0, waitMs: 3_600_100, message: 'slow down' });
    const { moved: _, ...row } = { ...(await readCursor(small.ledger.reader, 'again')) };
    assert.deepEqual(row, {
      ...{ name: 'sink:again', entry: from, place: 2, failing_since: 1_000, attempts: 1, next_at: 3_601_100 },
      ...{ error: 'slow down', delivered: 2 },
    });
    // Another process, soon after: it lets the receiver alone, too.
    const soon = await relay(small.ledger, source, sink, options({ now: () => new Date(2_000), afresh: false }));
    assert.deepEqual(soon, { end: 'failing', delivered: 0, dead: 0, waitMs: 3_599_100, message: 'slow down' });
    const second = await relay(small.ledger, source, sink, options({ now: () => new Date(3_601_100), afresh: false }));
    assert.deepEqual(second, { end: 'failing', delivered: 0, dead: 0, waitMs: 100, message: 'down' });
    const third = await relay(small.ledger, source, sink, options());
    assert.deepEqual(third, { end: 'drained', delivered: 2, dead: 0, waitMs: 0, message: null });
    const expected = idsOf(from, from + 1, () => 4);
    assert.deepEqual(got, [expected, expected.slice(2), expected.slice(2)]);
    assert.deepEqual((await readCursor(small.ledger.reader, 'again'))?.attempts, 0);
  });

  test('what is refused becomes a dead letter, and the next one is delivered', async () => {
    const got: string[] = [];
    const sink = sinkThat(
      (events) => {
        const at = events.findIndex((e) => e.place === 1);
        got.push(...ids(at === -1 ? events : events.slice(0, at)));
        return at === -1 ? all(events) : refused(at, 'no such field');
      },
      { name: 'picky' },
    );
    const source = sourceOf(() => 3);
    await relay(small.ledger, source, sink, options());
    const from = (await small.ledger.state()).size;
    await record(2);
    const result = await relay(small.ledger, source, sink, options({ now: () => new Date(5) }));
    assert.deepEqual(result, { end: 'drained', delivered: 4, dead: 2, waitMs: 0, message: null });
    assert.deepEqual(
      got,
      idsOf(from, from + 2, () => 3).filter((id) => !id.endsWith('-1')),
    );
    assert.deepEqual(
      (await deadOf('picky')).map((row) => ({ ...row })),
      [from, from + 1].map((entry) => ({
        ...{ sink: 'picky', event: eventAt(entry, 1).id, entry, place: 1, reason: 'no such field', at: 5 },
      })),
    );
  });

  test('an event is given up after its time and as many attempts; a clock that jumps gives up none', async () => {
    let now = 0;
    const hour = 3_600_000;
    const sink = sinkThat(() => later(0, 'down for long'), { name: 'dead', keepTryingMs: hour });
    const source = sourceOf(() => 1);
    await relay(small.ledger, source, sink, options());
    await record(1);
    const attempt = async () => await relay(small.ledger, source, sink, options({ now: () => new Date(now) }));
    assert.equal((await attempt()).end, 'failing');
    now += 365 * 24 * hour;
    assert.equal((await attempt()).dead, 0);
    // The third attempt is as many as belong to an hour, and this one is over by the clock.
    const third = await attempt();
    assert.deepEqual(third, { end: 'drained', delivered: 0, dead: 1, waitMs: 0, message: 'down for long' });
    assert.deepEqual(
      (await deadOf('dead')).map((row) => row.reason),
      ['given up after 3 attempts in 525600 minutes: down for long'],
    );
  });

  test('a sink that throws, hangs or confirms what cannot be is tried again, and its words are not repeated', async () => {
    const from = (await small.ledger.state()).size;
    const answers: (() => never | Promise<never> | ReturnType<typeof later>)[] = [
      () => {
        throw new TypeError('the password is hunter2');
      },
      () => new Promise<never>(() => {}),
      () => later(7),
      () => ({ delivered: 0, stopped: null }),
    ];
    const messages: (string | null)[] = [];
    const sink = sinkThat((events) => (answers.shift() ?? (() => all(events)))(), { name: 'wild' });
    const source = sourceOf(() => 1);
    await relay(small.ledger, source, sink, options());
    await record(1);
    for (let tries = 0; tries < 4; tries++) {
      messages.push((await relay(small.ledger, source, sink, options({ timeoutMs: 20 }))).message);
    }
    const [threw = '', ...others] = messages;
    assert.match(threw ?? '', /^the sink broke down with TypeError at relay\.test\.ts:\d+: this is a bug in Kvitto$/);
    assert.deepEqual(others, [
      'was not delivered within 0 s',
      'the sink confirmed 7 of 1 events',
      'confirmed 0 of 1 events',
    ]);
    assert.equal((await relay(small.ledger, source, sink, options())).delivered, 1);
    assert.equal((await readCursor(small.ledger.reader, 'wild'))?.entry, from + 1);
  });

  test('alerts flow to the sinks that they name, and a batch is bounded in size', async () => {
    const alert = (entry: number, place: number): KvittoEvent =>
      eventAt(entry, place, {
        ...{ type: 'alert', send: place % 2 === 0 ? ['pager'] : ['mail'], message: 'x'.repeat(1_500_000) },
      } as Partial<KvittoEvent>);
    const batches: string[][] = [];
    const keep = (events: readonly KvittoEvent[]) => {
      batches.push(ids(events));
      return all(events);
    };
    const sink = sinkThat(keep, { name: 'pager', events: new Set() });
    const source = sourceOf((entry) => (entry === from ? 10 : 0), alert);
    await relay(small.ledger, source, sink, options());
    const from = (await small.ledger.state()).size;
    await small.ledger.append('test', async () => [{ kind: 'alert-escalated', alert: 1, send: [] }, stamped(++number)]);
    await relay(small.ledger, source, sink, options());
    const expected = [0, 2, 4, 6, 8].map((place) => eventAt(from, place).id);
    assert.deepEqual(batches, [expected.slice(0, 2), expected.slice(2, 4), expected.slice(4)]);
    // The stamp is not for it, and was not opened.
    assert.deepEqual([...new Set(source.asked)], [from]);
  });

  test('many entries without anything for the sink are passed over without being opened', async () => {
    const source = sourceOf(() => 1);
    const sink = sinkThat(all, { name: 'quiet' });
    const wide = sinkThat(all, { name: 'wide', events: new Set(['deployment', 'change']) });
    await relay(small.ledger, source, sink, options());
    await relay(small.ledger, source, wide, options());
    const from = (await small.ledger.state()).size;
    await recordFacts(
      small.ledger,
      Array.from({ length: 2_300 }, (_, n) => started(n)),
    );
    const to = await record(1);
    assert.equal((await relay(small.ledger, source, sink, options())).delivered, 1);
    assert.deepEqual(source.asked, [to - 1]);
    assert.equal((await readCursor(small.ledger.reader, 'quiet'))?.entry, to);
    const deployments = sourceOf(
      () => 1,
      (entry, place) => eventAt(entry, place, { type: 'deployment' } as Partial<KvittoEvent>),
    );
    assert.equal((await relay(small.ledger, deployments, wide, options())).delivered, to - from - 1);
  });

  test('who lost the claim, or whose cursor was set, moves nothing', async () => {
    const source = sourceOf(() => 1);
    const fence = { job: cursorName('fenced'), claim: 1 };
    const job = { due: 0, owner: 'me', lease_until: 0, claim: 1, last_began: null, last_done: null, last_error: null };
    await small.ledger.database.kysely
      .insertInto('job')
      .values({ name: fence.job, ...job })
      .execute();
    const idle = sinkThat(all, { name: 'fenced' });
    await relay(small.ledger, source, idle, options());
    const from = (await small.ledger.state()).size;
    await record(2);
    const steal = sinkThat(
      async (events) => {
        await small.ledger.database.kysely.updateTable('job').set({ claim: 2 }).where('name', '=', fence.job).execute();
        return all(events);
      },
      { name: 'fenced' },
    );
    assert.equal((await relay(small.ledger, source, steal, options({ fence }))).end, 'lost');
    assert.equal((await readCursor(small.ledger.reader, 'fenced'))?.entry, from);
    const reset = sinkThat(
      async (events) => {
        await setCursor(small.ledger, 'fenced', from + 1, 0);
        return refused(0, `${events.length}`);
      },
      { name: 'fenced' },
    );
    assert.equal((await relay(small.ledger, source, reset, options({ fence: { ...fence, claim: 2 } }))).end, 'lost');
    assert.equal((await readCursor(small.ledger.reader, 'fenced'))?.entry, from + 1);
    assert.deepEqual(await deadOf('fenced'), []);
  });

  test('what a sink keeps of a thread outlives it', async () => {
    const seen: (string | null)[] = [];
    const sink = sinkThat(
      async (events, { memory }) => {
        seen.push(await memory.get('t1'));
        await memory.set('t1', seen.length === 3 ? null : `issue ${seen.length}`);
        return all(events);
      },
      { name: 'issues', mostAtOnce: 1 },
    );
    const source = sourceOf(() => 1);
    await relay(small.ledger, source, sink, options());
    await record(4);
    await relay(small.ledger, source, sink, options());
    assert.deepEqual(seen, [null, 'issue 1', 'issue 2', null]);
  });

  test('property: whatever a receiver does, each event arrives or is a dead letter, first in order, and nothing else', async () => {
    type Fault = { readonly kind: 'all' | 'later' | 'refused' | 'throw' | 'killed'; readonly at: number };
    const fault: fc.Arbitrary<Fault> = fc.record({
      kind: fc.constantFrom('all', 'later', 'refused', 'throw', 'killed'),
      at: fc.nat(6),
    });
    let run = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fault, { maxLength: 25 }),
        fc.array(fc.nat(4), { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 1, max: 5 }),
        async (faults, counts, mostAtOnce) => {
          run += 1;
          const name = `random-${run}`;
          const got: string[] = [];
          const refusedIds: string[] = [];
          let killer = new AbortController();
          const plan = [...faults];
          const sink = sinkThat(
            (events) => {
              const { kind, at } = plan.shift() ?? { kind: 'all', at: 0 };
              const upTo = Math.min(at, events.length - 1);
              if (kind === 'all' || kind === 'killed') got.push(...ids(events));
              if (kind === 'all') return all(events);
              if (kind === 'throw') throw new Error('broken');
              if (kind === 'killed') {
                // The receiver has them, and nobody lived to note it.
                killer.abort();
                return later(0);
              }
              got.push(...ids(events.slice(0, upTo)));
              if (kind === 'later') return later(upTo);
              refusedIds.push(events[upTo]?.id ?? '');
              return refused(upTo);
            },
            { name, mostAtOnce },
          );
          const from = (await small.ledger.state()).size;
          const count = (entry: number) => counts[entry - from] ?? 0;
          const source = sourceOf(count);
          await relay(small.ledger, source, sink, options());
          const to = await record(counts.length);
          for (let tries = 0; ; tries++) {
            assert.ok(tries < 60, 'it ends');
            killer = new AbortController();
            const { end } = await relay(small.ledger, source, sink, options({ signal: killer.signal }));
            if (end === 'drained') break;
          }
          const expected = idsOf(from, to, count);
          assert.deepEqual([...new Set([...got, ...refusedIds])].sort(), expected.toSorted());
          const firsts = [...new Set(got)];
          assert.deepEqual(
            firsts,
            expected.filter((id) => firsts.includes(id)),
          );
          assert.deepEqual((await deadOf(name)).map((row) => row.event).toSorted(), [...new Set(refusedIds)].sort());
        },
      ),
      { numRuns: 40 },
    );
  });
});
