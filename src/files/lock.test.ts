import assert from 'node:assert/strict';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { CodedError } from '../model/errors.ts';
import { acquireFolderLock, type FolderLockOptions, withFolderLock } from './lock.ts';

const now = new Date('2026-03-01T12:00:00Z');
const program = (name: string) => path.join(import.meta.dirname, 'testing', name);
const options = (more: Partial<FolderLockOptions> = {}): FolderLockOptions => ({
  what: 'the shop',
  name: 'this test',
  now,
  waitMs: 0,
  ...more,
});

function emptyFolder(t: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'kvitto-lock-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

type Holder = ChildProcessByStdio<Writable, Readable, null>;

/** Another process that holds the lock, until its standard input ends. */
async function otherHolder(t: TestContext, folder: string, name: string): Promise<Holder> {
  const child = spawn(process.execPath, [program('hold-lock.ts'), folder, name], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  const [said] = await once(child.stdout, 'data');
  assert.equal(String(said), 'held\n');
  return child;
}

async function refusal(folder: string, more: Partial<FolderLockOptions> = {}): Promise<string> {
  try {
    (await acquireFolderLock(folder, options(more))).release();
  } catch (thrown) {
    assert.ok(thrown instanceof CodedError, String(thrown));
    assert.equal(thrown.code, 'store-busy');
    assert.equal(thrown.remedy, 'wait until it is done, or end that process');
    return thrown.message;
  }
  assert.fail('the lock was given twice');
}

test('a held folder names its owner, and is free again when the owner leaves', async (t) => {
  const folder = path.join(emptyFolder(t), 'made/on/the/way');
  const lock = await acquireFolderLock(folder, options());
  const owner = `process ${process.pid} (this test), since 2026-03-01T12:00:00.000Z`;
  assert.equal(await refusal(folder), `the shop is being changed by ${owner}`);
  assert.equal(await refusal(folder, { what: 'the ledger', waitMs: 30 }), `the ledger is being changed by ${owner}`);
  assert.deepEqual(readdirSync(folder).sort(), ['lock.db', 'lock.json']);
  lock.release();
  assert.deepEqual(readdirSync(folder), ['lock.db']);
  const next = await acquireFolderLock(folder, options());
  lock.release();
  assert.match(await refusal(folder), /\(this test\)/, 'what was released once releases nothing more');
  next.release();
});

test('what the work gives or throws comes out, and the folder is free', async (t) => {
  const folder = emptyFolder(t);
  assert.equal(await withFolderLock(folder, options(), async () => 7), 7);
  const broken = withFolderLock(folder, options(), async () => {
    throw new RangeError('broken');
  });
  await assert.rejects(broken, new RangeError('broken'));
  assert.equal(await withFolderLock(folder, options(), async () => 8), 8);
});

test('another process is named, and a kill frees what it held', { timeout: 20_000 }, async (t) => {
  const folder = emptyFolder(t);
  const child = await otherHolder(t, folder, 'a\u0007 shop\nkeeper');
  assert.equal(
    await refusal(folder),
    `the shop is being changed by process ${child.pid} (a\u{fffd} shop\u{fffd}keeper), since 2026-03-01T00:00:00.000Z`,
  );
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
  assert.deepEqual(readdirSync(folder).sort(), ['lock.db', 'lock.json']);
  const lock = await acquireFolderLock(folder, options());
  assert.equal(JSON.parse(readFileSync(path.join(folder, 'lock.json'), 'utf8')).pid, process.pid);
  lock.release();
});

test('who waits gets the folder when the holder leaves, and the event loop goes on', { timeout: 20_000 }, async (t) => {
  const folder = emptyFolder(t);
  for (const leave of [(child: Holder) => child.stdin.end(), (child: Holder) => child.kill('SIGKILL')]) {
    const child = await otherHolder(t, folder, 'short');
    const exit = once(child, 'exit');
    const taken = acquireFolderLock(folder, options({ waitMs: 15_000 }));
    // Turns that the event loop takes before the holder is told to go, let alone gone.
    await pause(20);
    assert.match(await refusal(folder), new RegExp(`process ${child.pid} \\(short\\)`));
    leave(child);
    (await taken).release();
    await exit;
  }
});

test('processes that all want the folder take turns', { timeout: 30_000 }, async (t) => {
  const folder = emptyFolder(t);
  writeFileSync(path.join(folder, 'counter'), '0');
  const children = [1, 2, 3].map(() =>
    spawn(process.execPath, [program('count-up.ts'), folder, '40'], { stdio: 'inherit' }),
  );
  const exits = await Promise.all(children.map((child) => once(child, 'exit')));
  assert.deepEqual(exits, [
    [0, null],
    [0, null],
    [0, null],
  ]);
  assert.equal(readFileSync(path.join(folder, 'counter'), 'utf8'), '120');
  assert.deepEqual(readdirSync(folder).sort(), ['counter', 'lock.db']);
});

test('an owner that cannot be right is not named', async (t) => {
  const folder = emptyFolder(t);
  const lock = await acquireFolderLock(folder, options());
  const file = path.join(folder, 'lock.json');
  const host = hostname();
  const gone = 2 ** 31 - 1;
  const long = { pid: 7, name: 'x'.repeat(5000), host: 'y' };
  for (const text of ['', '[', 'null', '{}', '{"pid":"7"}', '{"pid":0}', JSON.stringify({ pid: gone, host })]) {
    writeFileSync(file, text);
    assert.equal(await refusal(folder), 'the shop is being changed by another process', text);
  }
  writeFileSync(file, JSON.stringify(long));
  assert.equal(await refusal(folder), 'the shop is being changed by another process');
  writeFileSync(file, JSON.stringify({ pid: gone, name: 'far', since: 'then', host: `not-${host}` }));
  assert.equal(await refusal(folder), `the shop is being changed by process ${gone} on not-${host} (far), since then`);
  rmSync(file);
  assert.equal(await refusal(folder), 'the shop is being changed by another process');
  lock.release();
});

test('a folder that cannot be locked is a failure that says why', async (t) => {
  const folder = emptyFolder(t);
  writeFileSync(path.join(folder, 'file'), '');
  const rejected = (name: string, message: RegExp) =>
    assert.rejects(acquireFolderLock(path.join(folder, name), options()), { code: 'output-unwritable', message });
  await rejected('file', /file cannot be written: unable to open database file/);
  await rejected('file/below', /below cannot be made: ENOTDIR/);
  mkdirSync(path.join(folder, 'name/lock.json'), { recursive: true });
  await rejected('name', /name cannot be written: EISDIR/);
  rmSync(path.join(folder, 'name/lock.json'), { recursive: true });
  (await acquireFolderLock(path.join(folder, 'name'), options())).release();
  mkdirSync(path.join(folder, 'lock/lock.db'), { recursive: true });
  await rejected('lock', /lock cannot be written: unable to open database file/);
  mkdirSync(path.join(folder, 'foreign'));
  writeFileSync(path.join(folder, 'foreign/lock.db'), 'something else entirely'.repeat(100));
  await rejected('foreign', /lock\.db is no lock of Kvitto/);
});
