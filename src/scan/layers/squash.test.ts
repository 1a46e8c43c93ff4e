import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import type { Cataloger } from '../cataloger.ts';
import type { ScanOptions } from '../scan.ts';
import { type MemoryLayer, memoryImage } from '../testing/memory-image.ts';
import { everyPackageJson, found, sampleScan } from '../testing/sample-cataloger.ts';
import { type TarPiece, tarBytes } from '../testing/tar-bytes.ts';

const json = (folder: string, content = folder): TarPiece => ({ path: `${folder}/package.json`, content });
const layers = (...pieces: TarPiece[][]): MemoryLayer[] => pieces.map((each) => ({ tar: tarBytes(each) }));

/** What is found, and the codes of the problems; the same whether layers come lowest or highest first. */
async function seen(
  image: MemoryLayer[],
  options: Partial<ScanOptions> = {},
): Promise<{ found: string[]; problems: string[] }> {
  const results = [];
  for (const turned of [false, true]) {
    for (const chunk of [100, 65_536]) {
      const inventory = await sampleScan(memoryImage(image, { turned, chunk }), options);
      const lines = found(inventory).map(([path, content, layer]) => `${path} ${content} ${layer}`);
      results.push({
        found: lines,
        problems: inventory.problems.map(
          ({ code, where, message }) => `${code} ${where.replace(/sha256:\w+/, '#')} ${message}`,
        ),
      });
    }
  }
  for (const result of results) assert.deepEqual(result, results[0]);
  return results[0] ?? { found: [], problems: [] };
}

const paths = async (image: MemoryLayer[], options: Partial<ScanOptions> = {}): Promise<string[]> => {
  const { found: lines, problems } = await seen(image, options);
  assert.deepEqual(problems, []);
  return lines;
};

describe('layers laid over each other', () => {
  it('a later layer replaces a file, also by something that is no file', async () => {
    const lower = ['a', 'b', 'c', 'd', 'e'].map((name) => json(name, 'old'));
    const upper: TarPiece[] = [
      json('a', 'new'),
      { path: 'b/package.json', type: '5' },
      { path: 'c/package.json', type: '3' },
      { path: 'd', type: '2', link: 'a' },
      { path: 'e' },
    ];
    assert.deepEqual(await paths(layers(lower, upper)), ['a/package.json new 1']);
  });
  it('a file that is no longer wanted replaces one that was', async () => {
    const small: Cataloger = {
      ...everyPackageJson,
      wants: (file) => file.name === 'package.json' && file.mode === 0o644,
    };
    const image = layers([json('a', 'old')], [{ ...json('a', 'new'), mode: 0o600 }]);
    assert.deepEqual((await seen(image, { catalogers: [small] })).found, []);
  });
  it('whiteouts remove files and folders of lower layers, not of their own', async () => {
    const lower = [json('a'), json('b'), json('b/c'), json('bb'), json('d')];
    const upper: TarPiece[] = [
      { path: 'a/.wh.package.json' },
      json('b/new'),
      { path: '.wh.b' },
      { path: '.wh..wh.plnk', type: '5' },
    ];
    assert.deepEqual(await paths(layers(lower, upper)), [
      'b/new/package.json b/new 1',
      'bb/package.json bb 0',
      'd/package.json d 0',
    ]);
    assert.deepEqual(await paths(layers(lower, upper, [json('a')])), [
      'a/package.json a 2',
      'b/new/package.json b/new 1',
      'bb/package.json bb 0',
      'd/package.json d 0',
    ]);
  });
  it('an opaque folder hides what lower layers have in it, a whiteout of a link only the link', async () => {
    const lower: TarPiece[] = [json('a'), json('a/b'), json('c'), { path: 'link', type: '2', link: 'c' }];
    assert.deepEqual(await paths(layers(lower, [json('a/n'), { path: 'a/.wh..wh..opq' }, { path: '.wh.link' }])), [
      'a/n/package.json a/n 1',
      'c/package.json c 0',
    ]);
    assert.deepEqual(await paths(layers(lower, [{ path: '.wh..wh..opq' }, json('z')])), ['z/package.json z 1']);
  });
  it('whiteouts that name no file are told', async () => {
    const { found: lines, problems } = await seen(
      layers([json('a')], [{ path: 'a/.wh.' }, { path: 'a/.wh...' }, { path: '.wh..' }]),
    );
    assert.deepEqual(lines, ['a/package.json a 0']);
    assert.deepEqual(
      problems.map((text) => text.split(' ')[0]),
      ['unsafe-path', 'unsafe-path', 'unsafe-path'],
    );
  });
});

describe('links', () => {
  it('hard links share content, of their own layer or a lower one, kept or not', async () => {
    const lower: TarPiece[] = [
      json('a'),
      { path: 'data.bin', content: 'stored' },
      { path: 'b/package.json', type: '1', link: 'a/package.json' },
    ];
    const upper: TarPiece[] = [
      { path: 'c/package.json', type: '1', link: './data.bin' },
      { path: 'd/package.json', type: '1', link: '/b/package.json' },
      { path: 'e/package.json', type: '1', link: 'd/package.json' },
      { path: 'f/package.json', type: '1', link: 'nowhere' },
      { path: 'g/package.json', type: '1', link: 'g/package.json' },
    ];
    assert.deepEqual(await paths(layers(lower, upper)), [
      'a/package.json a 0',
      'b/package.json a 0',
      'c/package.json stored 1',
      'd/package.json a 1',
      'e/package.json a 1',
    ]);
  });
  it('a hard link to outside is told', async () => {
    const { problems } = await seen(layers([{ path: 'package.json', type: '1', link: '../x' }, json('a')]));
    assert.deepEqual(problems, [
      'unsafe-path layer #: package.json A hard link to a place outside of the image; the entry was not read.',
    ]);
  });
  it('symbolic links are followed inside the root; the file counts once', async () => {
    const image = layers(
      [json('real'), { path: 'data.bin', content: 'stored' }, { path: 'dir', type: '2', link: 'real' }],
      [
        { path: 'again/package.json', type: '2', link: '../dir/package.json' },
        { path: 'other/package.json', type: '2', link: '../../../../data.bin' },
        { path: 'absolute/package.json', type: '2', link: '/x/../data.bin' },
        { path: 'nowhere/package.json', type: '2', link: '/etc/passwd' },
        { path: 'loop/package.json', type: '2', link: 'package.json' },
        { path: 'loop2/package.json', type: '2', link: '../loop3/package.json' },
        { path: 'loop3/package.json', type: '2', link: '../loop2/package.json' },
        { path: 'folder/package.json', type: '2', link: '../real' },
      ],
    );
    assert.deepEqual(await paths(image), [
      'absolute/package.json stored 1',
      'other/package.json stored 1',
      'real/package.json real 0',
    ]);
  });
  it('a view follows links to what it holds', async () => {
    const answers: (string | null)[] = [];
    const asking: Cataloger = {
      ...everyPackageJson,
      catalog: (view) => {
        for (const path of [
          'dir/package.json',
          'dir/../dir/package.json',
          'up/package.json',
          'loop/package.json',
          'none',
          'real/package.json',
        ]) {
          const file = view.get(path);
          answers.push(file === null ? null : `${file.path} via ${view.resolve(path)}`);
        }
        answers.push(view.resolve('loop/x/y'), view.resolve('dir/new/file'), view.resolve(''));
        return { components: [], problems: [] };
      },
    };
    const links: [string, string][] = [
      ['dir', 'real'],
      ['up', 'dir/.'],
      ['loop', 'loop2'],
      ['loop2', 'loop'],
    ];
    const image = layers([json('real'), ...links.map(([path, link]): TarPiece => ({ path, type: '2', link }))]);
    await sampleScan(memoryImage(image), { catalogers: [asking] });
    const real = 'real/package.json via real/package.json';
    assert.deepEqual(answers, [real, real, real, null, null, real, 'loop/x/y', 'real/new/file', '']);
  });
});

describe('bad layers', () => {
  const whole = tarBytes([json('a'), json('b', 'b'.repeat(900)), json('c')]);
  it('compression of every kind', async () => {
    const frames = Buffer.concat([zstdCompressSync(whole.subarray(0, 700)), zstdCompressSync(whole.subarray(700))]);
    for (const stored of [gzipSync(whole), zstdCompressSync(whole), frames]) {
      assert.equal((await paths([{ tar: whole, stored }])).length, 3);
    }
  });
  it('a readable part is reported, and that it is only a part', async () => {
    const gz = gzipSync(whole, { level: 0 });
    const cut = gz.subarray(0, 1100);
    const flipped = Buffer.from(whole);
    flipped[512] = 0x41;
    const cases: [Uint8Array | null, string[], string[]][] = [
      [
        cut,
        ['a'],
        [
          'truncated layer # The gzip data of the layer end too early; it was read as far as it goes.',
          'truncated layer #: end of archive The archive ends in the middle of an entry; what comes after is missing.',
        ],
      ],
      [
        flipped,
        ['A', 'b', 'c'],
        ["digest-mismatch layer # The layer's content has the digest #, not #: the copy is damaged or was changed."],
      ],
      [null, [], ['unreadable layer # layer-0 is missing.']],
    ];
    for (const [stored, contents, expected] of cases) {
      const { found: lines, problems } = await seen([{ tar: whole, stored }, ...layers([])]);
      const plain = problems
        .map((text) => text.replaceAll(/sha256:\w+/g, '#'))
        .filter((text) => !text.startsWith('nothing'));
      assert.deepEqual(plain.sort(), expected);
      assert.deepEqual(
        lines.map((line) => line.split(' ')[1]?.[0]).filter((c) => c !== 'b' || contents.includes('b')),
        contents,
      );
    }
  });
  it('bytes behind the end of the compressed data are told', async () => {
    const damaged = 'malformed layer # The gzip data of the layer are damaged; it was read as far as it goes.';
    const zeros = await seen([{ tar: whole, stored: Buffer.concat([gzipSync(whole), Buffer.alloc(500)]) }]);
    assert.deepEqual([zeros.found.length, zeros.problems], [3, [damaged]]);
    // How much of the last chunk is had depends on where the decoder meets the garbage.
    const stored = Buffer.concat([gzipSync(whole), Buffer.from('garbage')]);
    const { problems } = await sampleScan(memoryImage([{ tar: whole, stored }]));
    assert.ok(problems.some(({ code, message }) => code === 'malformed' && damaged.endsWith(message)));
  });
  it('bz2 and xz are refused, not passed over', async () => {
    const { problems } = await seen([{ tar: whole, stored: Buffer.concat([Buffer.from('BZh91AY&SY'), whole]) }]);
    assert.ok(problems.some((text) => text.startsWith('unsupported layer # The layer is packed with bzip2')));
  });
  it('limits: entries, links, whiteouts, bytes, kept bytes and files, a bomb', async () => {
    const many = Array.from({ length: 50 }, (_, i) => json(`m${String(i).padStart(2, '0')}`));
    const links = Array.from({ length: 9 }, (_, i): TarPiece => ({ path: `l${i}`, type: '2', link: 'x' }));
    const gone = Array.from({ length: 9 }, (_, i): TarPiece => ({ path: `.wh.${i}` }));
    const cases: [Partial<ScanOptions['limits']>, MemoryLayer[], number, RegExp][] = [
      [{ entries: 10 }, layers(many), 10, /hold more than 10 entries/],
      [{ links: 5 }, layers([...many.slice(0, 3), ...links, json('z')]), 3, /more than 5 links/],
      [{ whiteouts: 5 }, layers([...many.slice(0, 3), ...gone, json('z')]), 3, /removes more than 5 paths/],
      [{ keptFiles: 7 }, layers(many), 7, /more than one scan keeps in memory/],
      [{ keptBytes: 30 }, layers(many), 1, /more than one scan keeps in memory/],
    ];
    for (const [limits, image, count, message] of cases) {
      const inventory = await sampleScan(memoryImage(image), { limits: limits ?? {} });
      if (count !== 1) assert.equal(inventory.components.length, count, String(message));
      assert.ok(inventory.components.length < 50);
      assert.ok(
        inventory.problems.length > 0 &&
          inventory.problems.every(({ code, message: text }) => code === 'limit-exceeded' && message.test(text)),
        JSON.stringify(inventory.problems),
      );
    }
    const bomb = Buffer.concat([
      tarBytes([json('a')], false),
      tarBytes([{ path: 'zeros', content: Buffer.alloc(4_000_000) }, json('b')]),
    ]);
    const stored = gzipSync(bomb);
    for (const limits of [{ totalBytes: 1_000_000 }, { ratio: 100, ratioFromBytes: 500_000 }]) {
      const inventory = await sampleScan(memoryImage([{ tar: bomb, stored }, ...layers([json('z')])]), { limits });
      const expected = 'totalBytes' in limits ? ['a/package.json'] : ['a/package.json', 'z/package.json'];
      assert.deepEqual(
        found(inventory).map(([path]) => path),
        expected,
      );
      assert.ok(inventory.problems.length > 0 && inventory.problems.every(({ code }) => code === 'limit-exceeded'));
    }
  });
  it('a file that is too large for its cataloger is told, unless a later layer removed it', async () => {
    const image = layers([json('a', 'x'.repeat(2000)), json('b')]);
    assert.deepEqual(await seen(image), {
      found: ['b/package.json b 0'],
      problems: [
        'limit-exceeded a/package.json 2000 bytes are more than the 1000 that lang/sample reads; the file was passed over.',
      ],
    });
    assert.deepEqual(await paths([...image, ...layers([{ path: '.wh.a' }])]), ['b/package.json b 0']);
  });
  it('a cataloger that throws is a bug and comes through; an abort ends the scan with its reason', async () => {
    const bug = new RangeError('bug');
    const broken: Cataloger = {
      ...everyPackageJson,
      extract: () => ({
        push: () => {
          throw bug;
        },
        end: () => null,
      }),
    };
    for (const stored of [whole, gzipSync(whole)]) {
      await assert.rejects(sampleScan(memoryImage([{ tar: whole, stored }]), { catalogers: [broken] }), bug);
    }
    const reason = new Error('enough');
    await assert.rejects(sampleScan(memoryImage([{ tar: whole }]), { signal: AbortSignal.abort(reason) }), reason);
  });
});
