import { writeBeside } from '../../ledger/beside.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { ThreadMemory } from '../sink.ts';

const longestValue = 2_000;

/** What a sink keeps of threads, in the ledger's database: written at once, and read again by whoever serves the sink next. */
export function threadMemory(ledger: Ledger, sink: string): ThreadMemory {
  return {
    async get(thread) {
      const row = await ledger.reader
        .selectFrom('thread_memory')
        .select('value')
        .where('sink', '=', sink)
        .where('thread', '=', thread)
        .executeTakeFirst();
      return row?.value ?? null;
    },
    async set(thread, value) {
      if (value !== null && value.length > longestValue) {
        throw new TypeError(`${sink} keeps more than ${longestValue} characters of a thread`);
      }
      await writeBeside(ledger, async (tx) => {
        if (value === null) {
          await tx.deleteFrom('thread_memory').where('sink', '=', sink).where('thread', '=', thread).execute();
          return;
        }
        await tx
          .insertInto('thread_memory')
          .values({ sink, thread, value })
          .onConflict((conflict) => conflict.columns(['sink', 'thread']).doUpdateSet({ value }))
          .execute();
      });
    },
  };
}
