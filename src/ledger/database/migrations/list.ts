import { ledgerTables } from './0001-ledger.ts';
import { alertTables } from './0002-alerts.ts';
import { rescanParts } from './0003-rescan-parts.ts';

export interface Migration {
  readonly name: string;
  readonly sql: string;
}

/** In the order in which they are applied. One that was released is never changed: its hash is held against the database's. */
export const allMigrations: readonly Migration[] = [
  { name: '0001-ledger', sql: ledgerTables },
  { name: '0002-alerts', sql: alertTables },
  { name: '0003-rescan-parts', sql: rescanParts },
];
