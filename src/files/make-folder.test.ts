import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { makeFolder } from './make-folder.ts';

test('makes what is missing, and says what the file system says', () => {
  const root = mkdtempSync(path.join(tmpdir(), 'kvitto-folder-'));
  try {
    makeFolder(path.join(root, 'a/b/c'));
    makeFolder(path.join(root, 'a/b/c'));
    assert.equal(statSync(path.join(root, 'a/b/c')).isDirectory(), true);
    writeFileSync(path.join(root, 'file'), '');
    assert.throws(() => makeFolder(path.join(root, 'file/x')), { code: 'ENOTDIR' });
    // Node's own recursive mkdir never comes back from here.
    assert.throws(() => makeFolder('/proc/kvitto/x'), /ENOENT|EACCES|EPERM/);
  } finally {
    rmSync(root, { recursive: true });
  }
});
