import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';

test('the log imports nothing but Node and itself, so that it can be read alone', () => {
  const files = globSync('**/*.ts', { cwd: import.meta.dirname }).filter((file) => !file.endsWith('.test.ts'));
  assert.ok(files.length > 20);
  const foreign = files.flatMap((file) =>
    [...readFileSync(join(import.meta.dirname, file), 'utf8').matchAll(/\bfrom '([^']+)'|\bimport\(/g)]
      .map(([whole, to = whole]) => to)
      .filter((to) => !to.startsWith('node:'))
      .filter((to) => !to.startsWith('.') || relative('.', join('.', dirname(file), to)).startsWith('..'))
      .map((to) => `${file} → ${to}`),
  );
  assert.deepEqual(foreign, []);
});
