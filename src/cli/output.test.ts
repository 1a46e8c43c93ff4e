import assert from 'node:assert/strict';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { allFormats } from '../formats/all.ts';
import { parseOutputs, writeWhole } from './output.ts';

test('one document to standard output, and any number to files', () => {
  const parsed = (format: string, outputs: string[]) =>
    parseOutputs(format, outputs, allFormats).map(({ format: { id }, file }) => [id, file]);
  assert.deepEqual(parsed('table', []), [['table', null]]);
  assert.deepEqual(parsed('json', ['a.json']), [['json', 'a.json']]);
  assert.deepEqual(parsed('table', ['sarif=a', 'json=b=c', 'all.txt']), [
    ['table', 'all.txt'],
    ['sarif', 'a'],
    ['json', 'b=c'],
  ]);
  assert.throws(() => parsed('html', []), { code: 'usage', message: 'unknown format: html' });
  assert.throws(() => parsed('table', ['html=a']), { code: 'usage', message: 'unknown format: html' });
  assert.throws(() => parsed('table', ['a', 'b']), { code: 'usage', message: 'two files for one format: a and b' });
});

test('a file is replaced whole, a link stays a link, and what is no file is never replaced', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kvitto-output-'));
  try {
    writeFileSync(join(folder, 'real'), 'old and longer');
    symlinkSync('real', join(folder, 'link'));
    mkdirSync(join(folder, 'folder'));
    writeWhole(join(folder, 'new'), 'new');
    writeWhole(join(folder, 'link'), 'linked');
    assert.deepEqual(
      ['new', 'real', 'link'].map((name) => readFileSync(join(folder, name), 'utf8')),
      ['new', 'linked', 'linked'],
    );
    assert.ok(lstatSync(join(folder, 'link')).isSymbolicLink());
    writeWhole('/dev/null', 'nothing');
    assert.ok(lstatSync('/dev/null').isCharacterDevice());
    for (const bad of ['folder', 'none/file']) {
      assert.throws(() => writeWhole(join(folder, bad), ''), { code: 'output-unwritable' });
    }
    assert.deepEqual(readdirSync(folder).toSorted(), ['folder', 'link', 'new', 'real']);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
