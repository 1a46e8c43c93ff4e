import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { acceptCataloger } from '../../../testing/accept-cataloger.ts';
import { listing, testdata } from '../../../testing/listing.ts';
import { pipfileLock } from './index.ts';

const project = join(import.meta.dirname, '../../testdata/python-project/pipenv');
const lock = testdata(project, { Pipfile: 'Pipfile', 'Pipfile.lock': 'Pipfile.lock' });

acceptCataloger(pipfileLock, [{ name: 'pipenv', files: lock, atLeast: 8 }]);

describe('a lockfile that pipenv wrote', () => {
  it('has no edges, and what is asked for in the Pipfile', () => {
    const found = listing(pipfileLock, lock);
    assert.deepEqual(found.problems, []);
    assert.deepEqual(found.lines, [
      'pkg:pypi/iniconfig@2.0.0 direct dev',
      'pkg:pypi/markdown-it-py@4.3.0 transitive',
      'pkg:pypi/mdurl@0.1.2 transitive',
      'pkg:pypi/pygments@2.21.0 transitive',
      'pkg:pypi/pysocks@1.7.1 transitive',
      'pkg:pypi/rich@13.5.2 direct',
      'pkg:pypi/typing-extensions@4.7.1 direct',
      'pkg:pypi/urllib3@2.0.6 direct',
    ]);
  });
});

describe('lockfiles by hand', () => {
  it('counts what is needed in both sections as shipped, and says what has no version', () => {
    const content = {
      _meta: {},
      default: { both: { version: '==1.0' }, own: { path: '.', editable: true }, g: { git: 'https://example.org/g' } },
      develop: { both: { version: '==1.0' }, tool: { version: '==2.0' } },
      category: { more: { version: '==3.0' } },
    };
    const found = listing(pipfileLock, { 'Pipfile.lock': JSON.stringify(content) });
    assert.deepEqual(found.lines, ['pkg:pypi/both@1.0 ?', 'pkg:pypi/more@3.0 ?', 'pkg:pypi/tool@2.0 ? dev']);
    assert.deepEqual(found.problems, [
      {
        code: 'unsupported',
        where: 'Pipfile.lock',
        message: 'does not tell the version of g: install it and scan the environment instead',
      },
    ]);
  });
  it('says what is no lockfile', () => {
    assert.deepEqual(
      ['', '{}', '[]'].map((text) => listing(pipfileLock, { 'Pipfile.lock': text }).problems.map(({ code }) => code)),
      [['malformed'], ['malformed'], ['malformed']],
    );
  });
});
