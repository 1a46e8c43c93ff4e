// What a pass in parts must do, on any database.
import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { claim, newWorker, openBulk } from '../../src/watch/bulk/rows.ts';
import { workPart } from '../../src/watch/bulk/work-part.ts';
import { helpRescan, rescan } from '../../src/watch/rescan.ts';
import { standingAlone } from '../../src/watch/standing.ts';
import { dayOf, type SmallLedger } from '../../src/watch/testing/small-ledger.ts';
import { testsOn } from '../ledger/watch-stage.ts';
import { agreesWithLog, contentOf, expected, knownNow, recordAll, replayed, storeOfDay, tiny } from './bulk-stage.ts';

const whole = { components: 1_000, changes: 100_000, changesAlone: 100_000 };

/** Of the days on which no version is odd, all is known. */
const undecidable = (line: string) => /CVE-2026-4\d{3}/.test(line);

export function bulkContract(database: string, open: () => Promise<SmallLedger>): void {
  const on = testsOn(database, open);

  on('a pass in parts leaves what one in one entry leaves, and tells the same', async (small) => {
    const other = await open();
    try {
      for (const each of [small, other]) await recordAll(each, storeOfDay(0));
      for (const day of [1, 2, 3, 4, 5]) {
        const of = storeOfDay(day);
        small.now = dayOf(day);
        other.now = dayOf(day);
        const [parted, alone] = [
          await rescan(small.ledger, of, 'watch', { size: tiny, maxFeedAgeMs: null }),
          await rescan(other.ledger, of, 'watch', { size: whole, maxFeedAgeMs: null }),
        ];
        assert.deepEqual(await contentOf(small.ledger), await contentOf(other.ledger), `day ${day}`);
        const told = ({ rescanned: { documents, ...rest }, changes, problems, expired, feeds }: typeof parted) => {
          assert.ok(documents.length > 0);
          return { rest, changes, problems, expired, feeds };
        };
        assert.deepEqual(told(parted), told(alone));
        const count = ({ entries: [first, last] }: typeof parted) => last - first + 1;
        assert.ok(count(parted) > 10, `${count(parted)} entries`);
        // The snapshot, and the pass.
        assert.deepEqual([count(alone), alone.appended.count], [2, 2]);
        for (const { ledger } of [small, other]) {
          const { rescanned } = await rescan(ledger, of, 'watch', { size: whole, maxFeedAgeMs: null });
          assert.deepEqual([rescanned.opened, rescanned.closed], [0, 0]);
        }
      }
      await agreesWithLog(small.ledger);
      await replayed(small.ledger);
    } finally {
      await other.close();
    }
  });

  on('many share a pass: every change once', async (small) => {
    await recordAll(small, null);
    const handles = [small.ledger, await small.again(), await small.again(), await small.again()];
    for (const day of [0, 1, 3]) {
      small.now = dayOf(day);
      const of = storeOfDay(day);
      const all = await Promise.all(
        handles.map((ledger) => rescan(ledger, of, 'watch', { size: tiny, maxFeedAgeMs: null })),
      );
      const known = await small.known();
      assert.deepEqual((await knownNow(small)).filter((l) => !undecidable(l)).length, known.length);
      const open = (await knownNow(small)).map((line) => line.split(' ').slice(0, 2).join(' '));
      assert.deepEqual(await replayed(small.ledger), open.sort());
      for (const line of expected(of)) assert.ok((await knownNow(small)).includes(line), line);
      for (const { rescanned } of all) assert.equal(rescanned.part, null);
    }
    await agreesWithLog(small.ledger);
  });

  on('who records and deploys in the middle is not undone, and undoes nothing', async (small) => {
    const [older, newer] = [storeOfDay(0), storeOfDay(1)];
    await recordAll(small, older);
    small.now = dayOf(1);
    const other = await small.again();
    const passes = Promise.all([
      rescan(small.ledger, newer, 'watch', { size: tiny, maxFeedAgeMs: null }),
      rescan(other, newer, 'watch', { size: tiny, maxFeedAgeMs: null }),
    ]);
    for (let n = 0; n < 6; n += 1) {
      const fresh = [`pkg:npm/n${n}@2.5.${n}`, `pkg:npm/n${n + 6}@3.5.${n}`, `pkg:npm/n${n}@1.0.0`];
      await small.record(`new-${n}`, fresh, n % 3 === 0 ? older : n % 3 === 1 ? newer : null);
      await small.deploy(`service-${n}`, `new-${n}`);
    }
    await passes;
    await rescan(small.ledger, newer, 'watch', { size: tiny, maxFeedAgeMs: null });
    const known = await knownNow(small);
    for (const line of expected(newer)) assert.ok(known.includes(line), line);
    const open = known.map((line) => line.split(' ').slice(0, 2).join(' ')).sort();
    assert.deepEqual(await replayed(small.ledger), open);
    await agreesWithLog(small.ledger);
    // What was recorded anew is known as what was there: nothing is left to do.
    const last = await rescan(small.ledger, newer, 'watch', { full: true, maxFeedAgeMs: null });
    assert.deepEqual([last.rescanned.opened, last.rescanned.closed], [0, 0]);
  });

  on('a part whose worker is silent is taken over, and it may come back too late', async (small) => {
    await recordAll(small, null);
    const of = storeOfDay(0);
    const other = await small.again();
    // Begins the pass and goes away.
    const gone = new AbortController();
    const begun = rescan(other, of, 'watch', { size: tiny, maxFeedAgeMs: null, signal: gone.signal });
    gone.abort(new Error('gone'));
    await assert.rejects(begun, /gone/);
    const bulk = (await openBulk(small.ledger.reader))?.bulk ?? -1;
    // Of another machine: nobody can tell whether it lives.
    const silent = await claim(small.ledger, bulk, {
      worker: '1@elsewhere/1',
      leaseMs: 400,
      parts: true,
      finish: false,
    });
    assert.equal(silent?.part, 0);
    assert.equal(
      (await claim(small.ledger, bulk, { worker: newWorker(), leaseMs: 400, parts: true, finish: true }))?.part,
      1,
    );
    const done = await rescan(small.ledger, of, 'watch', { size: tiny, maxFeedAgeMs: null });
    assert.equal(done.rescanned.opened, expected(of).length);
    assert.equal(await helpRescan(other, of, 'watch'), 0);
    const { size } = await small.ledger.state();
    const standing = standingAlone(of);
    const late = { ledger: other, actor: 'watch', store: of, standing, full: false, leaseMs: 400, size: tiny };
    await workPart(late, silent, null);
    assert.equal((await small.ledger.state()).size, size);
    assert.equal(await openBulk(small.ledger.reader), null);
    await agreesWithLog(small.ledger);
  });

  on('a newer store takes the place of a pass that is under way', async (small) => {
    await recordAll(small, null);
    const gone = new AbortController();
    const begun = rescan(small.ledger, storeOfDay(0), 'watch', { size: tiny, maxFeedAgeMs: null, signal: gone.signal });
    gone.abort(new Error('gone'));
    await assert.rejects(begun, /gone/);
    await helpRescan(small.ledger, storeOfDay(0), 'watch', { size: tiny, most: 2 });
    small.now = dayOf(1);
    const newer = storeOfDay(1);
    await rescan(small.ledger, newer, 'watch', { size: tiny, maxFeedAgeMs: null });
    const known = await knownNow(small);
    for (const line of expected(newer)) assert.ok(known.includes(line), line);
    await assert.rejects(rescan(small.ledger, storeOfDay(0), 'watch', { size: tiny }), { code: 'usage' });
    const { rows } = await sql<{ n: number }>`SELECT count(*) AS n FROM rescan_part WHERE done = 0`.execute(
      small.ledger.reader,
    );
    assert.equal(Number(rows[0]?.n), 0);
    await agreesWithLog(small.ledger);
  });
}
