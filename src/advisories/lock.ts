import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { CodedError, messageOf } from '../model/errors.ts';
import { clip } from '../model/problem.ts';
import { writeFailure } from './build/store-writer.ts';
import { makeFolder } from './make-folder.ts';
import { storePaths } from './paths.ts';

function ownerOf(file: string): string {
  try {
    const owner = JSON.parse(readFileSync(file, 'utf8')) as { pid?: unknown; name?: unknown; since?: unknown };
    return `process ${Number(owner.pid)} (${clip(String(owner.name), 80)}), since ${clip(String(owner.since), 40)}`;
  } catch {
    return 'another process';
  }
}

/**
 * Does `work` while no other process changes the store below `home`. The lock is one of the operating system on a file, so
 * it ends with its process, however that ends. Throws `store-busy` with the owner's pid and name where it is taken,
 * `output-unwritable` and `disk-full` where the folder cannot be written to.
 */
export async function withStoreLock<T>(home: string, name: string, now: Date, work: () => Promise<T>): Promise<T> {
  const paths = storePaths(home);
  try {
    makeFolder(paths.folder);
  } catch (thrown) {
    throw new CodedError('output-unwritable', `${paths.folder} cannot be made: ${messageOf(thrown)}`, {
      remedy: 'set KVITTO_HOME to a folder that may be written to',
      cause: thrown,
    });
  }
  const db = take(paths);
  try {
    prepare(paths, name, now);
    try {
      return await work();
    } finally {
      rmSync(paths.scratch, { recursive: true, force: true });
      rmSync(paths.lockOwner, { force: true });
    }
  } finally {
    db.close();
  }
}

type Paths = ReturnType<typeof storePaths>;

function take(paths: Paths): DatabaseSync {
  let db: DatabaseSync | null = null;
  try {
    db = new DatabaseSync(paths.lock);
    db.exec('PRAGMA journal_mode = MEMORY; PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE');
    return db;
  } catch (thrown) {
    db?.close();
    if (!/locked|busy/i.test(messageOf(thrown))) throw writeFailure(paths.folder, thrown);
    throw new CodedError('store-busy', `the advisory store is being changed by ${ownerOf(paths.lockOwner)}`, {
      remedy: 'wait until it is done, or end that process',
      cause: thrown,
    });
  }
}

function prepare(paths: Paths, name: string, now: Date): void {
  try {
    writeFileSync(paths.lockOwner, JSON.stringify({ pid: process.pid, name, since: now.toISOString() }));
    rmSync(paths.scratch, { recursive: true, force: true });
    makeFolder(paths.scratch);
  } catch (thrown) {
    throw writeFailure(paths.folder, thrown);
  }
}
