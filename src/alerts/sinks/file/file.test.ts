import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import type { Delivery } from '../../sink.ts';
import { hostileText, sampleChange } from '../../testing/sample-events.ts';
import { acceptSink, sinkContext } from '../../testing/sink-acceptance.ts';
import { file } from './index.ts';

const root = mkdtempSync(join(tmpdir(), 'kvitto-file-sink-'));
after(() => rmSync(root, { recursive: true, force: true }));

let made = 0;
const newPath = () => join(root, `events-${made++}.json`);

function idsIn(path: string): string[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  assert.equal(lines.pop(), '', 'the last line is whole');
  return lines.map((line) => JSON.parse(line).event.id);
}

const eventsFrom = (first: number, count: number) =>
  Array.from({ length: count }, (_, i) => ({ ...sampleChange('new', first + i), message: hostileText }));

function deliver(path: string, first: number, count: number, more: object = {}): Promise<Delivery> {
  return file.deliver(eventsFrom(first, count), file.settings.parse({ path, ...more }), sinkContext());
}

const ids = (first: number, count: number) => eventsFrom(first, count).map(({ id }) => id);

const later = (message: string): Delivery => ({ delivered: 0, stopped: { why: 'later', message, afterMs: null } });

let accepted = '';
acceptSink(file, {
  settings: () => ({ path: accepted === '' ? '/nowhere/events.json' : accepted }),
  secrets: {},
  network: false,
  receive: async (most) => {
    accepted = most === Number.POSITIVE_INFINITY ? newPath() : join(root, 'no-such-folder', 'events.json');
    const path = accepted;
    return { port: 0, ids: () => (existsSync(path) ? idsIn(path) : []), stop: async () => undefined };
  },
});

describe('the file', () => {
  test('is made with its permissions, whatever the umask, and kept with those that it has', async () => {
    const path = newPath();
    assert.deepEqual(await deliver(path, 0, 2, { mode: '0666' }), { delivered: 2, stopped: null });
    assert.equal(statSync(path).mode & 0o777, 0o666);
    await deliver(path, 2, 1, { mode: '0600' });
    assert.equal(statSync(path).mode & 0o777, 0o666);
    assert.deepEqual(idsIn(path), ids(0, 3));
  });

  test('is followed by its name: renamed, copied and emptied, deleted', async () => {
    const path = newPath();
    await deliver(path, 0, 2);
    renameSync(path, `${path}.1`);
    await deliver(path, 2, 2);
    copyFileSync(path, `${path}.2`);
    truncateSync(path);
    await deliver(path, 4, 2);
    assert.deepEqual([`${path}.1`, `${path}.2`, path].map(idsIn), [ids(0, 2), ids(2, 2), ids(4, 2)]);
    rmSync(path);
    await deliver(path, 6, 2);
    assert.deepEqual(idsIn(path), ids(6, 2));
  });

  test('is rotated all the time while it is written: nothing is lost', async () => {
    const path = newPath();
    let rotations = 0;
    const timer = setInterval(() => {
      if (existsSync(path)) renameSync(path, `${path}.${rotations++}`);
    }, 3);
    const delivered: string[] = [];
    for (let n = 0; n < 100; n++) {
      const { stopped } = await deliver(path, n * 5, 5);
      if (stopped === null) delivered.push(...ids(n * 5, 5));
    }
    clearInterval(timer);
    const files = [...Array.from({ length: rotations }, (_, i) => `${path}.${i}`), path].filter(existsSync);
    const found = new Set(files.flatMap(idsIn));
    assert.ok(rotations > 3 && delivered.length > 50, `${rotations} rotations, ${delivered.length} delivered`);
    assert.deepEqual(
      delivered.filter((id) => !found.has(id)),
      [],
    );
  });

  test('loses a torn last line, and no other', async () => {
    for (const torn of ['{"@timestamp":"2026', `{"message":"${'x'.repeat(200_000)}`]) {
      const path = newPath();
      await deliver(path, 0, 2);
      appendFileSync(path, torn);
      await deliver(path, 2, 1);
      assert.deepEqual(idsIn(path), ids(0, 3));
    }
    const path = newPath();
    writeFileSync(path, '{"only":"torn');
    await deliver(path, 0, 1);
    assert.deepEqual(idsIn(path), ids(0, 1));
  });

  test('stays as it is where it belongs to something else, or is no file', async () => {
    const foreign = newPath();
    writeFileSync(foreign, 'one line\nroot:x:0:0');
    assert.deepEqual(
      await deliver(foreign, 0, 1),
      later(`${foreign} ends in something that is no beginning of an event: it belongs to something else`),
    );
    assert.equal(readFileSync(foreign, 'utf8'), 'one line\nroot:x:0:0');
    const link = newPath();
    symlinkSync(newPath(), link);
    const words = 'is a symbolic link, which is not followed: name the file that it leads to';
    assert.deepEqual(await deliver(link, 0, 1), later(`${link} ${words}`));
    const folder = newPath();
    mkdirSync(folder);
    assert.deepEqual(await deliver(folder, 0, 1), later(`${folder} is a folder: name a file in it`));
    const special = 'is no regular file but a pipe, socket or device: use the sink stdout, or name a file';
    assert.deepEqual(await deliver('/dev/null', 0, 1), later(`/dev/null ${special}`));
    const pipe = newPath();
    execFileSync('mkfifo', [pipe]);
    assert.deepEqual(await deliver(pipe, 0, 1), later(`${pipe} ${special}`));
  });

  test('comes back with its folder', async () => {
    const folder = join(root, 'unmounted');
    const path = join(folder, 'events.json');
    const words = 'cannot be written: its folder is not there: make it, or mount it';
    assert.deepEqual(await deliver(path, 0, 2), later(`${path} ${words}`));
    mkdirSync(folder);
    assert.deepEqual(await deliver(path, 0, 2), { delivered: 2, stopped: null });
  });

  test('settings that could not be meant are refused', () => {
    for (const wrong of [
      { path: 'relative.json' },
      { path: '' },
      { path: '/a\0b' },
      { path: '/a', mode: '0999' },
      {},
    ]) {
      assert.equal(file.settings.safeParse(wrong).success, false, JSON.stringify(wrong));
    }
    assert.deepEqual(file.settings.parse({ path: '/a' }), { path: '/a', format: 'ecs', mode: 0o640 });
  });
});

test('a full disk takes all of a delivery or none; room for more ends it', async (t) => {
  const folder = join(root, 'small');
  mkdirSync(folder);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'pipe' });
  } catch {
    return t.skip('no small file system can be mounted here (that takes root): A FULL DISK WAS NOT TESTED');
  }
  try {
    const path = join(folder, 'events.json');
    const ballast = join(folder, 'ballast');
    writeFileSync(ballast, Buffer.alloc(600_000));
    let first = 0;
    let answer: Delivery;
    for (;;) {
      answer = await deliver(path, first, 100);
      if (answer.stopped !== null) break;
      first += 100;
      assert.ok(first < 100_000, 'the disk fills up');
    }
    assert.deepEqual(answer, later(`${path} cannot be written: the disk is full: make room there`));
    assert.ok(first > 0);
    assert.deepEqual(idsIn(path), ids(0, first));
    rmSync(ballast);
    assert.deepEqual(await deliver(path, first, 100), { delivered: 100, stopped: null });
    assert.deepEqual(idsIn(path), ids(0, first + 100));
  } finally {
    execFileSync('umount', ['-l', folder]);
  }
});
