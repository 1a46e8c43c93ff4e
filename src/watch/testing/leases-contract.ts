import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forever } from '../../ledger/instant.ts';
import { Leases } from '../jobs/leases.ts';
import type { SmallLedger } from './small-ledger.ts';

const leaseMs = 10_000;
const year = 365 * 86_400_000;

/** What holds of leases on every database. `isClockOurs`: jobs are due by the clock that the test sets. */
export function leasesContract(name: string, open: () => Promise<SmallLedger>, isClockOurs: boolean): void {
  const on = (what: string, body: (stage: Stage) => Promise<void>) =>
    test(`leases on ${name}: ${what}`, async () => {
      const small = await open();
      try {
        await body(await stageOf(small));
      } finally {
        await small.close();
      }
    });

  on('a job is done by one, and again when it is due', async ({ small, a, b }) => {
    assert.equal(await a.claim('cycle'), null, 'there is none');
    await a.make('cycle', 0);
    await a.make('cycle', 99);
    const claims = await Promise.all([a.claim('cycle'), b.claim('cycle')]);
    assert.deepEqual(
      claims.filter((c) => c !== null).map((c) => ({ ...c })),
      [{ name: 'cycle', claim: 1, lastDone: null }],
    );
    const [mine, other] = claims[0] === null ? [b, a] : [a, b];
    const claim = claims[0] ?? claims[1];
    assert.ok(claim);
    assert.equal(await other.claim('cycle'), null);
    assert.equal(await other.finish(claim, 0), false, 'only who holds it');
    const now = await a.now();
    assert.equal(await mine.finish(claim, now + 60_000), true);
    assert.equal(await mine.finish(claim, now), false, 'once');
    const row = await a.look('cycle');
    assert.deepEqual([row?.owner, row?.due, row?.last_error, row?.claim], [null, now + 60_000, null, 1]);
    assert.ok((row?.last_done ?? 0) >= now && (row?.last_began ?? 0) <= now);
    assert.equal(await a.claim('cycle'), null, 'not due');
    await b.request('cycle');
    assert.deepEqual({ ...(await a.claim('cycle')) }, { name: 'cycle', claim: 2, lastDone: row?.last_done });
    small.now += 1;
  });

  on(
    'what is asked for while a job is done is not forgotten; an error is kept until it goes well',
    async ({ a, b }) => {
      await a.make('cycle', 0);
      const first = await a.claim('cycle');
      assert.ok(first);
      await b.request('cycle');
      assert.equal(await b.claim('cycle'), null);
      assert.equal(await a.finish(first, (await a.now()) + year, 'disk full'), true);
      const failed = await a.look('cycle');
      assert.deepEqual([failed?.due, failed?.last_error, failed?.last_done], [0, 'disk full', null]);
      const second = await b.claim('cycle');
      assert.ok(second);
      assert.equal(await b.finish(second, 77), true);
      const row = await a.look('cycle');
      assert.deepEqual([row?.due, row?.last_error], [77, null]);
    },
  );

  on(
    'a lease is taken over when its holder is gone, or was not renewed for its length',
    async ({ a, b, time, gone }) => {
      await a.make('sink', 0);
      const first = await a.claim('sink');
      assert.ok(first);
      assert.equal(await b.claim('sink'), null);
      time.elapsed += leaseMs - 1;
      assert.equal(await b.claim('sink'), null);
      assert.deepEqual(await a.renew(), new Map([['sink', 1]]));
      time.elapsed += 1;
      assert.equal(await b.claim('sink'), null, 'it was renewed');
      time.elapsed += leaseMs;
      const second = await b.claim('sink');
      assert.deepEqual({ ...second }, { name: 'sink', claim: 2, lastDone: null });
      assert.deepEqual(await a.renew(), new Map(), 'lost');
      assert.equal(await a.finish(first, 0), false);
      gone.add('b');
      assert.deepEqual({ ...(await a.claim('sink')) }, { name: 'sink', claim: 3, lastDone: null });
      await a.release();
      assert.equal((await a.look('sink'))?.owner, null);
      assert.equal((await b.claim('sink'))?.claim, 4);
    },
  );

  on('what a process lost sight of it takes up again, and does not renew', async ({ a, b, time }) => {
    await a.make('sink', 0);
    const first = await a.claim('sink');
    assert.ok(first);
    assert.equal(await a.claim('sink'), null, 'it is at it');
    a.drop(first);
    assert.deepEqual(await a.renew(), new Map());
    assert.equal(await b.claim('sink'), null);
    assert.deepEqual({ ...(await a.claim('sink')) }, { name: 'sink', claim: 2, lastDone: null });
    a.drop(first);
    time.elapsed += leaseMs;
    assert.equal(await b.claim('sink'), null, 'claimed anew');
    time.elapsed += leaseMs;
    assert.ok(await b.claim('sink'));
  });

  on('no clock that jumps gives a job to two, or to nobody for ever', async ({ small, a, b, time }) => {
    await a.make('cycle', 0);
    assert.ok(await a.claim('cycle'));
    for (const jump of [year, -year, -3_600_000, 3_600_000]) {
      small.now += jump;
      assert.equal(await b.claim('cycle'), null, `${jump}`);
      await a.renew();
      time.elapsed += leaseMs / 2;
      assert.equal(await b.claim('cycle'), null, `${jump}`);
    }
    small.now -= 3_600_000;
    assert.equal(await b.claim('cycle'), null);
    time.elapsed += leaseMs;
    assert.ok(await b.claim('cycle'), 'an hour back does not keep it for an hour');
  });

  if (!isClockOurs) return;

  on('a due time that a clock left far away is moved, and not one that somebody asked for', async ({ small, a }) => {
    await a.make('cycle', small.now + year);
    await a.reschedule('cycle', small.now + year, small.now + 5);
    assert.equal((await a.look('cycle'))?.due, small.now + 5);
    await a.reschedule('cycle', 1, 2);
    assert.equal((await a.look('cycle'))?.due, small.now + 5);
    assert.equal(await a.claim('cycle'), null);
    small.now += 5;
    assert.ok(await a.claim('cycle'));
    assert.equal((await a.look('cycle'))?.due, forever);
    await a.reschedule('cycle', forever, 3);
    assert.equal((await a.look('cycle'))?.due, forever);
  });
}

interface Stage {
  readonly small: SmallLedger;
  readonly a: Leases;
  readonly b: Leases;
  readonly time: { elapsed: number };
  readonly gone: Set<string>;
}

async function stageOf(small: SmallLedger): Promise<Stage> {
  const time = { elapsed: 1_000 };
  const gone = new Set<string>();
  const options = (owner: string) => ({
    ...{ owner, leaseMs, elapsed: () => time.elapsed, isGone: (who: string) => gone.has(who) },
  });
  const a = new Leases(small.ledger, options('a'));
  const b = new Leases(await small.again(), options('b'));
  return { small, a, b, time, gone };
}
