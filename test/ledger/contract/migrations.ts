import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { sql } from 'kysely';
import { projectionKeys } from '../../../src/ledger/compare.ts';
import { columns } from '../../../src/ledger/database/columns.ts';
import { isMigrated, migrate } from '../../../src/ledger/database/migrate.ts';
import { allMigrations } from '../../../src/ledger/database/migrations/list.ts';
import type { NewPlace } from '../contract.ts';
import { open, TestClock } from '../place.ts';

const clock = new TestClock('2026-01-01T00:00:00Z');

export function migrationTests(newPlace: NewPlace): void {
  describe('migrations', () => {
    test('tables have the columns and keys that the code believes, whoever opens first', async () => {
      const place = await newPlace();
      const ledgers = await Promise.all([1, 2, 3, 4].map(() => open(place, clock)));
      const [ledger] = ledgers;
      assert.ok(ledger !== undefined);
      const { database, reader } = ledger;
      assert.equal((await ledger.state()).size, 1);
      await migrate(database, clock.read());
      assert.equal(await isMigrated(database), true);
      assert.equal((await reader.selectFrom('migration').selectAll().execute()).length, allMigrations.length);
      const found: Record<string, string[]> = {};
      const keys: Record<string, string[]> = {};
      for (const table of Object.keys(columns)) {
        const rows =
          database.kind === 'sqlite'
            ? (
                await sql<{
                  name: string;
                  pk: number;
                }>`SELECT name, pk FROM pragma_table_info(${table}) ORDER BY cid`.execute(reader)
              ).rows
            : (
                await sql<{ name: string; pk: number }>`SELECT a.attname AS name,
                    coalesce(array_position(i.indkey::int2[], a.attnum) + 1, 0) AS pk
                  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
                  LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
                  WHERE c.oid = to_regclass(${table}) AND a.attnum > 0 ORDER BY a.attnum`.execute(reader)
              ).rows;
        found[table] = rows.map((r) => r.name);
        const key = rows.filter((r) => r.pk > 0).sort((a, b) => a.pk - b.pk);
        if (Object.hasOwn(projectionKeys, table)) keys[table] = key.map((r) => r.name);
      }
      const expected = Object.entries(columns).map(([table, list]) => [table, Object.keys(list)]);
      assert.deepEqual(found, Object.fromEntries(expected));
      // The tables that grow most have a smaller index on PostgreSQL than that of a key.
      const keyless = database.kind === 'sqlite' ? {} : { outbox: [], period: [] };
      assert.deepEqual(keys, { ...projectionKeys, ...keyless });
      for (const each of ledgers) await each.close();
    });

    test('a database of a newer version, or of something else, is refused; one of an older is brought up to date', async () => {
      const place = await newPlace();
      const ledger = await open(place, clock);
      const { database, reader } = ledger;
      const next = [...allMigrations, { name: '0002-more', sql: 'CREATE TABLE more (id KEY, note TEXT NOT NULL);\n' }];
      assert.equal(await isMigrated(database, next), false);
      await migrate(database, clock.read(), next);
      assert.equal(await isMigrated(database, next), true);
      await sql`INSERT INTO more (id, note) VALUES (1, 'x')`.execute(reader);
      await assert.rejects(open(place, clock), {
        code: 'ledger-unreadable',
        message: `${database.place} was written by a newer version of Kvitto`,
      });
      await sql`DELETE FROM migration WHERE id > ${allMigrations.length}`.execute(reader);
      await sql`UPDATE migration SET hash = ${'0'.repeat(64)} WHERE id = 1`.execute(reader);
      await assert.rejects(open(place, clock, { mode: 'read' }), {
        code: 'ledger-unreadable',
        message: `${database.place}: migration 0001-ledger is not the one known here as 0001-ledger`,
      });
      await ledger.close();
    });

    test('a step that fails leaves nothing of itself', async () => {
      const place = await newPlace();
      const ledger = await open(place, clock);
      const { database } = ledger;
      const broken = [
        ...allMigrations,
        { name: '0002', sql: 'CREATE TABLE more (id KEY);\nINSERT INTO nowhere VALUES (1);\n' },
      ];
      await assert.rejects(migrate(database, clock.read(), broken), /nowhere/);
      assert.equal(await isMigrated(database), true);
      await assert.rejects(sql`SELECT * FROM more`.execute(ledger.reader), /more/);
      await ledger.close();
    });

    test('reading changes nothing and makes nothing', async () => {
      const place = await newPlace();
      await assert.rejects(open(place, clock, { mode: 'read' }), { code: 'ledger-missing' });
      await assert.rejects(open(place, clock, { mode: 'write' }), { code: 'ledger-missing' });
      const ledger = await open(place, clock);
      await ledger.publish();
      const state = await ledger.state();
      const reading = await open(place, clock, { mode: 'read' });
      assert.deepEqual(await reading.state(), state);
      await reading.close();
      await ledger.close();
    });
  });
}
