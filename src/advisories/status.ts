import { statSync } from 'node:fs';
import type { SnapshotInfo } from '../model/advisory.ts';
import { CodedError } from '../model/errors.ts';
import { storePaths } from './paths.ts';
import { openFile, readSnapshot } from './store/open-file.ts';

/** What there is of a store. */
export type StoreStatus =
  | { readonly state: 'missing'; readonly file: string }
  | {
      readonly state: 'unreadable';
      readonly file: string;
      readonly message: string;
      readonly remedy: string | undefined;
    }
  | { readonly state: 'ready'; readonly file: string; readonly sizeBytes: number; readonly snapshot: SnapshotInfo };

/** Looks at the store below `home`; never throws for its condition. Rows are not read: `verifyStore` does that. */
export function storeStatus(home: string): StoreStatus {
  const file = storePaths(home).store;
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat === undefined) return { state: 'missing', file };
  try {
    const db = openFile(file);
    try {
      return { state: 'ready', file, sizeBytes: stat.size, snapshot: readSnapshot(db) };
    } finally {
      db.close();
    }
  } catch (thrown) {
    if (!(thrown instanceof CodedError)) throw thrown;
    return { state: 'unreadable', file, message: thrown.message, remedy: thrown.remedy };
  }
}
