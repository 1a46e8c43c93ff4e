// Rules and alerts, on SQLite and on PostgreSQL.
import { after, before, describe } from 'node:test';
import { smallLedger } from '../../src/watch/testing/small-ledger.ts';
import { type PostgresServer, postgresMissing, startPostgres } from '../real/postgres.ts';
import { resolvedContract } from './resolved-contract.ts';
import { rulesContract } from './rules-contract.ts';

rulesContract('SQLite', () => smallLedger());
resolvedContract('SQLite', () => smallLedger());

const missing = postgresMissing();
describe('on PostgreSQL', { skip: missing ?? false }, () => {
  let server: PostgresServer | null = null;
  before(async () => {
    server = await startPostgres(['fsync=off']);
  });
  after(() => server?.stop());
  const open = async () => await smallLedger((await server?.fresh()) ?? '');
  rulesContract('PostgreSQL', open);
  resolvedContract('PostgreSQL', open);
});
