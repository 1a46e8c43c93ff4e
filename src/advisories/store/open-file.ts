import { existsSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import type { FeedState, SnapshotInfo } from '../../model/advisory.ts';
import { CodedError, messageOf } from '../../model/errors.ts';
import { applicationId, formatRevision } from './format.ts';

const rebuild = 'run `kvitto db update` to build it anew';

/** A failure to read the store at `file`, with the way out. */
export function unreadable(file: string, what: string, cause?: unknown): CodedError {
  return new CodedError('store-unreadable', `the advisory store ${file} ${what}`, {
    remedy: rebuild,
    ...(cause === undefined ? {} : { cause }),
  });
}

function checkHeader(db: DatabaseSync, file: string): void {
  const pragma = (name: string) => Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0];
  if (pragma('application_id') !== applicationId) throw unreadable(file, 'is no advisory store');
  const revision = pragma('user_version');
  if (revision !== formatRevision) {
    throw unreadable(file, `has format ${String(revision)}, and this version of Kvitto reads format ${formatRevision}`);
  }
  const expected =
    Number(pragma('page_size')) * Number(db.prepare("SELECT value FROM meta WHERE key = 'pages'").get()?.['value']);
  const actual = statSync(file).size;
  if (expected !== actual) throw unreadable(file, `is damaged: it should have ${expected} bytes and has ${actual}`);
}

/** Opens a store file for reading only, and checks that it is one of this format and whole. Throws `store-unreadable`. */
export function openFile(file: string): DatabaseSync {
  if (!existsSync(file)) throw unreadable(file, 'does not exist');
  let db: DatabaseSync | undefined;
  try {
    // A store is never changed in place, only replaced, so SQLite need not look for locks or journals.
    const url = pathToFileURL(file);
    url.search = '?mode=ro&immutable=1';
    db = new DatabaseSync(url, { readOnly: true });
    checkHeader(db, file);
    return db;
  } catch (thrown) {
    db?.close();
    if (thrown instanceof CodedError) throw thrown;
    throw unreadable(file, `cannot be read: ${messageOf(thrown)}`, thrown);
  }
}

/** The feeds of an open store, sorted by id, and its digest. */
export function readSnapshot(db: DatabaseSync): SnapshotInfo {
  const digest = db.prepare("SELECT value FROM meta WHERE key = 'digest'").get()?.['value'];
  const rows = db.prepare('SELECT state FROM feed ORDER BY id').all();
  return { digest: String(digest), feeds: rows.map((row) => JSON.parse(String(row['state'])) as FeedState) };
}
