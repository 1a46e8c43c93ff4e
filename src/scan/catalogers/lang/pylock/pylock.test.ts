import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { acceptCataloger } from '../../../testing/accept-cataloger.ts';
import { listing, testdata } from '../../../testing/listing.ts';
import { pylock } from './index.ts';

const project = join(import.meta.dirname, '../../testdata/python-project/uv');
const lock = testdata(project, { 'pylock.toml': 'pylock.toml' });

acceptCataloger(pylock, [{ name: 'uv', files: lock, atLeast: 9 }]);

describe('a pylock.toml that uv wrote', () => {
  it('lists what uv export lists', () => {
    const found = listing(pylock, lock);
    assert.deepEqual(found.problems, []);
    assert.deepEqual(
      found.components.map(({ name, version, direct, dev }) => [`${name}==${version}`, direct, dev]),
      readFileSync(join(project, 'export-all.txt'), 'utf8')
        .trim()
        .split('\n')
        .map((pin) => [pin, null, false]),
    );
  });
});

describe('by hand', () => {
  it('reads edges and groups, and leaves folders out', () => {
    const found = listing(pylock, {
      'srv/pylock.dev.toml': `lock-version = "1.0"
created-by = "hand"
packages = [
  { name = "a", version = "1.0", dependencies = [{ name = "b" }] },
  { name = "b", version = "2.0", marker = "python_version > '3' or 'dev' in dependency_groups" },
  { name = "t", version = "3.0", marker = "'dev' in dependency_groups" },
  { name = "own", directory = { path = "." } },
  { name = "g", vcs = { type = "git", url = "https://example.org/g", commit-id = "00" } },
]
`,
    });
    assert.deepEqual(found.lines, ['pkg:pypi/a@1.0 ? -> pkg:pypi/b@2.0', 'pkg:pypi/b@2.0 ?', 'pkg:pypi/t@3.0 ? dev']);
    assert.deepEqual(
      found.problems.map(({ code, where }) => [code, where]),
      [['unsupported', 'srv/pylock.dev.toml']],
    );
  });
  it('says what it does not know', () => {
    assert.deepEqual(
      ['', 'lock-version = "2.0"', 'x'].map((text) =>
        listing(pylock, { 'pylock.toml': text }).problems.map(({ code }) => code),
      ),
      [['malformed'], ['malformed'], ['malformed']],
    );
  });
});
