import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { signCheckpoint } from './checkpoint.ts';
import { cosign } from './cosignature.ts';
import { LogError } from './errors.ts';
import { emptyRoot, hex, leafHash } from './hash.ts';
import { type Log, openLog } from './log.ts';
import { splitNote, verifierOf } from './note.ts';
import { makeKeyFile, type Signer } from './signer.ts';
import { fileStorage } from './storage/files.ts';
import { type MemoryStorage, memoryStorage } from './testing/memory-storage.ts';
import { removeUnpublished } from './unpublished.ts';
import { verifyConsistency, verifyInclusion } from './verify.ts';

const origin = 'example.com/log';
const folder = mkdtempSync(join(tmpdir(), 'tlog-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const signer = await makeKeyFile(join(folder, 'key.pem'), origin);
const verifiers = [verifierOf(origin, signer.publicKey)];
const entriesFrom = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => new TextEncoder().encode(`entry ${from + i}`));
const open = (storage: MemoryStorage) => openLog({ storage, origin, verifiers });
const texts = async (log: Log, from = 0, to = log.size) => {
  const found: string[] = [];
  for await (const entry of log.entries(from, to)) found.push(new TextDecoder().decode(entry));
  return found;
};
const refused = (code: string, place: string) => (thrown: unknown) => {
  assert.ok(thrown instanceof LogError, String(thrown));
  assert.deepEqual([thrown.code, thrown.place], [code, place], thrown.message);
  return true;
};

describe('log', () => {
  test('a log without a checkpoint is empty, and its first publish may be of nothing', async () => {
    const storage = memoryStorage();
    const log = await open(storage);
    assert.deepEqual([log.size, hex(log.root), log.checkpoint], [0, hex(emptyRoot), null]);
    const note = await log.publish([], signer);
    assert.equal(note, await signCheckpoint({ origin, size: 0, root: emptyRoot }, signer));
    assert.deepEqual([...storage.files.keys()], ['checkpoint']);
    assert.equal((await open(storage)).checkpoint, note);
  });

  test('the files are those of c2sp.org/tlog-tiles, and partial ones go once the full one is there', async () => {
    const storage = memoryStorage();
    const log = await open(storage);
    await log.publish(entriesFrom(0, 3), signer);
    await log.publish(entriesFrom(3, 255), signer);
    assert.deepEqual([...storage.files.keys()].sort(), [
      'checkpoint',
      'tile/0/000.p/255',
      'tile/0/000.p/3',
      'tile/entries/000.p/255',
      'tile/entries/000.p/3',
    ]);
    await log.publish(entriesFrom(255, 256), signer);
    assert.deepEqual([...storage.files.keys()].sort(), [
      'checkpoint',
      'tile/0/000',
      'tile/1/000.p/1',
      'tile/entries/000',
    ]);
    await log.publish(entriesFrom(256, 70_000), signer);
    const paths = [...storage.files.keys()];
    assert.equal(paths.length, 2 * 273 + 6);
    assert.deepEqual(paths.filter((path) => !/^tile\/(0|entries)\/\d{3}$/.test(path)).sort(), [
      'checkpoint',
      'tile/0/273.p/112',
      'tile/1/000',
      'tile/1/001.p/17',
      'tile/2/000.p/1',
      'tile/entries/273.p/112',
    ]);
    const again = await open(storage);
    assert.deepEqual([again.size, hex(again.root)], [70_000, hex(log.root)]);
    assert.equal(new TextDecoder().decode(await again.entry(65_600)), 'entry 65600');
    assert.deepEqual(
      await texts(again, 254, 514),
      entriesFrom(254, 514).map((e) => new TextDecoder().decode(e)),
    );
    for (const [index, size] of [
      [0, 70_000],
      [69_999, 70_000],
      [65_535, 65_536],
      [255, 300],
      [12_345, 12_346],
    ] as const) {
      const leaf = leafHash(await again.entry(index));
      const proof = await again.inclusion(index, size);
      verifyInclusion({ leaf, index, size, proof, root: await again.rootAt(size) });
      const { root } = again;
      const oldRoot = await again.rootAt(size);
      verifyConsistency({ oldSize: size, oldRoot, size: 70_000, root, proof: await again.consistency(size) });
    }
  });

  test('what does not exist is refused', async () => {
    const log = await open(memoryStorage());
    await log.publish(entriesFrom(0, 5), signer);
    await assert.rejects(log.entry(5), refused('proof', 'entry 5'));
    await assert.rejects(log.entry(-1), refused('proof', 'entry -1'));
    await assert.rejects(log.entry(0.5), refused('proof', 'entry 0.5'));
    await assert.rejects(log.inclusion(1, 6), refused('proof', 'size 6'));
    await assert.rejects(texts(log, 0, 6), refused('proof', 'size 6'));
    await assert.rejects(log.publish([new Uint8Array(65_536)], signer), refused('too-large', 'entry 5'));
    await log.publish([new Uint8Array(65_535), new Uint8Array(0)], signer);
    assert.equal((await log.entry(5)).length, 65_535);
    assert.equal((await log.entry(6)).length, 0);
  });

  test('publishes at the same time wait for one another', async () => {
    const storage = memoryStorage();
    const log = await open(storage);
    await Promise.all(entriesFrom(0, 20).map((entry) => log.publish([entry], signer)));
    assert.deepEqual(
      await texts(await open(storage)),
      entriesFrom(0, 20).map((e) => new TextDecoder().decode(e)),
    );
  });

  test('a publish repeated with its index appends nothing that is there', async () => {
    const storage = memoryStorage();
    const log = await open(storage);
    const note = await log.publish(entriesFrom(0, 10), signer, 0);
    assert.equal(await log.publish(entriesFrom(4, 10), signer, 4), note);
    await log.publish(entriesFrom(4, 12), signer, 4);
    assert.equal(log.size, 12);
    await assert.rejects(log.publish(entriesFrom(5, 13), signer, 4), refused('inconsistent', 'entry 4'));
    await assert.rejects(log.publish(entriesFrom(4, 6), signer, 4), refused('inconsistent', 'entry 6'));
    await assert.rejects(log.publish(entriesFrom(13, 14), signer, 13), refused('inconsistent', 'entry 13'));
  });

  test('an object that another one overtook goes on only where its own entries come first', async () => {
    const storage = memoryStorage();
    const [one, two] = [await open(storage), await open(storage)];
    await one.publish(entriesFrom(0, 3), signer);
    await assert.rejects(two.publish(entriesFrom(5, 9), signer), refused('inconsistent', 'entry 0'));
    assert.equal(two.size, 3, 'it knows the log as it is now');
    await two.publish(entriesFrom(3, 5), signer);
    await one.publish(entriesFrom(3, 6), signer);
    assert.equal(one.size, 6);
  });

  test('a log that was set back, or is another one, is not written over', async () => {
    const storage = memoryStorage();
    const log = await open(storage);
    await log.publish(entriesFrom(0, 3), signer);
    const before = new Map(storage.files);
    await log.publish(entriesFrom(3, 6), signer);
    const set = (files: Map<string, Uint8Array>) => {
      storage.files.clear();
      for (const [path, bytes] of files) storage.files.set(path, bytes);
    };
    set(before);
    await assert.rejects(log.publish(entriesFrom(6, 7), signer), refused('inconsistent', 'checkpoint'));
    const other = memoryStorage();
    await (await open(other)).publish(entriesFrom(100, 110), signer);
    set(other.files);
    await assert.rejects(log.publish(entriesFrom(6, 7), signer), refused('inconsistent', 'checkpoint'));
    assert.deepEqual(storage.files, other.files);
  });

  test('other entries over those of an unfinished publish are refused; the same ones go through', async () => {
    const storage = memoryStorage();
    const log = await open(storage);
    await log.publish(entriesFrom(0, 2), signer);
    storage.breakAt = { write: storage.writes + 2, how: 'lost' };
    await assert.rejects(log.publish(entriesFrom(2, 4), signer), refused('write-failed', 'checkpoint'));
    await assert.rejects(log.publish(entriesFrom(7, 9), signer), (thrown: unknown) => {
      assert.ok(thrown instanceof LogError);
      assert.deepEqual([thrown.code, thrown.place], ['immutable', 'tile/entries/000.p/4']);
      assert.match(thrown.message, /by a publish that was not finished or by another writer/);
      return true;
    });
    assert.equal((await open(storage)).size, 2);
    await log.publish(entriesFrom(2, 4), signer);
    assert.deepEqual(await texts(await open(storage)), ['entry 0', 'entry 1', 'entry 2', 'entry 3']);
  });

  test('what an unfinished publish left can be removed, and then other entries come in its place', async () => {
    const storage = memoryStorage();
    const log = await open(storage);
    await log.publish(entriesFrom(0, 250), signer);
    storage.breakAt = { write: storage.writes + 5, how: 'lost' };
    await assert.rejects(log.publish(entriesFrom(250, 260), signer), refused('write-failed', 'checkpoint'));
    const before = await open(storage);
    assert.deepEqual(await removeUnpublished({ storage, origin, verifiers }), [
      'tile/0/000',
      'tile/0/001.p/4',
      'tile/1/000.p/1',
      'tile/entries/000',
      'tile/entries/001.p/4',
    ]);
    assert.deepEqual(await removeUnpublished({ storage, origin, verifiers }), []);
    await before.publish(entriesFrom(1250, 1260), signer);
    assert.deepEqual(await texts(await open(storage), 249, 252), ['entry 249', 'entry 1250', 'entry 1251']);
  });

  test('a checkpoint of another key, another log or another state does not open', async () => {
    const storage = memoryStorage();
    await (await open(storage)).publish(entriesFrom(0, 300), signer);
    const stranger = await makeKeyFile(join(folder, 'stranger.pem'), origin);
    await assert.rejects(
      openLog({ storage, origin, verifiers: [verifierOf(origin, stranger.publicKey)] }),
      (thrown: unknown) => thrown instanceof LogError && thrown.code === 'signature',
    );
    await assert.rejects(
      openLog({ storage, origin: 'example.com/other', verifiers }),
      refused('not-a-log', 'checkpoint line 1'),
    );
    const tile = storage.files.get('tile/1/000.p/1') ?? assert.fail();
    storage.files.delete('tile/1/000.p/1');
    await assert.rejects(open(storage), refused('inconsistent', 'tile/1/000.p/1'));
    storage.files.set('tile/1/000.p/1', tile.subarray(1));
    await assert.rejects(open(storage), refused('inconsistent', 'tile/1/000.p/1'));
    storage.files.set(
      'tile/1/000.p/1',
      tile.map((byte) => byte ^ 1),
    );
    await assert.rejects(open(storage), refused('inconsistent', 'tile'));
  });

  test('altered tiles and entries are not given out', async () => {
    const storage = memoryStorage();
    await (await open(storage)).publish(entriesFrom(0, 600), signer);
    const alter = (path: string, at: number) => {
      const bytes = storage.files.get(path) ?? assert.fail(path);
      bytes[at] = (bytes[at] ?? 0) ^ 1;
    };
    alter('tile/0/001', 40);
    const log = await open(storage);
    await assert.rejects(log.inclusion(300), refused('inconsistent', 'tile/0/001'));
    await assert.rejects(log.entry(300), refused('inconsistent', 'tile/0/001'));
    alter('tile/0/001', 40);
    alter('tile/entries/001', 5);
    await assert.rejects(log.entry(300), refused('inconsistent', 'entry 256 in tile/entries/001'));
    alter('tile/entries/001', 5);
    alter('tile/entries/001', 0);
    await assert.rejects(log.entry(300), refused('inconsistent', 'tile/entries/001'));
    storage.files.delete('tile/entries/001');
    await assert.rejects(log.entry(300), refused('inconsistent', 'tile/entries/001'));
    assert.equal(new TextDecoder().decode(await log.entry(2)), 'entry 2');
  });

  test('a signer whose key the log does not know, or whose signature is wrong, publishes nothing', async () => {
    const storage = memoryStorage();
    const log = await open(storage);
    const stranger = await makeKeyFile(join(folder, 'stranger-2.pem'), origin);
    const broken: Signer = { ...signer, sign: stranger.sign };
    const isSignature = (thrown: unknown) => thrown instanceof LogError && thrown.code === 'signature';
    await assert.rejects(log.publish(entriesFrom(0, 1), stranger), isSignature);
    await assert.rejects(log.publish(entriesFrom(0, 1), broken), isSignature);
    assert.deepEqual(storage.files, new Map());
  });

  test('what callers do with their entries, and with what they were given, does not reach the log', async () => {
    const storage = memoryStorage();
    const log = await open(storage);
    const mine = entriesFrom(0, 3);
    const publishing = log.publish(mine, signer);
    for (const entry of mine) entry.fill(0);
    await publishing;
    log.root.fill(0);
    for (const hash of await log.inclusion(0)) hash.fill(0);
    (await log.entry(1)).fill(0);
    for await (const entry of log.entries(0, 3)) entry.fill(0);
    await log.publish(entriesFrom(3, 5), signer);
    assert.deepEqual(await texts(await open(storage)), ['entry 0', 'entry 1', 'entry 2', 'entry 3', 'entry 4']);
  });

  test('a cosignature is added to the checkpoint where its witness is known', async () => {
    const storage = memoryStorage();
    const witness = await makeKeyFile(join(folder, 'witness.pem'), 'witness.example.org');
    const log = await openLog({
      storage,
      origin,
      verifiers: [...verifiers, verifierOf(witness.name, witness.publicKey, 4)],
    });
    await assert.rejects(log.addCosignature('— a AAAAAAA='), refused('not-a-log', 'checkpoint'));
    const { text } = splitNote(await log.publish(entriesFrom(0, 3), signer));
    const line = await cosign(text, witness, 1_700_000_000);
    const unknown = await open(storage);
    await assert.rejects(unknown.addCosignature(line), refused('signature', 'checkpoint'));
    const note = await log.addCosignature(line);
    assert.deepEqual(
      splitNote(note).signatures.map(({ name }) => name),
      [origin, witness.name],
    );
    assert.ok(note.endsWith(line));
    assert.equal(new TextDecoder().decode(storage.files.get('checkpoint')), note);
    assert.equal((await open(storage)).checkpoint, note);
    await assert.rejects(
      log.addCosignature(await cosign(text.replace('\n3\n', '\n4\n'), witness, 1)),
      refused('signature', witness.name),
    );
    await unknown.publish(entriesFrom(3, 4), signer);
    assert.equal(splitNote((await open(storage)).checkpoint ?? '').signatures.length, 1);
  });

  test('a log in a folder', async () => {
    const storage = fileStorage(join(folder, 'log'));
    const log = await openLog({ storage, origin, verifiers });
    for (let from = 0; from < 600; from += 150) await log.publish(entriesFrom(from, from + 150), signer);
    const again = await openLog({ storage: fileStorage(join(folder, 'log')), origin, verifiers });
    assert.equal(hex(again.root), hex(log.root));
    assert.deepEqual(
      await texts(again),
      entriesFrom(0, 600).map((e) => new TextDecoder().decode(e)),
    );
    assert.deepEqual(await storage.list('tile/0/'), ['tile/0/000', 'tile/0/001', 'tile/0/002.p/']);
  });
});
