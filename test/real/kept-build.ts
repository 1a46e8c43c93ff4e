// What takes long to build is built once a day and kept below the system's folder for temporary files.
import { createHash } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const mostWaitMs = 300_000;

/**
 * The file that `build` writes for this key: built by the first process that asks today, and taken as it is by all others, which
 * wait for it. Built aside and renamed, so that what is there is whole. Callers read it and never change it.
 */
export function keptBuild(name: string, key: readonly string[], build: (file: string) => void): string {
  const folder = ownFolder();
  const file = join(folder, `${createHash('sha256').update(JSON.stringify(key)).digest('hex').slice(0, 16)}-${name}`);
  const lock = `${file}.lock`;
  const deadline = Date.now() + mostWaitMs;
  while (!existsSync(file)) {
    if (!locked(lock)) {
      if (Date.now() > deadline) throw new Error(`${lock}: nobody finished what it stands for`);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 250);
      continue;
    }
    const aside = `${file}.${process.pid}`;
    try {
      if (!existsSync(file)) {
        build(aside);
        renameSync(aside, file);
      }
    } finally {
      rmSync(aside, { force: true });
      rmSync(lock, { force: true });
    }
  }
  return file;
}

/** Today's folder, which only this user may write; those of other days go. */
function ownFolder(): string {
  const base = join(tmpdir(), `kvitto-kept-${process.getuid?.() ?? 0}`);
  mkdirSync(base, { recursive: true, mode: 0o700 });
  const { uid, mode } = lstatSync(base);
  if (uid !== process.getuid?.() || (mode & 0o022) !== 0)
    throw new Error(`${base} belongs to somebody else: remove it`);
  const today = new Date().toISOString().slice(0, 10);
  for (const day of readdirSync(base)) if (day < today) rmSync(join(base, day), { recursive: true, force: true });
  mkdirSync(join(base, today), { recursive: true });
  return join(base, today);
}

/** Takes the lock; false where a process that still lives holds it. */
function locked(lock: string): boolean {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch {
    if (!lives(lock)) rmSync(lock, { force: true });
    return false;
  }
}

function lives(lock: string): boolean {
  try {
    const pid = Number(readFileSync(lock, 'utf8'));
    // Empty for the moment between its creation and the first byte.
    if (pid !== 0) process.kill(pid, 0);
    return true;
  } catch (error) {
    // Gone meanwhile, which the next attempt finds out, or held by a process that ended.
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}
