import { ledgerTables } from './0001-ledger.ts';

/** In the order in which they are applied. One that was released is never changed: its hash is held against the database's. */
export const allMigrations: readonly { readonly name: string; readonly sql: string }[] = [
  { name: '0001-ledger', sql: ledgerTables },
];
