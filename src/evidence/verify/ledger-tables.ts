import { sql } from 'kysely';
import { compareProjections, structureFaults } from '../../ledger/compare.ts';
import type { Database } from '../../ledger/database/database.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { replay } from '../../ledger/replay.ts';
import { CodedError } from '../../model/errors.ts';
import type { Log } from '../../tlog/log.ts';
import { type Check, Checking } from './checks.ts';

/** Every row of the tables against those that the log gives. `file`: where these are made; null: in memory. */
export async function checkTables(ledger: Ledger, log: Log, file: string | null): Promise<Check> {
  const check = new Checking('tables', 'every row of the database follows from the log, and none is missing');
  const { place } = ledger.database;
  const { size } = await ledger.state();
  if (size !== log.size) {
    check.cannotSay(place, 'entries were being written meanwhile, or are not published yet: do it again after that');
    return check.done();
  }
  let expected: Database;
  try {
    const entries = log.entries(0, log.size);
    expected = await replay({ entries, documents: ledger.documents, ...(file !== null && { file }) });
  } catch (thrown) {
    if (!(thrown instanceof CodedError)) throw thrown;
    // What is missing or altered has been told with its place.
    check.cannotSay(place, `the tables cannot be built again: ${thrown.message}`);
    return check.done();
  }
  try {
    for (const fault of await structureFaults(ledger.database)) check.fault(place, fault);
    if (ledger.database.kind === 'sqlite') await checkSchema(ledger.database, expected, check);
    for await (const difference of compareProjections(ledger.database, expected)) {
      if ((await ledger.state()).size !== size) {
        check.cannotSay(place, 'entries were written meanwhile: do it again while nobody writes');
        return check.done();
      }
      const { table, key, what } = difference;
      const at = `${place} table ${table}, row ${key}`;
      if (what === 'changed') {
        check.fault(
          `${at}, column ${difference.column}`,
          `is ${difference.actual}; the log gives ${difference.expected}`,
        );
      } else {
        check.fault(at, what === 'missing' ? 'is missing' : 'does not follow from the log');
      }
    }
    check.looked(log.size);
  } catch (thrown) {
    // A page of the file that SQLite cannot read.
    check.fault(place, thrown instanceof Error ? thrown.message : String(thrown));
  } finally {
    await expected.close();
  }
  return check.done();
}

/** PostgreSQL keeps no text of how a table was made; its own tools tell of it. */
async function checkSchema(actual: Database, expected: Database, check: Checking): Promise<void> {
  const [is, should] = [await schemaOf(actual), await schemaOf(expected)];
  for (const name of new Set([...is.keys(), ...should.keys()])) {
    if (is.get(name) !== should.get(name)) check.fault(`${actual.place} schema of ${name}`, 'is not as it is made');
  }
}

/** How tables and indexes were made. */
async function schemaOf({ kysely }: Database): Promise<Map<string, string>> {
  const { rows } = await sql<{ name: string; type: string; table: string; text: string | null }>`SELECT name, type,
    tbl_name AS "table", sql AS text FROM sqlite_master`.execute(kysely);
  return new Map(rows.map(({ name, ...made }) => [name, JSON.stringify(made)]));
}
