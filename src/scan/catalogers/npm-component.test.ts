import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parsePurl } from '../../model/purl.ts';
import { isNpmName, npmComponent, npmVersion } from './npm-component.ts';

describe('names of npm', () => {
  it('are what npm takes, old ones too', () => {
    const names = ['a', 'a.b-c_d', '@s/a', 'JSONStream', "fs-extra!'()*~", '-', '1', '@-/a', 'a'.repeat(214)];
    assert.deepEqual(
      names.filter((name) => !isNpmName(name)),
      [],
    );
  });
  it('are not paths, hidden files, or what a URL would escape', () => {
    const names = [
      ...['', '.a', '_a', 'a/b', '@a', '@/a', '@a/', '@a/b/c', '@a/.b', '../a', 'a b', 'a%20', 'a\u{0}', 'ä'],
      ...['a@1', 'a'.repeat(215), 'a\n'],
    ];
    assert.deepEqual(names.filter(isNpmName), []);
  });
});

describe('versions of npm', () => {
  it('are taken as they stand, or cleaned', () => {
    assert.deepEqual(
      ['1.2.3', ' 1.2.3 ', 'v1.2.3', '=1.2.3', '1.2.3-rc.1+b.5', '1.2', 'latest', '', '1.2.3'.repeat(100)].map(
        npmVersion,
      ),
      ['1.2.3', '1.2.3', '1.2.3', '1.2.3', '1.2.3-rc.1+b.5', null, null, null, null],
    );
  });
});

describe('components of npm', () => {
  it('have a purl that holds scope, name and version', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[a-z0-9][a-z0-9._~-]{0,20}$/),
        fc.option(fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,20}$/), { nil: null }),
        (name, scope) => {
          const component = npmComponent(scope === null ? name : `@${scope}/${name}`, '1.0.0');
          const purl = parsePurl(component?.purl ?? '');
          assert.deepEqual(
            [purl?.type, purl?.namespace, purl?.name, purl?.version],
            ['npm', scope === null ? null : `@${scope}`, name, '1.0.0'],
          );
        },
      ),
    );
  });
});
