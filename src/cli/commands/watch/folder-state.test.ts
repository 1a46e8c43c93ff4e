import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { FolderChanges, folderState } from './folder-state.ts';

test('the state of a folder is another when a file, its time, its size or its place is', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'kvitto-folder-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const states = new Set<string | null>();
  const look = (folder = join(root, 'feeds')) => states.add(folderState(folder)).size;
  assert.equal(folderState(join(root, 'feeds')), null);
  mkdirSync(join(root, '2025/osv'), { recursive: true });
  symlinkSync('2025', join(root, 'feeds'));
  assert.equal(look(), 1);
  writeFileSync(join(root, '2025/osv/all.zip'), 'one');
  assert.equal(look(), 2);
  assert.equal(look(), 2, 'the same');
  writeFileSync(join(root, '2025/osv/all.zip'), 'four');
  assert.equal(look(), 3);
  writeFileSync(join(root, '2025/osv/.new'), 'five');
  assert.equal(look(), 4);
  renameSync(join(root, '2025/osv/.new'), join(root, '2025/osv/all.zip'));
  assert.equal(look(), 5, 'replaced');
  mkdirSync(join(root, '2026'));
  rmSync(join(root, 'feeds'));
  symlinkSync('2026', join(root, 'feeds'));
  assert.equal(look(), 6, 'it leads elsewhere');
});

test('a change is told once, and when it has come to rest', () => {
  const states: (string | null)[] = ['a', 'a', 'b', 'c', 'c', 'c', 'd', 'c', 'c', null, null, 'e', 'e', 'c', 'e', 'e'];
  const changes = new FolderChanges('x', () => states.shift() ?? null);
  const told = Array.from({ length: 15 }, () => changes.changed());
  //                      a      b      c      c     c      d      c      c      null   null   e      e     c      e      e
  assert.deepEqual(told, [
    false,
    false,
    false,
    true,
    false,
    false,
    false,
    false,
    false,
    false,
    false,
    true,
    false,
    false,
    false,
  ]);
});
