import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { normalizedPythonName, parseRequirement, pinnedVersion, pythonComponent } from './python-component.ts';

describe('requirements of PEP 508', () => {
  const lines: [string, string | null][] = [
    ['a', 'a||'],
    ['A.b_c-d', 'A.b_c-d||'],
    ['a>=1,<2', 'a|>=1,<2|'],
    ['a (>=1,<2)', 'a|>=1,<2|'],
    ['a[x,y]==1.0 ; python_version < "3.10"', 'a|==1.0|python_version < "3.10"'],
    ['a [x] ; extra == "b;c"', 'a||extra == "b;c"'],
    ['a @ https://example.org/a;b.zip ; os_name == "nt"', 'a|@ https://example.org/a;b.zip|os_name == "nt"'],
    ['a@git+https://example.org/a', 'a|@git+https://example.org/a|'],
    ['-r other.txt', null],
    ['a[x', null],
    ['', null],
    ['.hidden', null],
    ['name-', null],
  ];
  for (const [text, parts] of lines) {
    it(`${text} is ${parts}`, () => {
      const found = parseRequirement(text);
      assert.equal(found === null ? null : [found.name, found.specifier, found.marker].join('|'), parts);
    });
  }
  it('knows a pin from everything else', () => {
    assert.deepEqual(
      ['==1.0', '== 1.0', '===1.0+local', '==1.*', '==1.0,!=1.1', '>=1', '~=1.0', '', '==', '@ https://x'].map(
        pinnedVersion,
      ),
      ['1.0', '1.0', '1.0+local', null, null, null, null, null, null, null],
    );
  });
  it('never throws, and only gives valid names', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (text) => {
        const found = parseRequirement(text);
        if (found !== null) assert.match(normalizedPythonName(found.name), /^[a-z0-9]+(-[a-z0-9]+)*$/);
      }),
    );
  });
});

describe('components of PyPI', () => {
  it('have one purl for all spellings of a name', () => {
    assert.deepEqual(
      ['Foo.Bar_baz', 'foo--bar-.-baz', 'FOO-BAR-BAZ'].map((name) => pythonComponent(name, '1.0')?.purl),
      ['pkg:pypi/foo-bar-baz@1.0', 'pkg:pypi/foo-bar-baz@1.0', 'pkg:pypi/foo-bar-baz@1.0'],
    );
  });
  it('need a version of PEP 440', () => {
    assert.deepEqual(
      ['1!2.0.post1.dev3+local.1', ' 1.0 ', '2004d', 'latest', '', '1'.repeat(200)].map(
        (version) => pythonComponent('a', version)?.version,
      ),
      ['1!2.0.post1.dev3+local.1', '1.0', undefined, undefined, undefined, undefined],
    );
  });
});
