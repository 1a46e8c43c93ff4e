import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { acceptCataloger } from '../../../testing/accept-cataloger.ts';
import { listing, testdata } from '../../../testing/listing.ts';
import { pythonManifest } from './index.ts';

const project = join(import.meta.dirname, '../../testdata/python-project');
const where = (files: Readonly<Record<string, string | Uint8Array>>) =>
  listing(pythonManifest, files).problems.map((problem) => `${problem.code} ${problem.where}`);

acceptCataloger(pythonManifest, [
  {
    name: 'uv',
    files: testdata(project, { 'pyproject.toml': 'uv/pyproject.toml', 'uv.lock': 'uv/uv.lock' }),
    atLeast: 0,
  },
]);

describe('a manifest of a Python project', () => {
  it('without a lockfile is a problem that says what to do', () => {
    const files = testdata(project, { 'a/pyproject.toml': 'uv/pyproject.toml', 'b/Pipfile': 'pipenv/Pipfile' });
    assert.deepEqual(listing(pythonManifest, files).problems, [
      {
        code: 'unsupported',
        where: 'a/pyproject.toml',
        message:
          'asks for rich, urllib3, typing_extensions, but there is neither a lockfile nor an installation that tells the versions: run uv lock, poetry lock or pdm lock, or scan the environment',
      },
      {
        code: 'unsupported',
        where: 'b/Pipfile',
        message:
          'asks for rich, urllib3, typing_extensions, but there is neither a lockfile nor an installation that tells the versions: run pipenv lock, or scan the environment',
      },
    ]);
    const poetry = testdata(project, { 'pyproject.toml': 'poetry-1.8/pyproject.toml' });
    assert.deepEqual(where(poetry), ['unsupported pyproject.toml']);
  });
  it('with a lockfile beside or above it is none', () => {
    const manifest = testdata(project, { 'srv/one/pyproject.toml': 'uv/pyproject.toml' });
    for (const lock of ['poetry.lock', 'uv.lock', 'pdm.lock', 'pylock.toml', 'Pipfile.lock', 'requirements.txt']) {
      assert.deepEqual(where({ ...manifest, [`srv/${lock}`]: '' }), [], lock);
    }
  });
  it('whose components are installed is none, whatever a marker or an extra would add', () => {
    const text = `[project]
name = "app"
dependencies = ["Foo_Bar>=1", "tomli>=1; python_version < '3.11'"]
[project.optional-dependencies]
more = ["b"]
`;
    const marks = { 'opt/venv/lib/python3.12/site-packages/foo_bar-1.0.dist-info/METADATA': '' };
    assert.deepEqual(where({ 'srv/pyproject.toml': text, ...marks }), []);
    assert.deepEqual(where({ 'srv/pyproject.toml': text }), ['unsupported srv/pyproject.toml']);
  });
  it('that asks for nothing is none, and one that cannot be read is one', () => {
    assert.deepEqual(where({ 'pyproject.toml': '[tool.ruff]\nline-length = 100\n' }), []);
    assert.deepEqual(where({ 'pyproject.toml': '[project\ndependencies' }), ['malformed pyproject.toml']);
  });
  it('of something installed or shown as a sample is nobody’s', () => {
    const text = '[project]\ndependencies = ["a"]\n';
    for (const folder of [
      'x/site-packages/a',
      'usr/lib/python3/dist-packages/a',
      'usr/share/doc/a',
      'srv/examples/a',
    ]) {
      assert.deepEqual(where({ [`${folder}/pyproject.toml`]: text }), [], folder);
    }
  });
});
