import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { checkLog, type LogCheck } from './check.ts';
import { addSignature, cosign } from './cosignature.ts';
import { openLog } from './log.ts';
import { splitNote, verifierOf } from './note.ts';
import { makeKeyFile } from './signer.ts';
import { type MemoryStorage, memoryStorage } from './testing/memory-storage.ts';

const origin = 'example.com/log';
const folder = mkdtempSync(join(tmpdir(), 'tlog-check-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const signer = await makeKeyFile(join(folder, 'key.pem'), origin);
const options = { origin, verifiers: [verifierOf(origin, signer.publicKey)] };
const entry = (i: number) => new TextEncoder().encode(`entry ${i}`);
const entries = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => entry(from + i));

async function logOf(...sizes: number[]): Promise<MemoryStorage> {
  const storage = memoryStorage();
  const log = await openLog({ storage, ...options });
  for (const size of sizes) await log.publish(entries(log.size, size), signer);
  return storage;
}

/** A copy with one file changed. */
function changed(from: MemoryStorage, path: string, change: (bytes: Uint8Array) => Uint8Array | null): MemoryStorage {
  const files = new Map(from.files);
  const bytes = change((files.get(path) ?? assert.fail(path)).slice());
  if (bytes === null) files.delete(path);
  else files.set(path, bytes);
  return memoryStorage(files);
}

const xor = (at: number, mask: number) => (bytes: Uint8Array) => bytes.with(at, (bytes[at] ?? 0) ^ mask);
const placesOf = ({ faults }: LogCheck) => faults.map(({ place, kind }) => `${kind} ${place}`);
const check = (storage: MemoryStorage) => checkLog(storage, options);

describe('checkLog', () => {
  let log: MemoryStorage;
  let big: MemoryStorage;
  before(async () => {
    // 600 entries: two full tiles, a partial one, one above; and the partial tiles of 560 and 570.
    log = await logOf(0, 560, 570, 600);
    big = await logOf(65_536 + 300);
  });

  test('a sound log has no fault', async () => {
    const { root, ...rest } = await check(log);
    assert.deepEqual(rest, { faults: [], moreFaults: false, size: 600, unpublished: [] });
    assert.equal(root?.length, 32);
    assert.deepEqual(placesOf(await check(await logOf(0))), []);
    assert.deepEqual(placesOf(await check(await logOf(256))), []);
    assert.deepEqual(placesOf(await check(big)), []);
  });

  test('a changed byte of a hash tile: that tile, and nothing else', async () => {
    for (const [path, bytes] of log.files) {
      if (!/^tile\/\d/.test(path)) continue;
      for (let at = 0; at < bytes.length; at += 797) {
        const { faults } = await check(changed(log, path, xor(at, 1 << (at % 8))));
        assert.deepEqual(
          faults.map(({ place, kind }) => [place, kind]),
          [[path, 'altered']],
          `${path} byte ${at}`,
        );
        assert.match(faults[0]?.message ?? '', new RegExp(`hash(es)? ${Math.floor(at / 32)}\\b`));
      }
    }
  });

  test('a changed byte of an entry: that entry, and nothing else', async () => {
    for (const [path, bytes] of log.files) {
      if (!path.startsWith('tile/entries/')) continue;
      const first = Number(/\d{3}/.exec(path)?.[0]) * 256;
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      let at = 0;
      for (let i = first; at < bytes.length; i++) {
        const length = view.getUint16(at);
        if (i % 37 === 0) {
          const inside = at + 2 + (i % length);
          const place = `entry ${i} in ${path}`;
          assert.deepEqual(placesOf(await check(changed(log, path, xor(inside, 0x20)))), [`altered ${place}`]);
          // Of its length: the bundle no longer falls apart into its entries.
          for (const byte of [at, at + 1]) {
            assert.deepEqual(placesOf(await check(changed(log, path, xor(byte, 1)))), [`malformed ${place}`]);
          }
        }
        at += 2 + length;
      }
    }
  });

  test('any changed byte of the checkpoint is a fault of the checkpoint', async () => {
    const bytes = log.files.get('checkpoint') ?? assert.fail();
    for (let at = 0; at < bytes.length; at++) {
      const { faults } = await check(changed(log, 'checkpoint', xor(at, [1, 4, 0x20][at % 3] ?? 1)));
      assert.match(faults[0]?.place ?? '', /^checkpoint/, `byte ${at}`);
    }
  });

  test('of a checkpoint with a stranger’s cosignature, that line alone means nothing here', async () => {
    const witness = await makeKeyFile(join(folder, 'witness.pem'), 'witness.example.org');
    const note = new TextDecoder().decode(log.files.get('checkpoint'));
    const signed = addSignature(note, await cosign(splitNote(note).text, witness, 1_700_000_000));
    const cosigned = changed(log, 'checkpoint', () => new TextEncoder().encode(signed));
    assert.deepEqual(placesOf(await check(cosigned)), []);
    const start = Buffer.byteLength(note) + Buffer.byteLength('— witness.example.org ') + 8;
    const letter = (at: number) => (bytes: Uint8Array) => bytes.with(at, bytes[at] === 65 ? 66 : 65);
    assert.deepEqual(placesOf(await check(changed(cosigned, 'checkpoint', letter(start)))), []);
    // To whom knows the witness it means something.
    const known = { origin, verifiers: [...options.verifiers, verifierOf(witness.name, witness.publicKey, 4)] };
    assert.deepEqual(placesOf(await checkLog(cosigned, known)), []);
    assert.deepEqual(placesOf(await checkLog(changed(cosigned, 'checkpoint', letter(start)), known)), [
      'signature checkpoint',
    ]);
  });

  test('a checkpoint with another root: the tiles are right, the root is not', async () => {
    const other = await openLog({ storage: memoryStorage(), ...options });
    const note = await other.publish(entries(1, 601), signer);
    const forged = changed(log, 'checkpoint', () => new TextEncoder().encode(note));
    assert.deepEqual(placesOf(await check(forged)), ['altered checkpoint line 3']);
  });

  test('missing and shortened files', async () => {
    for (const [path, bytes] of log.files) {
      const places = placesOf(await check(changed(log, path, () => null)));
      const isOld = /\.p\/(48|58)$/.test(path);
      assert.deepEqual(places, isOld ? [] : [`missing ${path}`], path);
      if (path === 'checkpoint') continue;
      const short = placesOf(await check(changed(log, path, () => bytes.slice(0, -1))));
      assert.equal(short.length, 1, path);
      assert.match(short[0] ?? '', new RegExp(`^malformed (entry \\d+ in )?${path}$`));
      const empty = placesOf(await check(changed(log, path, () => new Uint8Array(0))));
      assert.deepEqual(empty, [`malformed ${path}`]);
    }
  });

  test('an entry and its hash altered together: the tile above tells', async () => {
    const { leafHash } = await import('./hash.ts');
    const forged = entry(9300).subarray(0, 9);
    let both = changed(log, 'tile/entries/001', (bytes) => {
      // Entries 256 to 511 have 9 bytes, after a length of 2.
      bytes.set(forged, (300 - 256) * 11 + 2);
      return bytes;
    });
    both = changed(both, 'tile/0/001', (bytes) => {
      bytes.set(leafHash(forged), (300 - 256) * 32);
      return bytes;
    });
    const { faults } = await check(both);
    // Nothing that is left gives the entry as it was, but the two do not lead to the hash above them.
    assert.deepEqual(
      faults.map(({ place, kind }) => `${kind} ${place}`),
      ['altered tile/0/001'],
    );
  });

  test('foreign files are faults; tiles beyond the checkpoint are named apart', async () => {
    const more = new Map(log.files);
    for (const path of [
      'notes.txt',
      'tile/0/002.p/089',
      'tile/entries/2',
      'tile/7/001.p/3',
      'tile/0/002.p/200',
      'tile/0/003',
    ]) {
      more.set(path, new Uint8Array(32));
    }
    const { faults, unpublished } = await check(memoryStorage(more));
    assert.deepEqual(faults.map(({ place, kind }) => `${kind} ${place}`).sort(), [
      'foreign notes.txt',
      'foreign tile/0/002.p/089',
      'foreign tile/entries/2',
      'malformed tile/0/002.p/200',
    ]);
    assert.deepEqual(unpublished.toSorted(), ['tile/0/002.p/200', 'tile/0/003', 'tile/7/001.p/3']);
  });

  test('the end of an unfinished publish is no fault', async () => {
    const storage = await logOf(250);
    const opened = await openLog({ storage, ...options });
    storage.breakAt = { write: storage.writes + 5, how: 'lost' };
    await assert.rejects(opened.publish(entries(250, 300), signer));
    const { faults, unpublished } = await check(storage);
    assert.deepEqual(faults, []);
    assert.deepEqual(unpublished.toSorted(), [
      'tile/0/000',
      'tile/0/001.p/44',
      'tile/1/000.p/1',
      'tile/entries/000',
      'tile/entries/001.p/44',
    ]);
  });

  test('a checkpoint that claims what is not there ends at a thousand faults', async () => {
    const note = new TextDecoder().decode(log.files.get('checkpoint')).replace('\n600\n', '\n9007199254740991\n');
    const { faults, moreFaults } = await check(changed(log, 'checkpoint', () => new TextEncoder().encode(note)));
    assert.deepEqual([faults.length, moreFaults, faults[0]?.kind], [1000, true, 'signature']);
  });

  test('two levels up, and several places at once', async () => {
    const alter = (storage: MemoryStorage, path: string, at: number) => changed(storage, path, xor(at, 2));
    let bad = alter(big, 'tile/1/000', 32 * 200 + 3);
    bad = alter(bad, 'tile/0/007', 32 * 5);
    bad = alter(bad, 'tile/1/001.p/1', 4);
    bad = alter(bad, 'tile/entries/100', 6);
    assert.deepEqual(placesOf(await check(bad)).sort(), [
      'altered entry 25600 in tile/entries/100',
      'altered tile/0/007',
      'altered tile/1/000',
      'altered tile/1/001.p/1',
    ]);
    // A hash, and the tile below that could tell what it was: the root tells that they are wrong, not which.
    bad = alter(alter(big, 'tile/2/000.p/1', 4), 'tile/1/000', 32 * 200 + 3);
    assert.deepEqual(placesOf(await check(bad)).sort(), ['undecided tile/1/000', 'undecided tile/2/000.p/1']);
    bad = alter(alter(log, 'tile/0/001', 32 * 44), 'tile/1/000.p/2', 32);
    bad = alter(bad, 'tile/entries/001', 44 * 11 + 3);
    assert.deepEqual(placesOf(await check(bad)).sort(), [
      'undecided entry 300 in tile/entries/001',
      'undecided tile/0/001',
      'undecided tile/1/000.p/2',
    ]);
  });
});
