import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { watchStandardStreams } from './standard-streams.ts';

function failing(code: string): Writable {
  return new Writable({
    write: (_chunk, _encoding, done) => done(Object.assign(new Error(`${code}, write`), { code })),
  });
}

const fine = () => new Writable({ write: (_chunk, _encoding, done) => done() });

test('a full disk behind standard output is a failure', async () => {
  const stdout = failing('ENOSPC');
  const streams = watchStandardStreams(stdout, fine());
  stdout.write('report');
  await assert.rejects(streams.flush(), {
    code: 'disk-full',
    message: 'cannot write to standard output: ENOSPC, write',
  });
});

test('any other error of standard output is a failure', async () => {
  const stdout = failing('EIO');
  const streams = watchStandardStreams(stdout, fine());
  stdout.write('report');
  await assert.rejects(streams.flush(), { code: 'output-unwritable' });
});

test('a reader that has enough is none, and standard error has no say', async () => {
  const stdout = failing('EPIPE');
  const stderr = failing('ENOSPC');
  const streams = watchStandardStreams(stdout, stderr);
  stdout.write('report');
  stderr.write('note');
  await streams.flush();
});

test('all is written before flush resolves', async () => {
  const seen: string[] = [];
  const slow = new Writable({
    write: (chunk, _encoding, done) => {
      setImmediate(() => {
        seen.push(String(chunk));
        done();
      });
    },
  });
  const streams = watchStandardStreams(slow, fine());
  slow.write('one');
  slow.write('two');
  await streams.flush();
  assert.deepEqual(seen, ['one', 'two', '']);
});
