import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Digest, OperatingSystem } from '../../model/inventory.ts';
import { parsePurl } from '../../model/purl.ts';
import type { Cataloger, Catalogued, FileStat } from '../cataloger.ts';
import { catalogFiles, type SampleFile } from './catalog-files.ts';

/** A real input of a cataloger: the files of a small root file system, and how many components it must give at least. */
export interface Sample {
  readonly name: string;
  /** Path in the artifact → content; a string that starts with `-> ` is a symbolic link to what follows. */
  readonly files: Readonly<Record<string, SampleFile>>;
  readonly atLeast: number;
}

const os: OperatingSystem = { id: 'debian', versionId: '12', name: 'Debian 12', ecosystem: 'Debian:12' };
const layer: Digest = `sha256:${'1'.repeat(64)}`;
const catalogersFolder = join(import.meta.dirname, '..', 'catalogers');

/**
 * The rules that every cataloger keeps, as tests of node:test: its id is its folder, it keeps no state, the same input
 * gives the same result, and empty, truncated, huge, nonsensical or aborted input never makes it throw anything of its own.
 * Call it at the top level of the cataloger's test file, with at least one sample of each format that it reads.
 */
export function acceptCataloger(cataloger: Cataloger, samples: readonly Sample[]): void {
  describe(`${cataloger.id} keeps the rules of catalogers`, () => {
    it('has an id that is its folder, a revision and a size limit', () => {
      const folder = join(catalogersFolder, cataloger.id);
      assert.ok(
        statSync(folder).isDirectory() && readdirSync(folder).includes('index.ts'),
        `${cataloger.id} is not its folder`,
      );
      assert.match(cataloger.id, /^(os|lang)\/[a-z0-9-]+$/);
      assert.ok(Number.isSafeInteger(cataloger.revision) && cataloger.revision >= 1);
      assert.ok(Number.isSafeInteger(cataloger.maxFileSizeBytes) && cataloger.maxFileSizeBytes > 0);
    });
    it('has samples that it finds something in', () => {
      assert.ok(samples.length > 0, 'no sample');
      for (const sample of samples) {
        const found = run(cataloger, sample.files);
        assert.deepEqual(found.problems, [], sample.name);
        assert.ok(found.components.length >= sample.atLeast, `${sample.name}: ${found.components.length} components`);
      }
    });
    it('gives the same result twice, whatever the order of the files', () => {
      for (const sample of samples) {
        const turned = Object.fromEntries(Object.entries(sample.files).reverse());
        const once = run(cataloger, sample.files);
        assert.deepEqual(run(cataloger, turned), once, sample.name);
        assert.deepEqual(run(cataloger, sample.files), once, sample.name);
      }
    });
    it('survives its files cut short, empty, overwritten with noise, and doubled', () => {
      for (const sample of samples) {
        for (const [kind, spoil] of spoilers) run(cataloger, each(sample.files, spoil), `${sample.name}, ${kind}`);
      }
    });
    it('survives text with a million repetitions within a bounded time', () => {
      for (const sample of samples) {
        for (const [kind, text] of huge(cataloger.maxFileSizeBytes)) {
          run(
            cataloger,
            each(sample.files, () => text),
            `${sample.name}, ${kind}`,
          );
        }
      }
    });
    it('answers wants() for any name without throwing, and not for a name that says nothing', () => {
      for (const path of [
        '',
        'x',
        'a/b',
        '__proto__',
        'constructor',
        '.',
        'a'.repeat(4096),
        'caf\u{fffd}',
        'x/'.repeat(2000),
      ]) {
        const name = path.slice(path.lastIndexOf('/') + 1);
        assert.equal(typeof cataloger.wants({ path, name, sizeBytes: 10, mode: 0o644 }), 'boolean');
      }
      const readme: FileStat = { path: 'srv/readme.txt', name: 'readme.txt', sizeBytes: 10, mode: 0o644 };
      assert.equal(cataloger.wants(readme), false);
    });
    it('stops when it is told to, with the reason of the signal or with what it has', () => {
      const reason = new Error('told to stop');
      for (const sample of samples) {
        const { view } = catalogFiles(cataloger, sample.files, layer);
        try {
          check(cataloger.catalog(view, { os, signal: AbortSignal.abort(reason) }), cataloger, sample.name);
        } catch (error) {
          assert.equal(error, reason, sample.name);
        }
      }
    });
  });
}

/** Runs the cataloger over the files as a scan would and checks the shape of what it says. */
function run(cataloger: Cataloger, files: Readonly<Record<string, SampleFile>>, name = ''): Catalogued {
  const { view, wanted } = catalogFiles(cataloger, files, layer);
  const found = cataloger.catalog(view, { os, signal: new AbortController().signal });
  check(found, cataloger, name);
  const paths = new Set(wanted);
  for (const component of found.components) {
    for (const location of component.locations)
      assert.ok(paths.has(location.path), `${name}: ${location.path} was not read`);
  }
  return found;
}

function check(found: Catalogued, cataloger: Cataloger, name: string): void {
  for (const component of found.components) {
    const purl = parsePurl(component.purl);
    assert.ok(purl !== null, `${name}: ${component.purl} is no purl`);
    assert.equal(component.foundBy, cataloger.id, name);
    assert.ok(component.name !== '' && component.version !== '', `${name}: ${component.purl} without name or version`);
    assert.ok(component.locations.length > 0, `${name}: ${component.purl} without a location`);
    assert.deepEqual(
      component.dependsOn,
      [...component.dependsOn].sort(),
      `${name}: dependsOn of ${component.purl} unsorted`,
    );
  }
  for (const problem of found.problems) {
    assert.ok(
      problem.where !== '' && problem.message.length > 0 && problem.message.length <= 1000,
      `${name}: ${problem.code}`,
    );
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
    assert.doesNotMatch(problem.message, /[\u0000-\u001f\u007f]/, `${name}: control characters in a message`);
  }
}

type Spoil = (bytes: Uint8Array) => Uint8Array;

const spoilers: readonly (readonly [string, Spoil])[] = [
  ['empty', () => new Uint8Array()],
  ...[0.1, 0.5, 0.9].map((part): [string, Spoil] => [
    `cut at ${part}`,
    (b) => b.subarray(0, Math.floor(b.length * part)),
  ]),
  ['last byte missing', (b) => b.subarray(0, Math.max(0, b.length - 1))],
  ['every 7th byte turned', (b) => b.map((byte, at) => (at % 7 === 3 ? byte ^ 0xff : byte))],
  ['every 31st byte a quote', (b) => b.map((byte, at) => (at % 31 === 5 ? 0x22 : byte))],
  ['doubled', (b) => Buffer.concat([b, b])],
  ['UTF-16', (b) => Buffer.from(`\u{feff}${Buffer.from(b).toString('latin1')}`, 'utf16le')],
  ['zeros', (b) => new Uint8Array(b.length)],
];

function huge(mostBytes: number): [string, Uint8Array][] {
  const times = Math.min(1_000_000, mostBytes);
  return [
    ['{"a":[', Buffer.from('{"a":['.repeat(times / 10))],
    ['[', Buffer.from('['.repeat(times))],
    ['spaces', Buffer.from(`${' '.repeat(times - 1)}x`)],
    ['line ends', Buffer.from('\n'.repeat(times))],
    ['key: ', Buffer.from('a:\n '.repeat(times / 10))],
    ['one long line', Buffer.from('a'.repeat(times))],
    ['quotes', Buffer.from('"'.repeat(times))],
    [
      '{"__proto__":…}',
      Buffer.from('{"__proto__":{"version":"1"},"constructor":{"name":"x"},"name":"__proto__","version":"1.0.0"}'),
    ],
  ];
}

function each(files: Readonly<Record<string, SampleFile>>, spoil: Spoil): Record<string, SampleFile> {
  return Object.fromEntries(
    Object.entries(files).map(([path, file]) => {
      if (typeof file === 'string' && file.startsWith('-> ')) return [path, file];
      return [path, spoil(typeof file === 'string' ? Buffer.from(file) : file)];
    }),
  );
}
