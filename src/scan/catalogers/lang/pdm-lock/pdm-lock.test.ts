import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { acceptCataloger } from '../../../testing/accept-cataloger.ts';
import { listing, testdata } from '../../../testing/listing.ts';
import { pdmLock } from './index.ts';

const project = join(import.meta.dirname, '../../testdata/python-project/pdm');
const lock = testdata(project, { 'pdm.lock': 'pdm.lock', 'pyproject.toml': 'pyproject.toml' });

acceptCataloger(pdmLock, [{ name: 'pdm', files: lock, atLeast: 9 }]);

describe('a lockfile that pdm wrote', () => {
  it('tells extras from groups for development by the pyproject.toml', () => {
    const found = listing(pdmLock, lock);
    assert.deepEqual(found.problems, []);
    assert.deepEqual(found.lines, [
      'pkg:pypi/iniconfig@2.0.0 direct dev',
      'pkg:pypi/markdown-it-py@4.3.0 transitive -> pkg:pypi/mdurl@0.1.2',
      'pkg:pypi/mdurl@0.1.2 transitive',
      'pkg:pypi/pygments@2.16.1 direct',
      'pkg:pypi/pysocks@1.7.1 transitive',
      // pdm keeps what a marker rules out for the Python of the lockfile.
      'pkg:pypi/rich@13.5.2 direct -> pkg:pypi/markdown-it-py@4.3.0 pkg:pypi/pygments@2.16.1 pkg:pypi/typing-extensions@4.7.1',
      'pkg:pypi/toml@0.10.2 direct',
      'pkg:pypi/typing-extensions@4.7.1 direct',
      'pkg:pypi/urllib3@2.0.6 direct -> pkg:pypi/pysocks@1.7.1',
    ]);
  });
  it('counts all as shipped where the pyproject.toml is missing', () => {
    const found = listing(pdmLock, { 'pdm.lock': lock['pdm.lock'] ?? '' });
    assert.deepEqual(
      found.components.map(({ name, direct, dev }) => [name, direct, dev]),
      [
        'iniconfig',
        'markdown-it-py',
        'mdurl',
        'pygments',
        'pysocks',
        'rich',
        'toml',
        'typing-extensions',
        'urllib3',
      ].map((name) => [name, null, false]),
    );
  });
});

it('says what is no lockfile', () => {
  assert.deepEqual(
    listing(pdmLock, { 'pdm.lock': 'x' }).problems.map(({ code, where }) => [code, where]),
    [['malformed', 'pdm.lock']],
  );
});

it('says that an empty file is no lockfile, and takes one without packages', () => {
  assert.deepEqual(
    ['', '[metadata]\nlock_version = "4.5.0"\n'].map((text) => listing(pdmLock, { 'pdm.lock': text }).problems.length),
    [1, 0],
  );
});
