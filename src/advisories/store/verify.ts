import type { FeedState, SnapshotInfo } from '../../model/advisory.ts';
import { CodedError, messageOf } from '../../model/errors.ts';
import { rowsDigest, snapshotDigest } from './digest.ts';
import { openFile, readSnapshot, unreadable } from './open-file.ts';

/**
 * Reads every row of a store and recomputes its digest. Returns the snapshot; throws `store-unreadable` where rows and
 * digest do not agree.
 */
export function verifyStore(file: string): SnapshotInfo {
  const db = openFile(file);
  try {
    const feeds = db
      .prepare('SELECT id, state FROM feed ORDER BY id')
      .all()
      .map((row) => ({
        state: JSON.parse(String(row['state'])) as FeedState,
        rowsDigest: rowsDigest(db, String(row['id'])),
      }));
    const snapshot = readSnapshot(db);
    const actual = snapshotDigest(feeds);
    if (actual !== snapshot.digest) {
      throw unreadable(file, `is damaged: its rows have the digest ${actual}, and it says ${snapshot.digest}`);
    }
    return snapshot;
  } catch (thrown) {
    if (thrown instanceof CodedError) throw thrown;
    throw unreadable(file, `is damaged: ${messageOf(thrown)}`, thrown);
  } finally {
    db.close();
  }
}
