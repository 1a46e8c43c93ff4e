import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { CodedError } from '../model/errors.ts';
import { textOf } from './text-argument.ts';

const folder = mkdtempSync(join(tmpdir(), 'kvitto-text-'));
after(() => rmSync(folder, { recursive: true }));
const put = (name: string, content: string | Uint8Array) => {
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
};

test('words as they stand, and with @@ where they begin with @', () => {
  assert.equal(textOf('an outage', '--reason'), 'an outage');
  assert.equal(textOf('', '--reason'), '');
  assert.equal(textOf('@@home', '--reason'), '@home');
});

test('words of a file', () => {
  assert.equal(textOf(`@${put('a', 'größer\n')}`, '--reason'), 'größer\n');
  assert.equal(textOf(`@${put('empty', '')}`, '--reason'), '');
});

test('a file of 10 MB is read only as far as it takes to refuse it', () => {
  assert.equal(textOf(`@${put('large', 'ä'.repeat(5_000_000))}`, '--reason').length, 131_073);
});

test('no file, a folder, and what is no text', () => {
  for (const name of ['@', `@${folder}/none`, `@${folder}`, `@${put('bytes', new Uint8Array([0xff, 0xfe, 0]))}`]) {
    assert.throws(
      () => textOf(name, '--reason'),
      (e) =>
        e instanceof CodedError && e.code === 'usage' && e.message.startsWith('--reason @') && e.remedy !== undefined,
    );
  }
});
