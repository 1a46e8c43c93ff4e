import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Digest } from '../../../../model/inventory.ts';
import { acceptCataloger } from '../../../testing/accept-cataloger.ts';
import { listing } from '../../../testing/listing.ts';
import { python } from './index.ts';
import { keepHeaders } from './metadata.ts';

const project = join(import.meta.dirname, '../../testdata/python-project');
const layer: Digest = `sha256:${'2'.repeat(64)}`;
const site = 'usr/local/lib/python3.11/site-packages';
const environment = Object.fromEntries(
  readdirSync(join(project, 'installed')).flatMap((folder) =>
    readdirSync(join(project, 'installed', folder)).map((name) => [
      `${site}/${folder}/${name}`,
      readFileSync(join(project, 'installed', folder, name)),
    ]),
  ),
);
const headers = (...lines: string[]) => `Metadata-Version: 2.1\n${lines.join('\n')}\n\nName: of the description\n`;

acceptCataloger(python, [
  { name: 'pip', files: environment, atLeast: 7 },
  { name: 'egg', files: { 'a/x.egg-info/PKG-INFO': headers('Name: x', 'Version: 1.0') }, atLeast: 1 },
  { name: 'old egg', files: { 'a/x-1.0-py2.7.egg-info': headers('Name: x', 'Version: 1.0') }, atLeast: 1 },
]);

describe('an environment that pip installed', () => {
  it('lists what pip list lists', () => {
    const { components, problems } = listing(python, environment, layer);
    assert.deepEqual(problems, []);
    const listed = JSON.parse(readFileSync(join(project, 'installed.json'), 'utf8')) as unknown[];
    assert.deepEqual(
      components.map(({ name, version }) => ({ name, version })).sort((a, b) => a.name.localeCompare(b.name)),
      listed,
    );
  });
  it('knows what was asked for and what needs what', () => {
    assert.deepEqual(listing(python, environment, layer).lines, [
      'pkg:pypi/markdown-it-py@4.3.0 ? -> pkg:pypi/mdurl@0.1.2',
      'pkg:pypi/mdurl@0.1.2 ?',
      'pkg:pypi/pygments@2.21.0 ?',
      'pkg:pypi/pysocks@1.7.1 ?',
      'pkg:pypi/rich@13.5.2 direct -> pkg:pypi/markdown-it-py@4.3.0 pkg:pypi/pygments@2.21.0 pkg:pypi/typing-extensions@4.7.1',
      'pkg:pypi/typing-extensions@4.7.1 direct',
      'pkg:pypi/urllib3@2.0.6 direct',
    ]);
  });
  it('fills every field of a component', () => {
    assert.deepEqual(
      listing(python, environment, layer).components.find((one) => one.name === 'typing_extensions'),
      {
        purl: 'pkg:pypi/typing-extensions@4.7.1',
        name: 'typing_extensions',
        version: '4.7.1',
        foundBy: 'lang/python',
        locations: [{ path: `${site}/typing_extensions-4.7.1.dist-info/METADATA`, layer }],
        direct: true,
        dev: false,
        licenses: ['Python Software Foundation License'],
        dependsOn: [],
      },
    );
  });
});

describe('metadata by hand', () => {
  const at = (content: string | Uint8Array, path = 'site/x-1.dist-info/METADATA') =>
    listing(python, { [path]: content }, layer);

  it('reads eggs, single files, line ends of Windows, and takes the expression for the licence', () => {
    const text = headers('Name: Foo.Bar_baz', 'Version: 1.0', 'License: UNKNOWN', 'License-Expression: MIT OR X11');
    for (const path of ['s/x.egg-info/PKG-INFO', 's/x.egg/EGG-INFO/PKG-INFO', 's/x-1.0-py2.7.egg-info']) {
      assert.deepEqual(
        at(text.replaceAll('\n', '\r\n'), path).components.map(({ purl, name, licenses }) => [purl, name, licenses]),
        [['pkg:pypi/foo-bar-baz@1.0', 'Foo.Bar_baz', ['MIT OR X11']]],
      );
    }
  });
  it('wants nothing but the files of a distribution', () => {
    const text = headers('Name: x', 'Version: 1.0');
    const files = ['METADATA', 'x/METADATA', 'PKG-INFO', 'x.dist-info/RECORD', 'x.egg-info/SOURCES.txt'];
    assert.deepEqual(listing(python, Object.fromEntries(files.map((path) => [path, text]))), {
      components: [],
      problems: [],
      lines: [],
    });
  });
  it('joins edges within one environment, by any spelling, without those of extras', () => {
    const needs = ['Requires-Dist: B_b (>=1)', 'Requires-Dist: c ; extra == "more"', 'Requires-Dist: gone'];
    const found = listing(python, {
      'one/a-1.dist-info/METADATA': headers('Name: a', 'Version: 1', ...needs),
      'one/b_b-1.dist-info/METADATA': headers('Name: b.b', 'Version: 1'),
      'one/c-1.dist-info/METADATA': headers('Name: c', 'Version: 1'),
      'two/b_b-2.dist-info/METADATA': headers('Name: b.b', 'Version: 2'),
    });
    assert.deepEqual(found.lines, [
      'pkg:pypi/a@1 ? -> pkg:pypi/b-b@1',
      'pkg:pypi/b-b@1 ?',
      'pkg:pypi/b-b@2 ?',
      'pkg:pypi/c@1 ?',
    ]);
  });
  it('says what is no distribution', () => {
    const wrong: [string | Uint8Array, string][] = [
      ['', 'has no Name or no Version; install the component again'],
      [headers('Name: x'), 'has no Name or no Version; install the component again'],
      [headers('Name: x', 'Version: one'), 'names no component of PyPI: x one'],
      [headers('Name: ../x', 'Version: 1'), 'names no component of PyPI: ../x 1'],
      [new Uint8Array(100), 'has no Name or no Version; install the component again'],
    ];
    for (const [content, message] of wrong) {
      assert.deepEqual(at(content), {
        components: [],
        problems: [{ code: 'malformed', where: 'site/x-1.dist-info/METADATA', message }],
        lines: [],
      });
    }
  });
  it('leaves versions that a distribution made up to its package', () => {
    const text = headers('Name: distro-info', 'Version: 1.1build1');
    const path = 'lib/python3/dist-packages/distro_info-1.1build1.egg-info';
    assert.deepEqual(at(text, `usr/${path}`), { components: [], problems: [], lines: [] });
    assert.deepEqual(
      at(text, `usr/local/${path}`).problems.map(({ code }) => code),
      ['malformed'],
    );
  });
  it('reads old metadata whose author is not in UTF-8', () => {
    const bytes = Buffer.from('Name: x\nVersion: 1.0\nAuthor: J\u{f6}rg\n', 'latin1');
    assert.deepEqual(at(bytes).lines, ['pkg:pypi/x@1.0 ?']);
  });
});

describe('the extractor of headers', () => {
  const kept = (chunks: readonly string[]) => {
    const extractor = keepHeaders();
    const pushed = chunks.map((chunk) => extractor.push(Buffer.from(chunk)));
    return [Buffer.from(extractor.end() ?? []).toString(), pushed];
  };
  it('stops at the first empty line, wherever the chunks end', () => {
    assert.deepEqual(kept(['a: 1\nb: 2\n\nrest']), ['a: 1\nb: 2\n', [false]]);
    assert.deepEqual(kept(['a: 1\n', '\nrest']), ['a: 1\n', [true, false]]);
    assert.deepEqual(kept(['a: 1\r\n\r', '\nrest']), ['a: 1\r\n\r', [true, false]]);
    assert.deepEqual(kept(['a: 1', '\nb', ': 2']), ['a: 1\nb: 2', [true, true, true]]);
  });
  it('keeps at most 256 KiB of headers that never end', () => {
    const [text, pushed] = kept(Array.from({ length: 10 }, () => 'x'.repeat(65_536)));
    assert.deepEqual([text?.length, (pushed as boolean[]).slice(0, 4)], [262_144, [true, true, true, false]]);
  });
});
