import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { acceptCataloger } from '../../../testing/accept-cataloger.ts';
import { listing, testdata } from '../../../testing/listing.ts';
import { poetryLock } from './index.ts';

const project = join(import.meta.dirname, '../../testdata/python-project');
const versions = ['1.4', '1.8', '2'];
const lock = (version: string) =>
  testdata(join(project, `poetry-${version}`), { 'poetry.lock': 'poetry.lock', 'pyproject.toml': 'pyproject.toml' });
const locked = (text: string, more = {}) => listing(poetryLock, { 'poetry.lock': text, ...more });

acceptCataloger(
  poetryLock,
  versions.map((version) => ({ name: `poetry ${version}`, files: lock(version), atLeast: 9 })),
);

describe('lockfiles that poetry wrote', () => {
  for (const version of versions) {
    it(`poetry ${version}: the same project gives the same components, edges, dev and direct`, () => {
      const found = listing(poetryLock, lock(version));
      assert.deepEqual(found.problems, []);
      assert.deepEqual(found.lines, [
        'pkg:pypi/iniconfig@2.0.0 direct dev',
        'pkg:pypi/markdown-it-py@4.3.0 transitive -> pkg:pypi/mdurl@0.1.2',
        'pkg:pypi/mdurl@0.1.2 transitive',
        'pkg:pypi/pygments@2.16.1 direct',
        'pkg:pypi/pysocks@1.7.1 transitive',
        'pkg:pypi/rich@13.5.2 direct -> pkg:pypi/markdown-it-py@4.3.0 pkg:pypi/pygments@2.16.1',
        'pkg:pypi/toml@0.10.2 direct',
        'pkg:pypi/typing-extensions@4.7.1 direct',
        'pkg:pypi/urllib3@2.0.6 direct -> pkg:pypi/pysocks@1.7.1',
      ]);
    });
  }
  it('without the pyproject.toml nothing is direct, and dev is what the lockfile itself says', () => {
    const dev = (version: string) => {
      const { 'poetry.lock': text } = lock(version);
      const found = listing(poetryLock, { 'poetry.lock': text ?? '' }).components;
      assert.ok(found.every((one) => one.direct === null));
      return found.filter((one) => one.dev).map((one) => one.name);
    };
    assert.deepEqual(versions.map(dev), [['iniconfig'], [], ['iniconfig']]);
  });
});

describe('lockfiles by hand', () => {
  it('takes repositories and archives, not folders, and says what is no version', () => {
    const found = locked(`[[package]]
name = "from-git"
version = "1.0"
[package.source]
type = "git"
url = "https://example.org/g.git"
[[package]]
name = "own"
version = "0.1"
[package.source]
type = "directory"
url = "../own"
[[package]]
name = "bad"
version = "one"
[[package]]
version = "1.0"
`);
    assert.deepEqual(found.lines, ['pkg:pypi/from-git@1.0 ?']);
    assert.deepEqual(found.problems, [
      { code: 'malformed', where: 'poetry.lock', message: '1 entries are no components of PyPI: bad one' },
    ]);
  });
  it('says what is no lockfile', () => {
    assert.deepEqual(
      ['[[package]', 'a = {', '\u{0}', '', '[metadata]'].map((text) => locked(text).problems.map(({ code }) => code)),
      [['malformed'], ['malformed'], ['malformed'], ['malformed'], []],
    );
  });
  it('reads names of prototypes as names', () => {
    const found = locked(`[[package]]
name = "constructor"
version = "1.0"
[package.dependencies]
__proto__ = "*"
toString = "*"
`);
    assert.deepEqual([found.lines, found.problems], [['pkg:pypi/constructor@1.0 ?'], []]);
  });
});
