import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { fromBuffer } from 'yauzl';
import { CodedError } from '../../model/errors.ts';
import { openZip } from './read-zip.ts';
import { directoryEnd, directoryEntry, localHeader, type PackFile, writeZip, type ZipHeader } from './write-zip.ts';

const file = (path: string, content: string): PackFile => ({ path, bytes: Buffer.from(content) });
const sample = [file('b/c.json', '{"a":1}'.repeat(50)), file('a', 'short'), file('empty', '')];

/** What a reader that is not ours finds in a ZIP. */
async function readByYauzl(zip: Uint8Array): Promise<[string, string][]> {
  const { promise, resolve, reject } = Promise.withResolvers<[string, string][]>();
  const found: [string, string][] = [];
  fromBuffer(Buffer.from(zip), { lazyEntries: true, strictFileNames: true }, (error, opened) => {
    if (error) return reject(error);
    opened.on('error', reject);
    opened.on('end', () => resolve(found));
    opened.on('entry', (entry) => {
      opened.openReadStream(entry, async (failed, stream) => {
        if (failed) return reject(failed);
        found.push([entry.fileName, Buffer.concat(await stream.toArray()).toString('utf8')]);
        opened.readEntry();
      });
    });
    opened.readEntry();
  });
  return await promise;
}

/** A ZIP as `writeZip` makes it, of headers and bodies that need not fit each other. */
function made(files: readonly (ZipHeader & { readonly body: Uint8Array })[]): Uint8Array {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let at = 0;
  for (const { body, ...header } of files) {
    const local = localHeader(header);
    directory.push(directoryEntry(header, at));
    parts.push(local, body);
    at += local.length + body.length;
  }
  const entries = Buffer.concat(directory);
  return Buffer.concat([...parts, entries, directoryEnd(files.length, entries.length, at)]);
}

const stored = (path: string): ZipHeader & { body: Uint8Array } => ({
  path,
  method: 0,
  crc: 0,
  packedBytes: 0,
  sizeBytes: 0,
  body: Buffer.alloc(0),
});

const refuses = (act: () => unknown, why: RegExp) =>
  assert.throws(
    act,
    (thrown) => thrown instanceof CodedError && thrown.code === 'document-invalid' && why.test(thrown.message),
  );

describe('a pack as a ZIP file', () => {
  test('is read by others, sorted, and the same for the same files', async () => {
    const zip = writeZip(sample);
    assert.deepEqual(await readByYauzl(zip), [
      ['a', 'short'],
      ['b/c.json', '{"a":1}'.repeat(50)],
      ['empty', ''],
    ]);
    assert.deepEqual(writeZip(sample.toReversed()), zip);
  });

  test('comes back as it was written', () => {
    const name = fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,10}(?:\/[a-z0-9]{1,5})?$/);
    const files = fc.uniqueArray(fc.record({ path: name, bytes: fc.uint8Array({ maxLength: 3000 }) }), {
      selector: (f) => f.path,
      maxLength: 12,
    });
    fc.assert(
      fc.property(files, (list) => {
        const zip = openZip(writeZip(list));
        const back = zip.paths.map((path) => [path, Buffer.from(zip.read(path)).toString('hex')]);
        const sorted = list.map((f) => [f.path, Buffer.from(f.bytes).toString('hex')]);
        assert.deepEqual(
          back,
          sorted.sort(([a = ''], [b = '']) => (a < b ? -1 : 1)),
        );
      }),
      { numRuns: 100 },
    );
  });

  test('without its beginning or end, or with anything before, between or behind, is refused', () => {
    const zip = Buffer.from(writeZip(sample));
    for (let length = 0; length < zip.length; length++) refuses(() => openZip(zip.subarray(0, length)), /not a pack/);
    refuses(() => openZip(Buffer.concat([zip, Buffer.from('x')])), /end of/);
    refuses(() => openZip(Buffer.concat([Buffer.from('x'), zip])), /directory/);
  });

  test('every byte of its headers counts', () => {
    const zip = Buffer.from(writeZip(sample));
    const start = zip.readUInt32LE(zip.length - 6);
    for (let at = start; at < zip.length; at++) {
      const changed = Buffer.from(zip);
      changed[at] = (zip[at] ?? 0) ^ 0x55;
      refuses(() => {
        const opened = openZip(changed);
        for (const path of opened.paths) opened.read(path);
      }, /not a pack/);
    }
  });

  test('with names that lead elsewhere is refused', () => {
    for (const name of [
      '../x',
      '/etc/passwd',
      'a//b',
      'a/../b',
      '.hidden',
      'a\\b',
      'C:x',
      'a/',
      'é',
      'a\0b',
      '',
      'x'.repeat(301),
    ]) {
      refuses(() => openZip(made([stored(name)])), /is called/);
    }
    refuses(() => openZip(made([stored('a'), stored('a')])), /not in its order/);
    refuses(() => openZip(made([stored('b'), stored('a')])), /not in its order/);
  });

  test('that unpacks to more than it says, or than is read, is refused without unpacking it', () => {
    const bomb = deflateRawSync(Buffer.alloc(50_000_000));
    const small = { path: 'bomb', method: 8, crc: 0, packedBytes: bomb.length, sizeBytes: 1000, body: bomb };
    refuses(() => openZip(made([small])).read('bomb'), /cannot be unpacked/);
    refuses(() => openZip(made([{ ...small, sizeBytes: 0xffff_fff0 }])), /unpacks to more/);
    refuses(() => openZip(made([{ ...small, sizeBytes: 50_000_000 }])).read('bomb'), /was altered/);
    refuses(() => openZip(made([{ ...stored('a'), method: 12 }])), /packed in another way/);
    const two = Buffer.concat([deflateRawSync('abc'), Buffer.from('behind')]);
    const more = { path: 'a', method: 8, crc: 0x352441c2, packedBytes: two.length, sizeBytes: 3, body: two };
    refuses(() => openZip(made([more])).read('a'), /behind its end/);
  });

  test('of more than a ZIP can hold is refused in words', () => {
    const many = Array.from({ length: 65_536 }, (_, i) => file(`f${i}`, ''));
    assert.throws(
      () => writeZip(many),
      (thrown) =>
        thrown instanceof CodedError && thrown.code === 'limit-exceeded' && /65536 files/.test(thrown.message),
    );
  });
});
