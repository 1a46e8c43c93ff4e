import { after, before, describe, test } from 'node:test';
import { leasesContract } from '../../src/watch/testing/leases-contract.ts';
import { smallLedger } from '../../src/watch/testing/small-ledger.ts';
import { type PostgresServer, postgresMissing, startPostgres } from '../real/postgres.ts';

const missing = postgresMissing();

if (missing !== null) test('leases on PostgreSQL', { skip: `LEFT OUT: ${missing}` });
else {
  describe('leases', () => {
    let server: PostgresServer | null = null;
    before(async () => {
      server = await startPostgres(['fsync=off']);
    });
    after(async () => await server?.stop());
    const open = async () => {
      if (server === null) throw new Error('no server');
      return await smallLedger(await server.fresh());
    };
    leasesContract('PostgreSQL', open, false);
  });
}
