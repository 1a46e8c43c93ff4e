import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { acceptCataloger } from '../../../testing/accept-cataloger.ts';
import { listing } from '../../../testing/listing.ts';
import { npmManifest } from './index.ts';

const asks = '{"name":"app","dependencies":{"a":"^1","b":"^2"}}';
const where = (files: Readonly<Record<string, string>>) =>
  listing(npmManifest, files).problems.map((problem) => `${problem.code} ${problem.where}`);

acceptCataloger(npmManifest, [
  { name: 'locked', files: { 'srv/package.json': asks, 'srv/package-lock.json': '{}' }, atLeast: 0 },
]);

describe('a package.json of a project', () => {
  it('without a lockfile or node_modules is a problem that says what to do', () => {
    assert.deepEqual(listing(npmManifest, { 'srv/package.json': asks }), {
      components: [],
      problems: [
        {
          code: 'unsupported',
          where: 'srv/package.json',
          message:
            'asks for 2 components, but there is no lockfile and no node_modules that tells their versions: write a lockfile (npm install --package-lock-only) or scan the installed project',
        },
      ],
      lines: [],
    });
  });
  it('with a lockfile or node_modules beside or above it is none', () => {
    for (const cover of [
      'package-lock.json',
      'npm-shrinkwrap.json',
      'yarn.lock',
      'pnpm-lock.yaml',
      'node_modules/a/package.json',
    ]) {
      assert.deepEqual(
        where({ 'srv/package.json': asks, 'srv/one/package.json': asks, [`srv/${cover}`]: '' }),
        [],
        cover,
      );
    }
    assert.deepEqual(where({ 'srv/package.json': asks, 'other/yarn.lock': '' }), ['unsupported srv/package.json']);
  });
  it('with a lockfile that is not read is one that names it', () => {
    const { problems } = listing(npmManifest, { 'package.json': asks, 'bun.lock': '{}' });
    assert.match(problems[0]?.message ?? '', /^asks for 2 components, but bun\.lock is not read and no node_modules/);
    assert.equal(problems.length, 1);
  });
  it('that asks for nothing from outside is none', () => {
    for (const text of [
      '{}',
      '{"devDependencies":{"a":"1"}}',
      '{"dependencies":{"a":"workspace:*","b":"file:../b"}}',
    ]) {
      assert.deepEqual(where({ 'package.json': text }), [], text);
    }
  });
  it('that is not JSON is a problem', () => {
    assert.deepEqual(where({ 'srv/package.json': '{' }), ['malformed srv/package.json']);
  });
  it('of something installed, cached or shown as a sample is nobody’s', () => {
    for (const folder of [
      'usr/share/nodejs/a',
      'usr/lib/node_modules/npm',
      'usr/lib/python3/dist-packages/a/static',
      'srv/venv/lib/python3.11/site-packages/a/staging',
      'srv/examples/a',
      'root/go/pkg/mod/example.org/a@v1.0.0/web',
      'root/.cache/a',
    ]) {
      assert.deepEqual(where({ [`${folder}/package.json`]: asks }), [], folder);
    }
  });
});
