import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { CodedError } from '../model/errors.ts';
import { writeFailure } from './write-failure.ts';

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (thrown) {
    return thrown;
  }
  return assert.fail('nothing was thrown');
}

function said(work: () => unknown): readonly (string | undefined)[] {
  const thrown = thrownBy(work);
  const failure = writeFailure('/place', thrown, { unwritable: 'ask', full: 'clear' });
  assert.ok(failure instanceof CodedError, String(failure));
  assert.equal(failure.cause, thrown);
  return [failure.code, failure.remedy, failure.message.replace(/:.*/, '')];
}

test('what the file system and SQLite say is told apart by code', (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'kvitto-failure-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'a.db');
  const unwritable = ['output-unwritable', 'ask', '/place cannot be written'];
  const full = ['disk-full', 'clear', 'writing /place failed'];
  assert.deepEqual(
    said(() => writeFileSync('/dev/full', 'x')),
    full,
  );
  assert.deepEqual(
    said(() => openSync(folder, 'w')),
    unwritable,
  );
  assert.deepEqual(
    said(() => new DatabaseSync(folder)),
    unwritable,
  );
  const small = new DatabaseSync(file);
  small.exec('PRAGMA max_page_count = 2; CREATE TABLE t (x)');
  assert.deepEqual(
    said(() => small.exec('INSERT INTO t VALUES (zeroblob(100000))')),
    full,
  );
  small.close();
  const reading = new DatabaseSync(file, { readOnly: true });
  assert.deepEqual(
    said(() => reading.exec('INSERT INTO t VALUES (1)')),
    unwritable,
  );
  reading.close();
});

test('failures and bugs stay what they are, whatever words they hold', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'kvitto-EACCES-'));
  mkdirSync(path.join(folder, 'x'));
  const missing = thrownBy(() => readFileSync(path.join(folder, 'ENOSPC')));
  const others = [missing, new CodedError('aborted', 'stopped'), new TypeError('EACCES'), 'ENOSPC', null];
  for (const thrown of others) assert.equal(writeFailure('/place', thrown), thrown);
  rmSync(folder, { recursive: true });
});
