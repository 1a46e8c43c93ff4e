// Where the tests of the ledger keep one, and how they open it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectionKeys, projections } from '../../src/ledger/compare.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { type LedgerOptions, openLedger } from '../../src/ledger/open-ledger.ts';

/** A clock that stands still until it is set. */
export class TestClock {
  now: number;

  constructor(at: string) {
    this.now = Date.parse(at);
  }

  readonly read = (): Date => new Date(this.now);

  set(at: string): void {
    this.now = Date.parse(at);
  }
}

/** A place for one ledger: a folder, and a database where it is not in the folder. */
export interface Place {
  readonly folder: string;
  readonly databaseUrl: string | null;
}

export function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'kvitto-ledger-'));
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

export async function open(place: Place, clock: TestClock | null, more: Partial<LedgerOptions> = {}): Promise<Ledger> {
  return await openLedger({
    ...place,
    clock: clock?.read ?? (() => new Date()),
    tool: 'kvitto/0.0.0',
    name: 'kvitto test',
    waitMs: 20_000,
    mode: 'create',
    ...more,
  });
}

/** All rows of the tables that are a function of the log, in the order of their keys; tables without rows left out. */
export async function tablesOf(ledger: Ledger): Promise<Record<string, unknown[]>> {
  const tables: Record<string, unknown[]> = {};
  for (const table of projections) {
    let query = ledger.reader.selectFrom(table).selectAll();
    for (const key of projectionKeys[table]) query = query.orderBy(key as never);
    const rows = await query.execute();
    if (rows.length > 0) tables[table] = rows.map((row) => ({ ...row }));
  }
  return tables;
}
