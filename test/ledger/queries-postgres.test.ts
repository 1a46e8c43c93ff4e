import { test } from 'node:test';
import { agreesWithPlain } from '../../src/ledger/queries/testing/agree-with-plain.ts';
import { Stage } from '../../src/ledger/queries/testing/stage.ts';
import { postgresMissing, startPostgres } from '../real/postgres.ts';

const runs = Number(process.env['KVITTO_RUNS'] ?? 8);

test('on PostgreSQL, what ran, exposure and where are what a plain list of the facts says', async (t) => {
  const missing = postgresMissing();
  if (missing !== null) {
    t.skip(missing);
    return;
  }
  const server = await startPostgres(['fsync=off']);
  try {
    await agreesWithPlain(async () => await Stage.open(await server.fresh()), runs);
  } finally {
    await server.stop();
  }
});
