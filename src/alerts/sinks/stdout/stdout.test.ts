import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { sampleEvents } from '../../testing/sample-events.ts';
import { acceptSink, sinkContext } from '../../testing/sink-acceptance.ts';
import { stdout, stdoutSinkOn } from './index.ts';
import { writeToDescriptor } from './line-writer.ts';

function closedOutput(code: string): Error {
  return Object.assign(new Error(`write ${code}`), { code });
}

let write = async (_: Buffer, __: number): Promise<number> => 0;
acceptSink(
  stdoutSinkOn((bytes, from) => write(bytes, from)),
  {
    settings: () => ({}),
    secrets: {},
    network: false,
    receive: async (most) => {
      let taken = '';
      write = async (bytes, from) => {
        const lines = taken.split('\n').length - 1;
        if (lines >= most) throw closedOutput('EPIPE');
        const some = bytes.subarray(from, from + 1_000);
        taken += some.toString('latin1');
        return some.length;
      };
      const ids = () =>
        taken
          .split('\n')
          .slice(0, -1)
          .map((line) => JSON.parse(line).event.id);
      return { port: 0, ids, stop: async () => undefined };
    },
  },
);

test('a reader that went away is said to be away', async () => {
  const sink = stdoutSinkOn(async () => {
    throw closedOutput('EPIPE');
  });
  assert.deepEqual(await sink.deliver(sampleEvents(), { format: 'json' }, sinkContext()), {
    delivered: 0,
    stopped: { why: 'later', message: 'standard output is closed: whoever read it went away', afterMs: null },
  });
});

test('a line that a delivery gave up in its middle is ended before the next begins', async () => {
  let taken = '';
  let open = Promise.withResolvers<void>();
  const sink = stdoutSinkOn(async (bytes, from) => {
    const some = bytes.subarray(from, from + 70);
    taken += some.toString('latin1');
    if (taken.length === 70) await open.promise;
    return some.length;
  });
  const [first, second] = sampleEvents();
  assert.ok(first !== undefined && second !== undefined);
  const given = await sink.deliver([first], { format: 'json' }, sinkContext(AbortSignal.timeout(20)));
  assert.deepEqual(given, {
    delivered: 0,
    stopped: { why: 'later', message: 'nobody reads standard output', afterMs: null },
  });
  const next = sink.deliver([second], { format: 'json' }, sinkContext());
  open.resolve();
  open = Promise.withResolvers();
  assert.deepEqual(await next, { delivered: 1, stopped: null });
  const lines = taken.split('\n').slice(0, -1);
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).id),
    [first.id, second.id],
  );
});

test('a line that a fault tore is no part of the next', async () => {
  let taken = '';
  let isFull = true;
  const sink = stdoutSinkOn(async (bytes, from) => {
    if (isFull && taken.length >= 70) throw closedOutput('ENOSPC');
    const some = bytes.subarray(from, from + 70);
    taken += some.toString('latin1');
    return some.length;
  });
  const [event] = sampleEvents();
  assert.ok(event !== undefined);
  const { stopped } = await sink.deliver([event], { format: 'json' }, sinkContext());
  assert.equal(stopped?.message, 'standard output cannot be written: write ENOSPC');
  isFull = false;
  await sink.deliver([event], { format: 'json' }, sinkContext());
  const [, whole = '', rest] = taken.split('\n');
  assert.deepEqual([JSON.parse(whole).id, rest], [event.id, '']);
});

test('a real pipe whose reader is slow gets every line, and nothing else waits for it', {
  timeout: 60_000,
}, async () => {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'testing/write-much.ts')], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  // Nobody reads until the writer has told that its own clock went on meanwhile.
  while (!errors.includes('tick 5')) await once(child.stderr, 'data');
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  await once(child, 'close');
  const ids = text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line).id);
  assert.equal(ids.length, 500);
  assert.equal(new Set(ids).size, 500);
  assert.ok(errors.includes('delivered 500'), errors);
});

test('the sink itself writes to descriptor 1; any other can be written to', async () => {
  assert.equal(stdout.id, 'stdout');
  const handle = openSync('/dev/full', 'w');
  try {
    await assert.rejects(writeToDescriptor(handle)(Buffer.from('x'), 0), { code: 'ENOSPC' });
  } finally {
    closeSync(handle);
  }
});
