import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { allSources } from './all.ts';

it('every folder with an index.ts is in the list, under its own name', () => {
  const folders = readdirSync(import.meta.dirname).filter((name) =>
    existsSync(join(import.meta.dirname, name, 'index.ts')),
  );
  assert.deepEqual(allSources.map(({ id }) => id).sort(), folders.sort());
});

it('every source says what it is, with an example', () => {
  for (const { id, about } of allSources) assert.ok(about.includes(`${id}:`), id);
});
