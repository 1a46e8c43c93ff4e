import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { LogError } from './errors.ts';
import {
  decodeEntries,
  decodeHashes,
  encodeEntries,
  encodeHashes,
  entriesPath,
  parseTilePath,
  tilePath,
} from './tiles.ts';

describe('tiles', () => {
  test('paths as c2sp.org/tlog-tiles writes them', () => {
    assert.equal(tilePath(0, 1_234_067, 256), 'tile/0/x001/x234/067');
    assert.equal(tilePath(3, 0, 1), 'tile/3/000.p/1');
    assert.equal(tilePath(63, 999, 255), 'tile/63/999.p/255');
    assert.equal(entriesPath(1000, 256), 'tile/entries/x001/000');
    assert.equal(entriesPath(1000, 7), 'tile/entries/x001/000.p/7');
    assert.throws(() => tilePath(64, 0, 1), RangeError);
    assert.throws(() => tilePath(0, -1, 1), RangeError);
    assert.throws(() => entriesPath(0, 0), RangeError);
    assert.throws(() => entriesPath(0, 257), RangeError);
  });

  test('paths are read back, and only in that form', () => {
    fc.assert(
      fc.property(fc.nat(63), fc.maxSafeNat(), fc.integer({ min: 1, max: 256 }), (level, index, width) => {
        assert.deepEqual(parseTilePath(tilePath(level, index, width)), { kind: 'hashes', level, index, width });
        assert.deepEqual(parseTilePath(entriesPath(index, width)), { kind: 'entries', index, width });
      }),
    );
    for (const path of [
      '',
      'tile',
      'tile/0',
      'tile/0/0',
      'tile/0/1000',
      'tile/00/000',
      'tile/64/000',
      'tile/-1/000',
      'tile/0/x000/001',
      'tile/0/001/x002',
      'tile/0/x001',
      'tile/0/000.p/0',
      'tile/0/000.p/256',
      'tile/0/000.p/01',
      'tile/0/000.p/',
      'tile/0/000.p',
      'tile/0/x001.p/3/000',
      'tile/entries/000/',
      'tile/data/000',
      '/tile/0/000',
      'tile/0/000\n',
      'tile/0/x999/x999/x999/x999/x999/999',
    ]) {
      assert.equal(parseTilePath(path), null, path);
    }
  });

  test('bundles of entries: lengths before them, nothing else', () => {
    assert.deepEqual(
      Buffer.from(encodeEntries([Buffer.from('a'), Buffer.alloc(0), Buffer.from('bcd')])).toString('hex'),
      '000161000000036263 64'.replace(' ', ''),
    );
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 700 }), { maxLength: 40 }), (entries) => {
        const bytes = encodeEntries(entries);
        assert.deepEqual(
          decodeEntries(bytes, entries.length).map((e) => Buffer.from(e)),
          entries.map((e) => Buffer.from(e)),
        );
        for (const [changed, count] of [
          [bytes, entries.length + 1],
          [Buffer.concat([bytes, Buffer.of(0)]), entries.length],
          ...(entries.length === 0
            ? []
            : ([
                [bytes.subarray(0, -1), entries.length],
                [bytes, entries.length - 1],
              ] as const)),
        ] as const) {
          assert.throws(
            () => decodeEntries(changed, count),
            (e: unknown) => e instanceof LogError && e.code === 'malformed',
          );
        }
      }),
    );
    const largest = new Uint8Array(65_535).fill(7);
    assert.deepEqual(decodeEntries(encodeEntries([largest]), 1), [largest]);
    assert.throws(
      () => encodeEntries([new Uint8Array(1), new Uint8Array(65_536)]),
      (e: unknown) => e instanceof LogError && e.code === 'too-large' && e.place === 'entry 1',
    );
  });

  test('hash tiles', () => {
    const hashes = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
    assert.deepEqual(decodeHashes(encodeHashes(hashes), 2), hashes);
    assert.equal(decodeHashes(encodeHashes(hashes), 1), null);
    assert.equal(decodeHashes(encodeHashes(hashes), 3), null);
    assert.equal(decodeHashes(new Uint8Array(33), 1), null);
  });
});
