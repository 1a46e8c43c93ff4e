import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allFormats } from '../formats/all.ts';
import { parseOutputs } from './output.ts';

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
