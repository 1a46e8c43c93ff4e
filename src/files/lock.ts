import { closeSync, openSync, readSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { CodedError, messageOf } from '../model/errors.ts';
import { clip } from '../model/problem.ts';
import { makeFolder } from './make-folder.ts';
import { writeFailure } from './write-failure.ts';

export interface FolderLockOptions {
  /** What is locked, as it stands at the head of a message: `the advisory store`. */
  readonly what: string;
  /** Who locks it, for the message that others get: `kvitto db update`. */
  readonly name: string;
  readonly now: Date;
  /** How long to try again while another holds it, in milliseconds; 0: not at all. Who waits longest does not come first. */
  readonly waitMs: number;
}

/** A folder that is held. It is held until `release`, which never throws, or until the process ends. */
export interface FolderLock {
  release(): void;
}

const firstPauseMs = 5;
const longestPauseMs = 100;
const longestOwnerBytes = 4096;
const sqliteBusy = 5;
const sqliteNotADatabase = 26;

/** What is held by this process: a lock whose holder forgot it would go with the next garbage collection. */
const held = new Set<DatabaseSync>();

/**
 * Holds a folder against all other processes, and all other callers in this one; makes it where it is missing. The lock is
 * one of the operating system on `lock.db` in it, so it ends with its process, however that ends; who holds it stands in
 * `lock.json`. No process that holds it may read `lock.db` on its own: on POSIX systems, closing a file lets go of all locks
 * on it (https://www.sqlite.org/howtocorrupt.html section 2.2).
 *
 * Throws `store-busy` with the owner's process, name and time where it is taken for longer than `waitMs`,
 * `output-unwritable` and `disk-full` where the folder cannot be written to.
 */
export async function acquireFolderLock(folder: string, options: FolderLockOptions): Promise<FolderLock> {
  try {
    makeFolder(folder);
  } catch (thrown) {
    throw new CodedError('output-unwritable', `${folder} cannot be made: ${messageOf(thrown)}`, {
      remedy: 'set KVITTO_HOME to a folder that may be written to, or name another one',
      cause: thrown,
    });
  }
  const end = performance.now() + options.waitMs;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    const db = tryLock(folder);
    if (db !== null) return hold(db, folder, options);
    const leftMs = end - performance.now();
    if (leftMs <= 0) throw busy(folder, options.what);
    // Uneven, so that two who wait do not keep step.
    await pause(Math.min(leftMs, pauseMs * (0.5 + Math.random() / 2)));
  }
}

/** Does `work` while this caller holds the folder as with `acquireFolderLock`, and throws the same besides what `work` throws. */
export async function withFolderLock<T>(
  folder: string,
  options: FolderLockOptions,
  work: () => Promise<T>,
): Promise<T> {
  const lock = await acquireFolderLock(folder, options);
  try {
    return await work();
  } finally {
    lock.release();
  }
}

/** The database whose transaction is the lock; null where another has it. */
function tryLock(folder: string): DatabaseSync | null {
  let db: DatabaseSync | null = null;
  try {
    db = new DatabaseSync(path.join(folder, 'lock.db'), { timeout: 0 });
    // Not EXCLUSIVE: two who ask for that at once can both be refused.
    db.exec('PRAGMA journal_mode = MEMORY; BEGIN IMMEDIATE');
    return db;
  } catch (thrown) {
    db?.close();
    const result = thrown instanceof Error && 'errcode' in thrown ? Number(thrown.errcode) & 0xff : 0;
    if (result === sqliteBusy) return null;
    if (result !== sqliteNotADatabase) throw writeFailure(folder, thrown);
    throw new CodedError('output-unwritable', `${path.join(folder, 'lock.db')} is no lock of Kvitto`, {
      remedy: 'remove that file, or use another folder',
      cause: thrown,
    });
  }
}

function hold(db: DatabaseSync, folder: string, { name, now }: FolderLockOptions): FolderLock {
  const owner = path.join(folder, 'lock.json');
  const release = (): void => {
    if (!held.delete(db)) return;
    try {
      rmSync(owner, { force: true });
    } catch {
      // It names a process that is gone, and is written over by the next holder.
    }
    db.close();
  };
  held.add(db);
  try {
    const aside = `${owner}.tmp`;
    writeFileSync(aside, JSON.stringify({ pid: process.pid, name, since: now.toISOString(), host: hostname() }));
    renameSync(aside, owner);
  } catch (thrown) {
    release();
    throw writeFailure(folder, thrown);
  }
  return { release };
}

function busy(folder: string, what: string): CodedError {
  return new CodedError('store-busy', `${what} is being changed by ${ownerOf(path.join(folder, 'lock.json'))}`, {
    remedy: 'wait until it is done, or end that process',
  });
}

function ownerOf(file: string): string {
  try {
    const owner: Partial<Record<string, unknown>> = JSON.parse(headOf(file));
    const { pid, name, since, host } = owner;
    if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 0) return 'another process';
    const here = host === hostname();
    // Left by one that was killed; whoever has the lock now has not written its name yet.
    if (here && !isAlive(pid)) return 'another process';
    const where = here || typeof host !== 'string' ? '' : ` on ${clip(host, 80)}`;
    return `process ${pid}${where} (${clip(String(name), 80)}), since ${clip(String(since), 40)}`;
  } catch {
    return 'another process';
  }
}

function headOf(file: string): string {
  const handle = openSync(file, 'r');
  try {
    const head = Buffer.alloc(longestOwnerBytes);
    return head.toString('utf8', 0, readSync(handle, head));
  } finally {
    closeSync(handle);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    // EPERM: there is one, of another user.
    return !(thrown instanceof Error && 'code' in thrown && thrown.code === 'ESRCH');
  }
}
