import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, describe, it } from 'node:test';
import fc from 'fast-check';
import tarStream from 'tar-stream';
import { defaultLimits, type Limits } from '../limits.ts';
import { paxBytes, type TarPiece, tarBytes } from '../testing/tar-bytes.ts';
import { TarReader } from './tar-reader.ts';

interface Seen {
  readonly entries: {
    kind: string;
    path: string;
    sizeBytes: number;
    mode: number;
    link: string;
    sparse: boolean;
    content: string;
    complete: boolean;
  }[];
  readonly problems: [code: string, place: string][];
}

function read(bytes: Buffer, chunk = 65_536, limits: Partial<Limits> = {}): Seen {
  const seen: Seen = { entries: [], problems: [] };
  const reader = new TarReader(
    { ...defaultLimits, ...limits },
    (code, place) => seen.problems.push([code, place]),
    (entry) => {
      const { kind, path, sizeBytes, mode, link, sparse } = entry;
      const one = { kind, path, sizeBytes, mode, link, sparse, content: '', complete: false };
      seen.entries.push(one);
      return {
        push: (part) => {
          one.content += part.toString('latin1');
          return true;
        },
        end: (complete) => {
          one.complete = complete;
        },
      };
    },
  );
  for (let at = 0; at < bytes.length; at += chunk) reader.push(bytes.subarray(at, at + chunk));
  reader.end();
  return seen;
}

const scratch = mkdtempSync(join(tmpdir(), 'kvitto-tar-'));
after(() => rmSync(scratch, { recursive: true }));

function sampleTree(): void {
  const deep = join(scratch, 'tree', ...Array.from({ length: 12 }, (_, i) => `a-rather-long-folder-name-${i}`));
  mkdirSync(deep, { recursive: true });
  writeFileSync(join(deep, `${'long'.repeat(40)}.txt`), 'deep');
  writeFileSync(join(scratch, 'tree', 'exactly-512'), 'x'.repeat(512));
  writeFileSync(join(scratch, 'tree', 'empty'), '');
  writeFileSync(join(scratch, 'tree', 'größe-日本.txt'), 'utf8', { mode: 0o755 });
  linkSync(join(scratch, 'tree', 'exactly-512'), join(scratch, 'tree', 'linked'));
  symlinkSync(`${'../'.repeat(60)}somewhere`, join(scratch, 'tree', 'symlink'));
  execFileSync('mkfifo', [join(scratch, 'tree', 'pipe')]);
}

async function withTarStream(bytes: Buffer): Promise<unknown[]> {
  // An option of the library that its types do not know: v7 archives have no magic.
  const extract = tarStream.extract({ allowUnknownFormat: true } as object);
  const seen: unknown[] = [];
  Readable.from([bytes]).pipe(extract);
  for await (const entry of extract) {
    let content = '';
    for await (const part of entry) content += (part as Buffer).toString('latin1');
    const { name, type, size, mode, linkname } = entry.header;
    const kind =
      { file: 'file', directory: 'directory', symlink: 'symlink', link: 'hardlink' }[String(type)] ?? 'other';
    const path = name.replace(/^\.\//, '').replace(/\/$/, '');
    seen.push({
      kind,
      path: path === '.' ? '' : path,
      sizeBytes: size,
      mode,
      link: linkname ?? '',
      sparse: false,
      content,
      complete: true,
    });
  }
  return seen;
}

describe('archives of GNU tar, against tar-stream', () => {
  const there = spawnSync('tar', ['--version']).stdout?.toString().startsWith('tar (GNU tar)') === true;
  for (const format of ['gnu', 'pax', 'ustar', 'v7']) {
    it(format, async (t) => {
      if (!there) return t.skip('GNU tar is not installed: apt-get install tar');
      rmSync(join(scratch, 'tree'), { recursive: true, force: true });
      sampleTree();
      // Formats without long names leave those out and say so.
      const made = spawnSync('tar', [
        `--format=${format}`,
        '--sort=name',
        '-cf',
        join(scratch, `${format}.tar`),
        '-C',
        join(scratch, 'tree'),
        '.',
      ]);
      assert.equal(made.status, format === 'gnu' || format === 'pax' ? 0 : 2);
      const bytes = readFileSync(join(scratch, `${format}.tar`));
      const expected = await withTarStream(bytes);
      assert.ok(expected.length > 8, String(expected.length));
      for (const chunk of [1, 7, 512, 1000, 65_536])
        assert.deepEqual(read(bytes, chunk), { entries: expected, problems: [] }, String(chunk));
    });
  }
  for (const [format, version] of [
    ['gnu', ''],
    ['pax', '0.0'],
    ['pax', '0.1'],
    ['pax', '1.0'],
  ] as const) {
    it(`a sparse file is known as one: ${format} ${version}`, (t) => {
      if (!there) return t.skip('GNU tar is not installed: apt-get install tar');
      const folder = mkdtempSync(join(scratch, 'sparse-'));
      writeFileSync(join(folder, 'a-sparse'), 'start');
      truncateSync(join(folder, 'a-sparse'), 10_000_000);
      writeFileSync(join(folder, 'b-after'), 'after');
      const option = version === '' ? [] : [`--sparse-version=${version}`];
      execFileSync('tar', [
        `--format=${format}`,
        ...option,
        '-S',
        '-cf',
        `${folder}.tar`,
        '-C',
        folder,
        'a-sparse',
        'b-after',
      ]);
      const { entries, problems } = read(readFileSync(`${folder}.tar`), 100);
      assert.deepEqual(
        entries.map(({ path, sparse }) => [path, sparse]),
        [
          ['a-sparse', true],
          ['b-after', false],
        ],
      );
      assert.equal(entries[1]?.content, 'after');
      assert.deepEqual(problems, []);
    });
  }
});

describe('archives made by hand', () => {
  const file = (path: string, more: Partial<TarPiece> = {}): TarPiece => ({ path, content: 'abc', ...more });
  const paths = (bytes: Buffer, limits: Partial<Limits> = {}): [string[], [string, string][]] => {
    const { entries, problems } = read(bytes, 333, limits);
    return [entries.map(({ path }) => path), problems];
  };
  it('names are made normal, and refused where they leave the root', () => {
    const names = ['/etc/a', './b', '//c//d/./e', '.', './', 'x/', '..', '../f', 'g/../h', 'i/..', '...', '..j', '.k'];
    const [seen, problems] = paths(tarBytes(names.map((path) => file(path))));
    assert.deepEqual(seen, ['etc/a', 'b', 'c/d/e', '', '', 'x', '...', '..j', '.k']);
    assert.deepEqual(problems, [
      ['unsafe-path', '..'],
      ['unsafe-path', '../f'],
      ['unsafe-path', 'g/../h'],
      ['unsafe-path', 'i/..'],
    ]);
  });
  it('names that are no UTF-8 keep their readable part', () => {
    const spoil = (header: Buffer): void => void header.set([0x63, 0xe4, 0x74], 0);
    assert.deepEqual(paths(tarBytes([file('', { spoil })])), [['c\u{fffd}t'], []]);
  });
  it('base-256 sizes are read; negative and impossible ones end the archive', () => {
    const size = (bytes: number[]) => (header: Buffer) => void header.set(bytes, 124);
    const big = [0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3];
    assert.deepEqual(
      read(tarBytes([file('a', { spoil: size(big) }), file('b')])).entries.map(({ content }) => content),
      ['abc', 'abc'],
    );
    for (const bad of [Array(12).fill(0xff), [0x80, 0, 1, ...Array(9).fill(0)], [0x39, 0x39]]) {
      assert.deepEqual(paths(tarBytes([file('a', { spoil: size(bad) }), file('b')])), [[], [['malformed', 'a']]]);
    }
  });
  it('a damaged header, a lone block of zeros and an end that is too early are told', () => {
    const damaged = (header: Buffer): void => void header.set([0x7a], 0);
    assert.deepEqual(paths(tarBytes([file('a'), file('b', { break: damaged }), file('c')])), [
      ['a'],
      [['malformed', 'archive']],
    ]);
    const lone = Buffer.concat([tarBytes([file('a')], false), Buffer.alloc(512), tarBytes([file('b')])]);
    assert.deepEqual(paths(lone), [['a'], [['malformed', 'archive']]]);
    const whole = tarBytes([file('a'), file('b')], false);
    assert.deepEqual(paths(whole), [['a', 'b'], []]);
    assert.deepEqual(paths(whole.subarray(0, 1024 + 513)), [['a', 'b'], [['truncated', 'end of archive']]]);
    assert.deepEqual(paths(whole.subarray(0, 1024 + 100)), [['a'], [['truncated', 'end of archive']]]);
    assert.equal(read(whole.subarray(0, 1024 + 513)).entries[1]?.complete, false);
  });
  it('what comes behind the end is not read', () => {
    assert.deepEqual(paths(Buffer.concat([tarBytes([file('a')]), tarBytes([file('b')])])), [['a'], []]);
  });
  it('pax records name, link and size; malformed and huge ones spoil only the entry behind them', () => {
    const pax = (content: Uint8Array, type = 'x'): TarPiece => ({ path: 'pax', type, content });
    const long = 'd/'.repeat(300);
    assert.deepEqual(paths(tarBytes([pax(paxBytes({ path: `${long}f`, size: '3' })), file('short'), file('next')])), [
      [`${long}f`, 'next'],
      [],
    ]);
    for (const bad of ['99 path=a\n', '0 a=b\n', 'x', '10 pathabc\n', '-5 a=b\n', '7 a=bcd']) {
      assert.deepEqual(
        paths(tarBytes([pax(Buffer.from(bad)), file('a'), file('b')])),
        [['b'], [['malformed', 'extended header']]],
        bad,
      );
    }
    assert.deepEqual(paths(tarBytes([pax(paxBytes({ size: '-1' })), file('a')])), [[], [['malformed', 'a']]]);
    assert.deepEqual(paths(tarBytes([pax(paxBytes({ path: '../x' })), file('a')])), [[], [['unsafe-path', '../x']]]);
    assert.deepEqual(
      paths(tarBytes([pax(paxBytes({ path: 'a\0b' })), file('a')]))[1].map(([code]) => code),
      ['unsafe-path'],
    );
    assert.deepEqual(paths(tarBytes([pax(Buffer.alloc(2000)), file('a'), file('b')]), { paxBytes: 1000 }), [
      ['b'],
      [['limit-exceeded', 'pax']],
    ]);
    assert.deepEqual(
      paths(tarBytes([pax(paxBytes({ path: 'p'.repeat(300) })), file('a')]), { pathBytes: 200 })[1].map(
        ([code]) => code,
      ),
      ['limit-exceeded'],
    );
    assert.deepEqual(paths(tarBytes([pax(paxBytes({ comment: 'x' }), 'g'), file('a')])), [['a'], []]);
    assert.deepEqual(paths(tarBytes([pax(paxBytes({ path: 'all' }), 'g'), file('a')])), [
      ['a'],
      [['unsupported', 'global header']],
    ]);
  });
  it('devices and pipes have no content, whatever size they claim', () => {
    const size = (header: Buffer): void => void header.write('00000001000', 124);
    const pieces = ['3', '4', '6', '5', '2'].map((type) => ({ path: `t${type}`, type, spoil: size }));
    const { entries, problems } = read(tarBytes([...pieces, file('last')]));
    assert.deepEqual(
      entries.map(({ kind, sizeBytes }) => [kind, sizeBytes]),
      [
        ['other', 0],
        ['other', 0],
        ['other', 0],
        ['directory', 0],
        ['symlink', 0],
        ['file', 3],
      ],
    );
    assert.deepEqual(problems, []);
  });
  it('any bytes in any chunks: nothing is thrown, and the chunks make no difference', () => {
    const base = tarBytes([
      { path: 'pax', type: 'x', content: paxBytes({ path: 'long' }) },
      file('a'),
      { path: 'L', type: 'L', content: 'n' },
      file('b'),
    ]);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(base.length - 1), fc.nat(255)), { maxLength: 6 }),
        fc.nat(base.length),
        fc.integer({ min: 1, max: 700 }),
        (changes, end, chunk) => {
          const bytes = Buffer.from(base);
          for (const [at, value] of changes) bytes[at] = value;
          const cut = bytes.subarray(0, end);
          assert.deepEqual(read(cut, chunk), read(cut));
        },
      ),
      { numRuns: 300 },
    );
  });
});
