import { after, before, describe } from 'node:test';
import { smallLedger } from '../../src/watch/testing/small-ledger.ts';
import { type PostgresServer, postgresMissing, startPostgres } from '../real/postgres.ts';
import { bulkContract } from './bulk-contract.ts';

bulkContract('SQLite', () => smallLedger());

const missing = postgresMissing();
describe('on PostgreSQL', { skip: missing ?? false }, () => {
  let server: PostgresServer | null = null;
  before(async () => {
    server = await startPostgres(['fsync=off']);
  });
  after(() => server?.stop());
  bulkContract('PostgreSQL', async () => await smallLedger((await server?.fresh()) ?? ''));
});
