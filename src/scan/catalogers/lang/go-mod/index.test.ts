import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Component, Digest } from '../../../../model/inventory.ts';
import { acceptCataloger } from '../../../testing/accept-cataloger.ts';
import { catalogFiles, type SampleFile } from '../../../testing/catalog-files.ts';
import { parseGoMod } from './go-mod.ts';
import { goMod } from './index.ts';

const layer: Digest = `sha256:${'a'.repeat(64)}`;
const data = (path: string) => readFileSync(join(import.meta.dirname, 'testdata', path));
const tidy122 = { 'srv/go.mod': data('go-1.22/go.mod'), 'srv/go.sum': data('go-1.22/go.sum') };
const tidy116 = { 'srv/go.mod': data('go-1.16/go.mod'), 'srv/go.sum': data('go-1.16/go.sum') };

acceptCataloger(goMod, [
  { name: 'Go 1.22', files: tidy122, atLeast: 4 },
  { name: 'Go 1.16 with go.sum', files: tidy116, atLeast: 3 },
]);

const byPurl = (a: Component, b: Component) => (a.purl < b.purl ? -1 : a.purl > b.purl ? 1 : 0);

function run(files: Record<string, SampleFile>) {
  const { view } = catalogFiles(goMod, files, layer);
  const { components: found, problems } = goMod.catalog(view, { os: null, signal: new AbortController().signal });
  const components = found.toSorted(byPurl);
  return {
    components: components.map((c) => `${c.purl} ${c.direct} ${c.locations.map((at) => at.path)}`),
    problems: problems.map((p) => `${p.code} ${p.where}: ${p.message}`),
    first: components[0],
  };
}

test('a go.mod of today names everything', () => {
  const found = run(tidy122);
  assert.deepEqual(found, {
    components: [
      'pkg:golang/github.com/inconshreveable/mousetrap@v1.1.0 false srv/go.mod',
      'pkg:golang/github.com/spf13/cobra@v1.8.0 true srv/go.mod',
      'pkg:golang/github.com/spf13/pflag@v1.0.5 false srv/go.mod',
      'pkg:golang/stdlib@1.22.5 null srv/go.mod',
    ],
    problems: [],
    first: {
      purl: 'pkg:golang/github.com/inconshreveable/mousetrap@v1.1.0',
      name: 'github.com/inconshreveable/mousetrap',
      version: 'v1.1.0',
      foundBy: 'lang/go-mod',
      locations: [{ path: 'srv/go.mod', layer }],
      direct: false,
      dev: false,
      licenses: [],
      dependsOn: [],
    },
  });
});

test('a go.mod before Go 1.17 is completed by go.sum', () => {
  const completed = run(tidy116);
  assert.deepEqual(completed.components, [
    'pkg:golang/github.com/inconshreveable/mousetrap@v1.0.0 false srv/go.sum',
    'pkg:golang/github.com/spf13/cobra@v1.1.3 true srv/go.mod',
    'pkg:golang/github.com/spf13/pflag@v1.0.5 false srv/go.sum',
  ]);
  assert.deepEqual(completed.problems, []);
  const alone = run({ 'srv/go.mod': tidy116['srv/go.mod'] });
  assert.deepEqual(alone.components, ['pkg:golang/github.com/spf13/cobra@v1.1.3 true srv/go.mod']);
  assert.deepEqual(alone.problems, [
    'unsupported srv/go.mod: this go.mod is older than Go 1.17 and names not every module, and there is no go.sum: run `go mod tidy -go=1.17` or keep go.sum beside it',
  ]);
});

test('go.sum: the highest version whose content is there, not what go.mod names or replaces', () => {
  const found = run({
    'go.mod': 'module x\nrequire a.org/a v1.0.0\nreplace b.org/b => b.org/fork v1.5.0\nreplace c.org/c => ./c\n',
    'go.sum':
      'a.org/a v1.9.0 h1:x=\nb.org/b v1.0.0 h1:x=\nc.org/c v1.0.0 h1:x=\nd.org/d v1.9.0 h1:x=\nd.org/d v1.10.0 h1:x=\nd.org/d v1.11.0/go.mod h1:x=\n' +
      'e.org/e v0.0.0-20240101000000-abcdefabcdef h1:x=\nnonsense\n',
  });
  assert.deepEqual(found.components, [
    'pkg:golang/a.org/a@v1.0.0 true go.mod',
    'pkg:golang/b.org/fork@v1.5.0 false go.sum',
    'pkg:golang/d.org/d@v1.10.0 false go.sum',
    'pkg:golang/e.org/e@v0.0.0-20240101000000-abcdefabcdef false go.sum',
  ]);
  assert.deepEqual(found.problems, ['malformed go.sum: 1 lines are not "module version hash"']);
});

test('the grammar: blocks, comments, quotes, replacements', () => {
  assert.deepEqual(
    parseGoMod(
      '// Deprecated: use v2\nmodule "example.com/m" // here\n\ngo 1.21\ntoolchain go1.21.4\ngodebug default=go1.21\ntool example.com/t\n' +
        'require (\n\ta.org/a v1.0.0\n\t`b.org/b` v2.0.0+incompatible // indirect; why\n\n\t// c.org/c v1.0.0\n)\nrequire d.org/d v0.1.0 //indirect\n' +
        'exclude a.org/a v1.1.0\nexclude (\n\tb.org/b v1.1.0\n)\nretract [v1.0.0, v1.1.0] // bad\nretract (\n\tv1.2.0\n)\n' +
        'replace a.org/a v1.0.0 => a.org/fork v1.0.1\nreplace (\n\tb.org/b => ../b\n)\n',
    ),
    {
      module: 'example.com/m',
      go: '1.21',
      toolchain: 'go1.21.4',
      requirements: [
        { path: 'a.org/a', version: 'v1.0.0', direct: true },
        { path: 'b.org/b', version: 'v2.0.0+incompatible', direct: false },
        { path: 'd.org/d', version: 'v0.1.0', direct: false },
      ],
      replacements: [
        { path: 'a.org/a', version: 'v1.0.0', newPath: 'a.org/fork', newVersion: 'v1.0.1' },
        { path: 'b.org/b', version: null, newPath: '../b', newVersion: null },
      ],
      errors: [],
      cut: false,
    },
  );
});

test('replacements hold for their version or for all', () => {
  const found = run({
    'go.mod':
      'module x\ngo 1.22\nrequire (\n\ta.org/a v1.0.0\n\tb.org/b v1.0.0\n\tc.org/c v1.0.0\n)\n' +
      'replace a.org/a v0.9.0 => a.org/other v1.0.0\nreplace b.org/b => b.org/fork/v2 v2.1.0\nreplace c.org/c v1.0.0 => ../c\n',
  });
  assert.deepEqual(found.components, [
    'pkg:golang/a.org/a@v1.0.0 true go.mod',
    'pkg:golang/b.org/fork/v2@v2.1.0 true go.mod',
  ]);
  assert.deepEqual(found.problems, []);
});

test('what is no go.mod is a problem', () => {
  assert.deepEqual(
    run({
      'go.mod':
        'module x\ngo 1.22\nrequire a.org/a\nrequire b.org/b master\nfoo bar\nmodule "x\nrequire c.org/c v1.0.0\n',
    }),
    {
      components: ['pkg:golang/c.org/c@v1.0.0 true go.mod'],
      problems: [
        'malformed go.mod: not a line of a go.mod file: 3: require a.org/a',
        'malformed go.mod: not a line of a go.mod file: 5: foo bar',
        'malformed go.mod: not a line of a go.mod file: 6: module "x',
        'malformed go.mod: not a Go module and version: b.org/b master',
      ],
      first: run({ 'go.mod': 'module x\ngo 1.22\nrequire c.org/c v1.0.0\n' }).first,
    },
  );
  assert.deepEqual(run({ 'go.mod': 'go 1.22\n' }).problems, ['malformed go.mod: go.mod has no module line']);
});

test('what Go leaves aside is left aside', () => {
  const mod = 'module x\ngo 1.22\nrequire a.org/a v1.0.0\n';
  assert.deepEqual(
    run({ 'go/pkg/mod/a.org/a@v1.0.0/go.mod': mod, 'srv/testdata/go.mod': mod, 'vendor/a/go.mod': mod }).components,
    [],
  );
  assert.deepEqual(run({ 'usr/local/go/src/go.mod': 'module std\ngo 1.26\nrequire golang.org/x/net v0.1.0\n' }), {
    components: [],
    problems: [],
    first: undefined,
  });
  assert.deepEqual(run({ 'a/go.mod': mod, 'b/go.mod': mod.replace('v1.0.0', 'v1.0.0 // indirect') }).components, [
    'pkg:golang/a.org/a@v1.0.0 true a/go.mod',
    'pkg:golang/a.org/a@v1.0.0 false b/go.mod',
  ]);
});

test('more modules than any build has are cut off, and it is said', () => {
  const lines = (to: string) => Array.from({ length: 100_010 }, (_, i) => `a.org/m${i} v1.0.0${to}`).join('');
  const parsed = parseGoMod(`module x\nrequire (\n${lines('\n')})\n`);
  assert.deepEqual([parsed.requirements.length, parsed.cut, parsed.errors], [100_000, true, []]);
  const cut = run({ 'go.mod': 'module y\nreplace a.org/m7 => ./m7\n', 'go.sum': lines(' h1:x=\n') });
  assert.equal(cut.components.length, 99_999);
  assert.deepEqual(cut.problems, ['limit-exceeded go.sum: more than 100000 modules: the rest was not read']);
});

test('a go.mod of which no line can be read is told', () => {
  for (const text of ['', '['.repeat(100_000)]) {
    assert.deepEqual(
      run({ 'go.mod': text }).problems,
      ['malformed go.mod: go.mod has no module line'],
      text.slice(0, 9),
    );
  }
});

test('no text makes the reader throw', () => {
  const word = fc.constantFrom(
    'require',
    'replace',
    '(',
    ')',
    '=>',
    '//',
    '"',
    '`',
    'a.org/a',
    'v1.0.0',
    'module',
    'go',
    '\n',
    ' ',
    '\t',
    '__proto__',
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(word, fc.string()), { maxLength: 60 }), (words) => void parseGoMod(words.join(''))),
  );
});
