import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Holds a text against a golden file beside the test; UPDATE_GOLDEN=1 writes it instead. */
export function assertGolden(url: URL, actual: string): void {
  const path = fileURLToPath(url);
  if (process.env['UPDATE_GOLDEN'] === '1') {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, actual);
  }
  assert.equal(actual, readFileSync(path, 'utf8'), `${path} differs; UPDATE_GOLDEN=1 writes it anew`);
}
