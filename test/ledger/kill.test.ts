// SIGKILL at random instants. KVITTO_KILLS=all: 1,000 on SQLite and 200 on PostgreSQL; a few without.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type PostgresServer, postgresMissing, startPostgres } from '../real/postgres.ts';
import { bundleWriter, checkTables, killMany, killServer, newTally, placeOf, type Tally } from './kills.ts';
import { newFolder, removeFolder } from './place.ts';

const all = process.env['KVITTO_KILLS'] === 'all';
const kills = all ? { sqlite: 1_000, postgres: 200 } : { sqlite: 60, postgres: 15 };
const serverKills = 5;
const lanes = 3;

const told = (tally: Tally) =>
  `${tally.kills} kills: ${tally.acknowledged} deployments acknowledged, none lost; ${tally.unsaid} recorded but not yet told; ` +
  `${tally.unpublished} times the log's files were completed; ${tally.early} times nothing had been recorded`;

describe('a ledger whose writers are killed', () => {
  const folders: string[] = [];
  const missing = postgresMissing();
  let writer = '';
  let server: PostgresServer | null = null;

  before(async () => {
    const folder = newFolder();
    folders.push(folder);
    writer = await bundleWriter(folder);
  });
  after(async () => {
    await server?.stop();
    for (const folder of folders) removeFolder(folder);
  });

  test(`${kills.sqlite} times on SQLite`, async (t) => {
    const tally = await killMany(writer, kills.sqlite, lanes, () => placeOf(null, folders));
    t.diagnostic(told(tally));
    assert.equal(tally.kills, kills.sqlite);
    assert.ok(tally.acknowledged > tally.kills, 'the writers were killed while they wrote');
  });

  test(`${kills.postgres} times on PostgreSQL`, { skip: missing ?? false }, async (t) => {
    const started = await startPostgres();
    server = started;
    const newPlace = async () => await placeOf(await started.fresh(), folders);
    const tally = await killMany(writer, kills.postgres, lanes, newPlace);
    t.diagnostic(told(tally));
    assert.equal(tally.kills, kills.postgres);
    assert.ok(tally.acknowledged > tally.kills, 'the writers were killed while they wrote');
  });

  test(`PostgreSQL itself, ${serverKills} times`, { skip: missing ?? false }, async (t) => {
    assert.ok(server !== null);
    const { kill, start, fresh } = server;
    const place = await placeOf(await fresh(), folders);
    const tally = newTally();
    for (let round = 0; round < serverKills; round++) {
      await killServer({ writer, place, tally }, round, Math.random, async () => {
        await kill();
        await start();
      });
    }
    await checkTables(place);
    t.diagnostic(told(tally));
    assert.equal(tally.kills, serverKills);
  });
});
