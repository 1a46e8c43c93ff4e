// Recording and rescanning, on SQLite and on PostgreSQL.
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { type SmallLedger, smallLedger } from '../../src/watch/testing/small-ledger.ts';
import { type PostgresServer, postgresMissing, startPostgres } from '../real/postgres.ts';
import { watchContract } from './watch-contract.ts';
import { followSteps, steps } from './watch-model.ts';
import { storesContract } from './watch-stores.ts';

async function randomSteps(open: () => Promise<SmallLedger>, numRuns: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(steps, async (given) => {
      const small = await open();
      try {
        await followSteps(small, given);
      } finally {
        await small.close();
      }
    }),
    { numRuns },
  );
}

watchContract('SQLite', () => smallLedger());
storesContract('SQLite', () => smallLedger());
test('SQLite: random stores, recordings and rescans', () => randomSteps(() => smallLedger(), 12));

const missing = postgresMissing();
describe('on PostgreSQL', { skip: missing ?? false }, () => {
  let server: PostgresServer | null = null;
  before(async () => {
    server = await startPostgres(['fsync=off']);
  });
  after(() => server?.stop());
  const open = async () => await smallLedger((await server?.fresh()) ?? '');
  watchContract('PostgreSQL', open);
  storesContract('PostgreSQL', open);
  test('PostgreSQL: random stores, recordings and rescans', () => randomSteps(open, 5));
});
