// Everything that src/tlog writes and proves is held against a verifier that shares no code with it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { checkLog } from '../../src/tlog/check.ts';
import { LogError } from '../../src/tlog/errors.ts';
import { openLog } from '../../src/tlog/log.ts';
import { formatVkey, parseVkey, splitNote } from '../../src/tlog/note.ts';
import { makeKeyFile } from '../../src/tlog/signer.ts';
import { fileStorage } from '../../src/tlog/storage/files.ts';
import { type Break, memoryStorage } from '../../src/tlog/testing/memory-storage.ts';
import { consistencyProof, inclusionProof, rootHash } from '../../src/tlog/tree.ts';
import { verifyConsistency, verifyInclusion } from '../../src/tlog/verify.ts';
import {
  leafOf,
  mth,
  path,
  rootFromPath,
  rootsFromProof,
  servesSize,
  subproof,
  verifyLog,
} from './independent-verifier.ts';

const origin = 'log.example.com/kvitto';
const scratch = mkdtempSync(join(tmpdir(), 'tlog-independent-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));
const signer = await makeKeyFile(join(scratch, 'key.pem'), origin);
const vkey = formatVkey(signer);
const verifiers = [parseVkey(vkey)];

const most = 5000;
const entries = Array.from({ length: most }, (_, i) => Buffer.from(`entry ${i}${'.'.repeat(i % 7)}`));
const leaves = entries.map(leafOf);
/** Complete and ragged subtrees of the 5,000 leaves, as RFC 6962 defines them. */
const known = new Map<string, Buffer>();
const read = (level: number, index: number) => mth(leaves, index * 2 ** level, (index + 1) * 2 ** level, known);
const sizes = fc.oneof(
  fc.integer({ min: 0, max: most }),
  fc.constantFrom(0, 1, 2, 255, 256, 257, 511, 512, 4096, 5000),
);
const flip = (hash: Uint8Array, bit: number) =>
  hash.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
const isProof = (thrown: unknown) => thrown instanceof LogError && thrown.code === 'proof';

describe('proofs of trees of 0 to 5,000 entries', () => {
  test('roots are those of the recursive definition', () => {
    fc.assert(
      fc.property(sizes, (size) => {
        assert.deepEqual(Buffer.from(rootHash(size, read)), mth(leaves, 0, size, known));
      }),
    );
  });

  test('inclusion: the same path, accepted by both; altered ones by neither', () => {
    fc.assert(
      fc.property(sizes, fc.nat(), fc.nat(), fc.nat(255), (size, at, other, bit) => {
        fc.pre(size > 0);
        const index = at % size;
        const leaf = leaves[index] ?? assert.fail();
        const root = mth(leaves, 0, size, known);
        const proof = inclusionProof(index, size, read).map((hash) => Buffer.from(hash));
        assert.deepEqual(proof, path(index, leaves, 0, size, known));
        assert.deepEqual(rootFromPath(index, size, leaf, proof), root);
        const claim = { leaf, index, size, proof, root };
        verifyInclusion(claim);
        const which = proof.length === 0 ? 0 : other % proof.length;
        const wrong = [
          { ...claim, leaf: flip(leaf, bit) },
          { ...claim, root: flip(root, bit) },
          { ...claim, index: index + 1 },
          { ...claim, index: index - 1 },
          { ...claim, index: size },
          { ...claim, proof: [...proof, leaf] },
          { ...claim, proof: [leaf, ...proof] },
          ...(proof.length === 0
            ? []
            : [
                { ...claim, proof: proof.slice(1) },
                { ...claim, proof: proof.slice(0, -1) },
              ]),
          ...(proof.length === 0 ? [] : [{ ...claim, proof: proof.map((h, i) => (i === which ? flip(h, bit) : h)) }]),
          ...(other % size === index ? [] : [{ ...claim, leaf: leaves[other % size] ?? leaf }]),
        ];
        for (const each of wrong) assert.throws(() => verifyInclusion(each), isProof);
        // The same path may be that of a tree of another size, but only of one with the same shape above the entry.
        for (const another of [size - 1, size + 1, size * 2]) {
          if (refusedBy(() => rootFromPath(index, another, leaf, proof), root)) {
            assert.throws(() => verifyInclusion({ ...claim, size: another }), isProof);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  test('consistency: the same proof, accepted by both; altered ones by neither', () => {
    fc.assert(
      fc.property(sizes, sizes, fc.nat(), fc.nat(255), (a, b, other, bit) => {
        const [oldSize, size] = [Math.min(a, b), Math.max(a, b)];
        const oldRoot = mth(leaves, 0, oldSize, known);
        const root = mth(leaves, 0, size, known);
        const proof = consistencyProof(oldSize, size, read).map((hash) => Buffer.from(hash));
        if (oldSize > 0) {
          assert.deepEqual(proof, subproof(oldSize, leaves, 0, size, true, known));
          assert.deepEqual(rootsFromProof(oldSize, size, oldRoot, proof), [oldRoot, root]);
        }
        const claim = { oldSize, oldRoot, size, root, proof };
        verifyConsistency(claim);
        const which = proof.length === 0 ? 0 : other % proof.length;
        const wrong = [
          { ...claim, oldRoot: flip(oldRoot, bit) },
          ...(oldSize === 0 ? [] : [{ ...claim, root: flip(root, bit) }]),
          { ...claim, proof: [...proof, root] },
          ...(oldSize === size ? [] : [{ ...claim, oldSize: size, size: oldSize }]),
          ...(proof.length === 0
            ? []
            : [
                { ...claim, proof: proof.slice(1) },
                { ...claim, proof: proof.slice(0, -1) },
              ]),
          ...(proof.length === 0 ? [] : [{ ...claim, proof: proof.map((h, i) => (i === which ? flip(h, bit) : h)) }]),
        ];
        for (const each of wrong) assert.throws(() => verifyConsistency(each), isProof);
        // The same hashes as a proof for a tree of another size with the same root.
        for (const another of [size + 1, size * 2, size * 2 + 1, size * 4]) {
          if (oldSize === 0 || another === size) continue;
          if (refusedBy(() => rootsFromProof(oldSize, another, oldRoot, proof)[1], root)) {
            assert.throws(() => verifyConsistency({ ...claim, size: another }), isProof);
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});

function refusedBy(root: () => Buffer, expected: Buffer): boolean {
  try {
    return !root().equals(expected);
  } catch {
    return true;
  }
}

/** Batches that add up to 5,000, from a fixed seed: small ones first, so that every shape of a small log is met. */
function batches(): number[] {
  const [sequence = []] = fc.sample(
    fc.array(fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 700 })), {
      minLength: 60,
      maxLength: 60,
    }),
    { numRuns: 1, seed: 42 },
  );
  const steps = [0, 1, 1, 1, 252, 1, 1, ...sequence];
  let left = most;
  const taken = steps.map((step) => {
    const next = Math.min(step, left);
    left -= next;
    return next;
  });
  return [...taken.filter((step, i) => i === 0 || step > 0), ...(left > 0 ? [left] : [])];
}

describe('a log that grows to 5,000 entries', () => {
  test('each checkpoint, tile and proof is accepted', async () => {
    const folder = join(scratch, 'grown');
    const storage = fileStorage(folder);
    let log = await openLog({ storage, origin, verifiers });
    const seen: number[] = [];
    for (const [round, step] of batches().entries()) {
      await log.publish(entries.slice(log.size, log.size + step), signer);
      const { size, root } = verifyLog(folder, origin, vkey);
      assert.equal(size, log.size);
      assert.deepEqual(root, Buffer.from(log.root));
      if (round % 5 === 0) log = await openLog({ storage, origin, verifiers });
      for (const before of seen.slice(-3)) {
        const proof = (await log.consistency(before)).map((hash) => Buffer.from(hash));
        const oldRoot = Buffer.from(await log.rootAt(before));
        if (before > 0) assert.deepEqual(rootsFromProof(before, size, oldRoot, proof), [oldRoot, root]);
        assert.ok(servesSize(folder, before), `tiles of size ${before}`);
      }
      for (const index of size === 0 ? [] : [0, size - 1, Math.floor(size / 3)]) {
        const leaf = leafOf(await log.entry(index));
        const proof = (await log.inclusion(index)).map((hash) => Buffer.from(hash));
        assert.deepEqual(rootFromPath(index, size, leaf, proof), root);
      }
      seen.push(size);
    }
    assert.equal(log.size, most);
    assert.deepEqual(verifyLog(folder, origin, vkey).entries.map(String), entries.map(String));
    assert.ok(seen.length > 15);
    const { faults, unpublished } = await checkLog(storage, { verifiers, origin });
    assert.deepEqual({ faults, unpublished }, { faults: [], unpublished: [] });
  });

  test('openssl accepts the signature of a checkpoint', async (t) => {
    const log = await openLog({ storage: memoryStorage(), origin, verifiers });
    const { text, signatures } = splitNote(await log.publish(entries.slice(0, 10), signer));
    // SubjectPublicKeyInfo of Ed25519, RFC 8410 section 4: a fixed head before the 32 bytes.
    const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), signer.publicKey]);
    const at = (name: string, bytes: Uint8Array | string) => {
      writeFileSync(join(scratch, name), bytes);
      return join(scratch, name);
    };
    const verify = (message: string) =>
      execFileSync(
        'openssl',
        [
          'pkeyutl',
          '-verify',
          '-pubin',
          '-keyform',
          'DER',
          '-inkey',
          at('public.der', der),
          '-rawin',
          '-in',
          at('text', message),
          '-sigfile',
          at('signature', signatures[0]?.signature ?? ''),
        ],
        { encoding: 'utf8', stdio: 'pipe' },
      );
    try {
      execFileSync('openssl', ['version'], { stdio: 'pipe' });
    } catch {
      t.skip('openssl is not installed: apt-get install openssl');
      return;
    }
    assert.equal(verify(text).trim(), 'Signature Verified Successfully');
    assert.throws(() => verify(text.replace('10', '11')));
  });
});

describe('a write that breaks', () => {
  for (const how of ['lost', 'kept'] as const) {
    test(`each write of a log's life, ${how}: what was published stays, and publishing again completes`, async () => {
      const sequence = [0, 1, 254, 1, 3, 260];
      const writes = await lifeOf(sequence, null);
      for (let write = 0; write < writes; write++) await lifeOf(sequence, { write, how });
      assert.ok(writes > 25);
    });
  }

  async function lifeOf(sequence: readonly number[], breakAt: { write: number; how: Break } | null): Promise<number> {
    const storage = memoryStorage();
    storage.breakAt = breakAt;
    let log = await openLog({ storage, origin, verifiers });
    let size = 0;
    for (const step of sequence) {
      const batch = entries.slice(size, size + step);
      try {
        await log.publish(batch, signer, size);
      } catch (thrown) {
        assert.ok(thrown instanceof LogError && thrown.code === 'write-failed');
        if (size > 0) assert.deepEqual((await checkLog(storage, { verifiers, origin })).faults, []);
        // One half of them as the process that goes on, one half as one that was started anew.
        if ((breakAt?.write ?? 0) % 2 === 0) log = await openLog({ storage, origin, verifiers });
        await log.publish(batch, signer, size);
      }
      size += step;
      assert.equal(log.size, size);
    }
    const { faults, unpublished } = await checkLog(storage, { verifiers, origin });
    assert.deepEqual({ faults, unpublished }, { faults: [], unpublished: [] });
    const folder = join(scratch, `broken-${breakAt?.write}-${breakAt?.how}`);
    for (const [name, bytes] of storage.files) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), bytes);
    }
    assert.deepEqual(verifyLog(folder, origin, vkey).entries.map(String), entries.slice(0, size).map(String));
    assert.equal(readFileSync(join(folder, 'checkpoint'), 'utf8'), log.checkpoint);
    return storage.writes;
  }
});
