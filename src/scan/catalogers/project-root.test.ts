import assert from 'node:assert/strict';
import { it } from 'node:test';
import { folderOf, foldersUp, looksLikeProjectRoot } from './project-root.ts';

it('tells projects from what is installed, cached, vendored or a sample', () => {
  const paths: [string, boolean][] = [
    ['package.json', true],
    ['srv/app/package.json', true],
    ['usr/src/app/package.json', true],
    ['opt/app/backend/pyproject.toml', true],
    ['usr/share/app/package.json', false],
    ['usr/lib/x/package.json', false],
    ['opt/sdk/third_party/x/requirements.txt', false],
    ['srv/app/tests/package.json', false],
    ['srv/latest/package.json', true],
    ['venv/lib/python3.11/site-packages/x/pyproject.toml', false],
  ];
  for (const [path, is] of paths) assert.equal(looksLikeProjectRoot(path), is, path);
});

it('walks from a folder to the top', () => {
  assert.equal(folderOf('a/b/c.txt'), 'a/b/');
  assert.equal(folderOf('c.txt'), '');
  assert.deepEqual([...foldersUp('a/b/')], ['a/b/', 'a/', '']);
  assert.deepEqual([...foldersUp('')], ['']);
});
