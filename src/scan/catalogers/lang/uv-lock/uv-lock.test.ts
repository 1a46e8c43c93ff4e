import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { acceptCataloger } from '../../../testing/accept-cataloger.ts';
import { listing, testdata } from '../../../testing/listing.ts';
import { uvLock } from './index.ts';

const project = join(import.meta.dirname, '../../testdata/python-project/uv');
const lock = testdata(project, { 'uv.lock': 'uv.lock' });
const exported = (name: string) => readFileSync(join(project, name), 'utf8').trim().split('\n').sort();

acceptCataloger(uvLock, [{ name: 'uv', files: lock, atLeast: 9 }]);

describe('a lockfile that uv wrote', () => {
  const found = listing(uvLock, lock);
  it('lists what uv export lists, with and without what is for development', () => {
    const pins = found.components.map(({ name, version, dev }) => ({ pin: `${name}==${version}`, dev }));
    assert.deepEqual(pins.map(({ pin }) => pin).sort(), exported('export-all.txt'));
    assert.deepEqual(
      pins
        .filter(({ dev }) => !dev)
        .map(({ pin }) => pin)
        .sort(),
      exported('export-nodev.txt'),
    );
  });
  it('knows what is asked for and what needs what', () => {
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
});

describe('lockfiles by hand', () => {
  it('follows a workspace, forks with several versions, and leaves its own members out', () => {
    const found = listing(uvLock, {
      'uv.lock': `version = 1
[[package]]
name = "root"
source = { editable = "." }
dependencies = [{ name = "member" }, { name = "numpy", version = "1.26.0" }]
[[package]]
name = "member"
version = "0.1.0"
source = { directory = "member" }
dependencies = [{ name = "numpy", version = "2.0.0" }, { name = "g" }]
[[package]]
name = "numpy"
version = "1.26.0"
source = { registry = "https://pypi.example.org/simple" }
[[package]]
name = "numpy"
version = "2.0.0"
source = { registry = "https://pypi.example.org/simple" }
[[package]]
name = "g"
version = "3.0"
source = { git = "https://example.org/g?rev=main#00" }
dependencies = [{ name = "numpy", version = "2.0.0" }]
[[package]]
name = "no-version"
source = { url = "https://example.org/x.zip" }
`,
    });
    assert.deepEqual(found.lines, [
      'pkg:pypi/g@3.0 direct -> pkg:pypi/numpy@2.0.0',
      'pkg:pypi/numpy@1.26.0 direct',
      'pkg:pypi/numpy@2.0.0 direct',
    ]);
    assert.deepEqual(found.problems, [
      {
        code: 'unsupported',
        where: 'uv.lock',
        message: 'does not tell the version of no-version: install it and scan the environment instead',
      },
    ]);
  });
  it('says what it does not know', () => {
    assert.deepEqual(
      ['version = 2', '', '[[package]]\nname = "a"', 'x'].map((text) =>
        listing(uvLock, { 'uv.lock': text }).problems.map(({ code }) => code),
      ),
      [['malformed'], ['malformed'], ['malformed'], ['malformed']],
    );
  });
});
