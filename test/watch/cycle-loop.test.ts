// When cycles run, by a clock that the test sets: also one that jumps.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { defaultAlertConfig } from '../../src/alerts/config/parse-config.ts';
import { CycleLoop } from '../../src/cli/commands/watch/cycle-loop.ts';
import type { Journal } from '../../src/cli/commands/watch/journal.ts';
import type { Office } from '../../src/cli/commands/watch/office.ts';
import { Wake } from '../../src/cli/commands/watch/wake.ts';
import { beat, lastSeen, sweep } from '../../src/cli/commands/watch/watchman.ts';
import { Leases } from '../../src/watch/jobs/leases.ts';
import { cronSchedule } from '../../src/watch/jobs/schedule.ts';
import { type SmallLedger, smallLedger } from '../../src/watch/testing/small-ledger.ts';
import { scratch } from '../real/parts.ts';

const minute = 60_000;
const year = 365 * 24 * 60 * minute;

interface Stage {
  readonly small: SmallLedger;
  readonly loop: CycleLoop;
  readonly office: Office;
  readonly told: string[];
  /** Lets the loop look once, and says how many cycles it has run in all. */
  look(): Promise<number>;
}

async function withStage(body: (stage: Stage) => Promise<void>, silentSince: number | null = null): Promise<void> {
  const small = await smallLedger();
  const told: string[] = [];
  const ending = new AbortController();
  const tell = (level: string) => (event: string, message: string) => told.push(`${level} ${event}: ${message}`);
  const journal: Journal = { info: tell('info'), warn: tell('warn'), error: tell('error') };
  const leases = new Leases(small.ledger, { owner: 'this', leaseMs: 30_000, isGone: () => false });
  const asked = new Wake();
  const office: Office = {
    ...{ ledger: small.ledger, config: defaultAlertConfig, leases, journal, tool: 'kvitto/0.0.0', actor: 'watch' },
    ...{ home: scratch('cycle'), signal: ending.signal, news: new Wake(), asked },
    schedule: cronSchedule({ schedule: '*/30 * * * *', timezone: 'UTC', jitterMs: 0, key: 'schedule' }),
  };
  const loop = new CycleLoop(office, { base: null, entry: null, noUpdate: true }, silentSince);
  const look = async () => {
    const turn = loop.turn();
    // It waits for a second where nothing is due: no need to.
    await pause(20);
    asked.wake();
    await turn;
    return told.filter((line) => / cycle: /.test(line)).length;
  };
  try {
    await body({ small, loop, office, told, look });
  } finally {
    ending.abort();
    await small.close();
  }
}

test('a cycle runs at once the first time, then by the schedule, and what was missed is made up for once', async () => {
  await withStage(async ({ small, look, office }) => {
    assert.equal(await look(), 1);
    assert.equal(await look(), 1);
    assert.equal((await office.leases.look('cycle'))?.due, small.now + 30 * minute);
    small.now += 30 * minute - 1;
    assert.equal(await look(), 1);
    small.now += 1;
    assert.equal(await look(), 2);
    small.now += 10 * 24 * 60 * minute;
    assert.equal(await look(), 3);
    assert.equal(await look(), 3);
    await office.leases.request('cycle');
    assert.equal(await look(), 4);
  });
});

test('a clock that goes a year ahead and back, or back by an hour, stops nothing', async () => {
  await withStage(async ({ small, look, office }) => {
    assert.equal(await look(), 1);
    small.now += year;
    assert.equal(await look(), 2);
    small.now -= year - 5 * minute;
    assert.equal(await look(), 2);
    small.now += 25 * minute;
    assert.equal(await look(), 3, 'by the schedule, not in a year');
    small.now -= 60 * minute;
    assert.equal(await look(), 3);
    assert.equal((await office.leases.look('cycle'))?.due, small.now + 30 * minute);
    small.now += 30 * minute;
    assert.equal(await look(), 4);
  });
});

test('a cycle that fails is told, kept and tried again soon, and a bug with its stack', async () => {
  await withStage(async ({ small, loop, look, office, told }) => {
    const real = office.ledger.append;
    office.ledger.append = () => Promise.reject(new TypeError('broken'));
    assert.equal(await look(), 1);
    assert.match(told[0] ?? '', /^error cycle: this is a bug, please report it with the stack: broken$/);
    const failed = await office.leases.look('cycle');
    assert.deepEqual([failed?.last_error, failed?.last_done, failed?.due], ['a bug: broken', null, small.now + 15_000]);
    office.ledger.append = real;
    assert.deepEqual(await loop.run(), { end: 'not-due' });
    small.now += 15_000;
    assert.equal(await look(), 2);
    const done = await office.leases.look('cycle');
    assert.deepEqual([done?.last_error, done?.last_done], [null, small.now]);
  });
});

test('a time in which nobody watched is recorded once, and is over with the next cycle', async () => {
  const since = Date.parse('2025-12-30T00:00:00Z');
  await withStage(async ({ small, look }) => {
    const conditions = async () =>
      (await small.ledger.reader.selectFrom('condition').selectAll().where('what', '=', 'watch-silent').execute()).map(
        (c) => [c.level, c.known_to < year * 100],
      );
    await look();
    assert.deepEqual(await conditions(), [['2025-12-30T00:00:00.000Z', false]]);
    small.now += 30 * minute;
    await look();
    assert.deepEqual(await conditions(), [['2025-12-30T00:00:00.000Z', true]]);
  }, since);
});

test('a process leaves a heartbeat; those of processes that ended long ago are removed, but for the newest', async () => {
  await withStage(async ({ small, office }) => {
    const { ledger, leases } = office;
    assert.equal(await lastSeen(ledger), null);
    const row = { due: 0, owner: null, lease_until: 0, claim: 0, last_began: 0, last_error: null };
    const days = 24 * 60 * minute;
    for (const [name, ago] of [
      ['watch:a-1', 9],
      ['watch:a-2', 5],
      ['sink:x', 90],
    ] as const) {
      await ledger.database.kysely
        .insertInto('job')
        .values({ name, ...row, last_done: small.now - ago * days })
        .execute();
    }
    assert.equal(await lastSeen(ledger), small.now - 5 * days);
    const names = async () =>
      (await ledger.reader.selectFrom('job').select('name').orderBy('name').execute()).map((j) =>
        j.name.replace(`-${process.pid}`, '-this').replace(/^watch:.*-this$/, 'this'),
      );
    await sweep(ledger, leases);
    assert.deepEqual(await names(), ['sink:x', 'watch:a-2']);
    await beat(ledger, leases);
    small.now += 1;
    await beat(ledger, leases);
    assert.equal(await lastSeen(ledger), small.now);
    await sweep(ledger, leases);
    assert.deepEqual(await names(), ['sink:x', 'this']);
  });
});
