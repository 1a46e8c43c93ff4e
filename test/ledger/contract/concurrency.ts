import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { sql } from 'kysely';
import { allEntries } from '../../../src/ledger/all-entries.ts';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import { openLogFiles } from '../../../src/ledger/publish.ts';
import { deploy } from '../../../src/ledger/record/deploy.ts';
import { CodedError } from '../../../src/model/errors.ts';
import type { NewPlace } from '../contract.ts';
import { open } from '../place.ts';
import { deployRequest } from '../samples.ts';

const execute = promisify(execFile);
const writer = join(import.meta.dirname, '..', 'writer.ts');
const [writers, each] = [8, 20];

/** Index and change of each deployment in the log. */
async function changesOf(ledger: Ledger): Promise<string[]> {
  await ledger.publish();
  const found: string[] = [];
  let index = 0;
  for await (const bytes of allEntries(await openLogFiles(ledger.parts), ledger.reader)) {
    if (index > 0) found.push(`${index} ${JSON.parse(Buffer.from(bytes).toString()).change}`);
    index += 1;
  }
  return found;
}

export function concurrencyTests(newPlace: NewPlace): void {
  describe('writers at once', () => {
    test(`${writers} processes write ${each} deployments each, and publish: indexes have no gap and no fact is lost`, async () => {
      const place = await newPlace();
      const ran = Array.from({ length: writers }, (_, i) =>
        execute(process.execPath, [writer, JSON.stringify({ ...place, name: `w${i}`, count: each, publishEach: 7 })]),
      );
      const told = (await Promise.all(ran)).flatMap(({ stdout }) => stdout.trim().split('\n'));
      assert.equal(told.length, writers * each);
      const ledger = await open(place, null);
      await ledger.publish();
      const log = await openLogFiles(ledger.parts);
      const found: string[] = [];
      const times: string[] = [];
      for await (const bytes of allEntries(log, ledger.reader)) {
        const entry = JSON.parse(Buffer.from(bytes).toString());
        times.push(entry.recorded);
        if (times.length > 1) found.push(`${times.length - 1} ${entry.service} ${entry.change}`);
      }
      assert.deepEqual(found.toSorted(), told.toSorted());
      assert.deepEqual(times, times.toSorted());
      assert.equal((await ledger.state()).published_size, 1 + writers * each);
      await ledger.close();
    });

    test('whoever waits too long is told for whom', async () => {
      const place = await newPlace();
      await using stack = new AsyncDisposableStack();
      const first = stack.adopt(await open(place, null, { name: 'kvitto watch' }), (l) => l.close());
      const second = stack.adopt(await open(place, null, { name: 'kvitto deploy', waitMs: 100 }), (l) => l.close());
      const inside = Promise.withResolvers<void>();
      const done = Promise.withResolvers<void>();
      const slow = first.append('ops', async () => {
        inside.resolve();
        await done.promise;
        return [];
      });
      await inside.promise;
      await assert.rejects(deploy(second, deployRequest()), (thrown: Error & { code?: string; remedy?: string }) => {
        assert.equal(thrown.code, 'store-busy');
        assert.match(thrown.message, /^the ledger is being changed by .*/);
        assert.ok(thrown.message.includes('kvitto watch') && thrown.message.includes(`process ${process.pid}`));
        assert.equal(thrown.remedy, 'wait until it is done, or end that process');
        return true;
      });
      done.resolve();
      await slow;
      assert.equal((await deploy(second, deployRequest())).deployment, 1);
    });

    test('callers at once share a transaction: each builds on what those before it left, and what is refused leaves nothing', async () => {
      const place = await newPlace();
      await using stack = new AsyncDisposableStack();
      const ledger = stack.adopt(await open(place, null), (l) => l.close());
      const seen: (readonly number[])[] = [];
      const told = await Promise.allSettled([
        ...[1, 2, 3].map((n) => deploy(ledger, deployRequest({ change: `a${n}` }))),
        deploy(ledger, deployRequest({ change: 'ahead', at: Date.parse('2100-01-01T00:00:00Z') })),
        ledger.append('ci', async ({ tx, index }) => {
          const rows = await tx.selectFrom('deployment').select('id').orderBy('id').execute();
          seen.push([index, ...rows.map((r) => r.id)]);
          return [];
        }),
        ledger.append('ci', async () => {
          throw new CodedError('usage', 'refused');
        }),
        deploy(ledger, deployRequest({ change: 'a4' })),
      ]);
      assert.deepEqual(
        told.map((t) => {
          if (t.status === 'rejected') return t.reason.message;
          return 'fact' in t.value ? [t.value.deployment, t.value.fact.change, t.value.fact.replaces] : t.value.first;
        }),
        [
          [1, 'a1', []],
          [2, 'a2', [1]],
          [3, 'a3', [2]],
          '--at 2100-01-01T00:00:00.000Z lies in the future',
          4,
          'refused',
          [4, 'a4', [3]],
        ],
      );
      assert.deepEqual(seen, [[4, 1, 2, 3]]);
      assert.deepEqual(await changesOf(ledger), ['1 a1', '2 a2', '3 a3', '4 a4']);
    });

    test('where a shared transaction fails, each caller is done again alone', async () => {
      const place = await newPlace();
      await using stack = new AsyncDisposableStack();
      const ledger = stack.adopt(await open(place, null), (l) => l.close());
      let calls = 0;
      const told = await Promise.allSettled([
        deploy(ledger, deployRequest({ change: 'a1' })),
        deploy(ledger, deployRequest({ change: 'a2' })),
        deploy(ledger, deployRequest({ change: 'x'.repeat(70_000) })),
        ledger.append('ci', async ({ tx }) => {
          calls += 1;
          await sql`SELEKT`.execute(tx);
          return [];
        }),
        deploy(ledger, deployRequest({ change: 'a3' })),
      ]);
      assert.deepEqual(
        told.map((t) =>
          t.status === 'rejected' ? (t.reason.code ?? '').replace(/^(?:42601|ERR_SQLITE_ERROR)$/, 'sql') : 'done',
        ),
        ['done', 'done', 'limit-exceeded', 'sql', 'done'],
      );
      assert.equal(calls, 1);
      assert.deepEqual(await changesOf(ledger), ['1 a1', '2 a2', '3 a3']);
      await assert.rejects(
        ledger.append('ci', async () => {
          await deploy(ledger, deployRequest());
          return [];
        }),
        new TypeError('an append inside an append'),
      );
    });

    test('two that publish at once publish each entry once', async () => {
      const place = await newPlace();
      const ledgers = await Promise.all([open(place, null), open(place, null)]);
      const work = ledgers.map(async (ledger, i) => {
        for (let n = 0; n < 20; n++) {
          await deploy(ledger, deployRequest({ service: `s${i}` }));
          await ledger.publish();
        }
      });
      await Promise.all(work);
      assert.deepEqual((await ledgers[0]?.state())?.published_size, 41);
      for (const ledger of ledgers) await ledger.close();
    });
  });
}
