import { sql } from 'kysely';
import { CodedError } from '../model/errors.ts';
import { leafHash } from '../tlog/hash.ts';
import { type Log, openLog } from '../tlog/log.ts';
import { parseVkey } from '../tlog/note.ts';
import { openKeyFile } from '../tlog/signer.ts';
import { fileStorage } from '../tlog/storage/files.ts';
import type { Reader } from './database/database.ts';
import type { LedgerRow, PendingRow } from './database/tables.ts';
import { decodeEntry } from './encode-entry.ts';

import type { KeyRotated } from './fact.ts';
import { readPublicKeys, settleRotation } from './keys.ts';
import type { LedgerParts } from './parts.ts';

/** Entries that are brought into the files together. */
const mostAtOnce = 10_000;

/** The log's files of a ledger. */
export async function openLogFiles({
  paths,
  origin,
  keys,
}: Pick<LedgerParts, 'paths' | 'origin' | 'keys'>): Promise<Log> {
  return await openLog({ storage: fileStorage(paths.log), origin, verifiers: keys.map(parseVkey) });
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

/** What is told when the database and the log's files do not belong together. */
function inconsistent(parts: Pick<LedgerParts, 'paths' | 'database'>, what: string): CodedError {
  return new CodedError('ledger-inconsistent', `the ledger in ${parts.paths.folder}: ${what}`, {
    remedy:
      'nothing was written. If one of the two was restored from a backup, restore the other of the same time, or run: kvitto repair (it keeps what can be kept and writes down what was lost)',
  });
}

async function pendingFrom(reader: Reader, from: number, to: number): Promise<PendingRow[]> {
  return await reader
    .selectFrom('pending')
    .selectAll()
    .where('id', '>=', from)
    .where('id', '<', to)
    .orderBy('id')
    .limit(mostAtOnce)
    .execute();
}

/** Throws `ledger-inconsistent` for the database of another ledger. */
export function checkOrigin(parts: Pick<LedgerParts, 'paths' | 'database' | 'origin'>, { origin }: LedgerRow): void {
  if (origin === '' || origin === parts.origin) return;
  const { folder } = parts.paths;
  throw new CodedError(
    'ledger-inconsistent',
    `${parts.database.place} belongs to another ledger, ${origin}; the one in ${folder} is ${parts.origin}`,
    {
      remedy:
        'nothing was written. Set DATABASE_URL to the database of this ledger, or name the other folder with --ledger',
    },
  );
}

/**
 * Holds the log's files against the database. Between the two there may only be what a killed process leaves: entries that are
 * committed and not yet in the files, or in the files and not yet ticked off. Anything else means that one of them was
 * restored from a backup, or altered. Throws `ledger-inconsistent`. `log` and `state` must be of one moment.
 */
export async function checkAgreement(
  parts: Pick<LedgerParts, 'paths' | 'database' | 'origin'>,
  log: Log,
  state: LedgerRow,
): Promise<void> {
  const { published_size: published, size } = state;
  checkOrigin(parts, state);
  if (log.size < published) {
    const lost = `the log's files end at entry ${log.size}, but the database knows that ${published} were in them`;
    throw inconsistent(parts, `${lost}: ${published - log.size} entries of the log are missing`);
  }
  if (log.size > size) {
    const lost = `the log's files hold ${log.size} entries, but the database only ${size}`;
    throw inconsistent(parts, `${lost}: the database lacks ${log.size - size} facts that were recorded`);
  }
  if (published > 0 && hex(await log.rootAt(published)) !== state.published_root) {
    throw inconsistent(parts, `the first ${published} entries of the log's files are not those of the database`);
  }
  const pending = await pendingFrom(parts.database.kysely, published, size);
  for (const { id, bytes } of pending) {
    if (id >= log.size) break;
    if (hex(leafHash(await log.entry(id))) === hex(leafHash(bytes))) continue;
    throw inconsistent(parts, `entry ${id} of the log's files is not the one that the database recorded`);
  }
}

/** The last entry of the first `size` that put another key in the place of the log's; null where there was none. */
export async function lastRotation(
  parts: Pick<LedgerParts, 'database' | 'paths' | 'origin'>,
  size = Number.MAX_SAFE_INTEGER,
): Promise<KeyRotated | null> {
  const reader = parts.database.kysely;
  const row = await reader
    .selectFrom('outbox')
    .select('entry')
    .where('kind', '=', 'key-rotated')
    .where('entry', '<', size)
    .orderBy('entry', 'desc')
    .executeTakeFirst();
  if (row === undefined) return null;
  const pending = await reader.selectFrom('pending').select('bytes').where('id', '=', row.entry).executeTakeFirst();
  const keys = readPublicKeys(parts.paths);
  const bytes = pending?.bytes ?? (await (await openLogFiles({ ...parts, keys })).entry(row.entry));
  const entry = decodeEntry(bytes, row.entry);
  return entry.kind === 'key-rotated' ? entry : null;
}

/** How far the log has come, as the database knows it. Throws `ledger-unreadable` where it knows nothing. */
export async function stateOf({ kysely, place }: LedgerParts['database']): Promise<LedgerRow> {
  const state = await kysely.selectFrom('ledger').selectAll().executeTakeFirst();
  if (state !== undefined) return state;
  throw new CodedError('ledger-unreadable', `${place} holds no ledger: its table "ledger" is empty`, {
    remedy: 'restore it from a backup; kvitto repair then brings back what the log holds beyond it',
  });
}

const mostTries = 50;
/** From so many entries on, the room that they leave is freed at once. */
const vacuumFrom = 500;

/** The log's files and the database's state as they are at one moment, also while others append and publish. */
export async function openAgreeing(parts: LedgerParts): Promise<{ readonly log: Log; readonly state: LedgerRow }> {
  const read = () => stateOf(parts.database);
  let before = await read();
  for (let tries = 1; ; tries++) {
    const log = await openLogFiles(parts);
    const state = await read();
    // Files are written before the database ticks them off: where it ticked nothing off meanwhile, the two belong together.
    if (before.published_size === state.published_size || tries === mostTries) {
      await checkAgreement(parts, log, state);
      return { log, state };
    }
    before = state;
  }
}

/** Brings committed entries into the log's files. The caller holds the folder. */
export async function publishPending(opened: LedgerParts): Promise<string> {
  if (opened.signer === null) throw new TypeError('a ledger that was opened for reading does not publish');
  const { paths, origin } = opened;
  const reader = opened.database.kysely;
  const state = await stateOf(opened.database);
  // Another process may have rotated the key: what covers the entry that says so is signed by the new one, and nothing before
  // it. So neither a rotation nor an entry counts that is committed from here on.
  await settleRotation(paths, origin, () => lastRotation(opened, state.size));
  const signer = await openKeyFile(paths.key, origin);
  const parts = { ...opened, keys: readPublicKeys(paths) };
  const log = await openLogFiles(parts);
  await checkAgreement(parts, log, state);
  let published = state.published_size;
  while (published < state.size) {
    const pending = await pendingFrom(reader, published, state.size);
    const next = published + pending.length;
    if (pending.length === 0 || pending[0]?.id !== published || pending.at(-1)?.id !== next - 1) {
      throw inconsistent(parts, `the database lacks entry ${published} or one that follows, which it recorded`);
    }
    await log.publish(
      pending.filter((p) => p.id >= log.size).map((p) => p.bytes),
      signer,
    );
    const root = hex(log.root);
    await reader.transaction().execute(async (tx) => {
      await tx.deleteFrom('pending').where('id', '<', next).execute();
      await tx.updateTable('ledger').set({ published_size: next, published_root: root }).execute();
    });
    published = next;
    // PostgreSQL frees the room of rows by itself, but minutes later; a busy ledger would grow by as much as it writes.
    if (parts.database.kind === 'postgres' && pending.length >= vacuumFrom) await sql`VACUUM pending`.execute(reader);
  }
  return log.checkpoint ?? '';
}
