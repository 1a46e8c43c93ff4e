import { after, test } from 'node:test';
import { type PostgresServer, postgresMissing, startPostgres } from '../real/postgres.ts';
import { ledgerContract } from './contract.ts';

const missing = postgresMissing();
if (missing !== null) {
  test('the ledger on PostgreSQL', (t) => t.skip(missing));
} else {
  let server: Promise<PostgresServer> | null = null;
  after(async () => await (await server)?.stop());
  ledgerContract('PostgreSQL', async () => {
    // What is tested here is not what a loss of power leaves.
    server ??= startPostgres(['fsync=off']);
    return await (await server).fresh();
  });
}
