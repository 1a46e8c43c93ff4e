import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { edgeRoot, grow } from './edge.ts';
import { LogError } from './errors.ts';
import { emptyRoot, hex, leafHash, nodeHash } from './hash.ts';
import { consistencyProof, type HashReader, inclusionProof, rootHash } from './tree.ts';
import { verifyConsistency, verifyInclusion } from './verify.ts';

const entries = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
].map((text) => Buffer.from(text, 'hex'));
const leaves = entries.map(leafHash);
const read: HashReader = (level, index) =>
  level === 0 ? (leaves[index] ?? assert.fail()) : nodeHash(read(level - 1, 2 * index), read(level - 1, 2 * index + 1));
const isProof = (thrown: unknown) => thrown instanceof LogError && thrown.code === 'proof';

/** A hash of the tree put together by hand, from text like `((0 1) 2)`. */
function byHand(text: string): string {
  let at = 0;
  const sha = (...parts: Buffer[]) => createHash('sha256').update(Buffer.concat(parts)).digest();
  const node = (): Buffer => {
    if (text[at] === '(') {
      at++;
      const left = node();
      at++;
      const right = node();
      at++;
      return sha(Buffer.of(1), left, right);
    }
    return sha(Buffer.of(0), entries[Number(text[at++])] ?? assert.fail());
  };
  return node().toString('hex');
}

describe('tree', () => {
  test('hashes: nothing, a leaf of nothing, and the trees of RFC 6962 section 2.1', () => {
    assert.equal(hex(emptyRoot), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    assert.equal(hex(leafHash(Buffer.alloc(0))), '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d');
    const trees = ['', '0', '(0 1)', '((0 1) 2)', '((0 1) (2 3))', '(((0 1) (2 3)) 4)', '(((0 1) (2 3)) (4 5))'];
    trees.push('(((0 1) (2 3)) ((4 5) 6))', '(((0 1) (2 3)) ((4 5) (6 7)))');
    for (const [size, tree] of trees.entries()) {
      assert.equal(hex(rootHash(size, read)), size === 0 ? hex(emptyRoot) : byHand(tree), `size ${size}`);
      assert.equal(hex(edgeRoot(grow([], 0, leaves.slice(0, size)).edge)), hex(rootHash(size, read)));
    }
  });

  test('the audit paths of RFC 6962 section 2.1.3, for seven leaves', () => {
    const path = (index: number) => inclusionProof(index, 7, read).map(hex);
    assert.deepEqual(path(0), [byHand('1'), byHand('(2 3)'), byHand('((4 5) 6)')]);
    assert.deepEqual(path(3), [byHand('2'), byHand('(0 1)'), byHand('((4 5) 6)')]);
    assert.deepEqual(path(4), [byHand('5'), byHand('6'), byHand('((0 1) (2 3))')]);
    assert.deepEqual(path(6), [byHand('(4 5)'), byHand('((0 1) (2 3))')]);
  });

  test('the consistency proofs of RFC 6962 section 2.1.3', () => {
    const proof = (oldSize: number) => consistencyProof(oldSize, 7, read).map(hex);
    assert.deepEqual(proof(3), [byHand('2'), byHand('3'), byHand('(0 1)'), byHand('((4 5) 6)')]);
    assert.deepEqual(proof(4), [byHand('((4 5) 6)')]);
    assert.deepEqual(proof(6), [byHand('(4 5)'), byHand('6'), byHand('((0 1) (2 3))')]);
    assert.deepEqual([proof(0), proof(7)], [[], []]);
  });

  test('indexes and sizes that are none', () => {
    const root = rootHash(8, read);
    const leaf = leaves[0] ?? assert.fail();
    for (const value of [-1, 0.5, Number.NaN, 2 ** 53]) {
      assert.throws(() => rootHash(value, read), isProof);
      assert.throws(() => inclusionProof(0, value, read), isProof);
      assert.throws(() => inclusionProof(value, 8, read), isProof);
      assert.throws(() => consistencyProof(value, 8, read), isProof);
      assert.throws(() => verifyInclusion({ leaf, index: value, size: 8, proof: [], root }), isProof);
      assert.throws(() => verifyInclusion({ leaf, index: 0, size: value, proof: [], root }), isProof);
      assert.throws(() => verifyConsistency({ oldSize: 1, oldRoot: leaf, size: value, root, proof: [] }), isProof);
    }
    assert.throws(() => inclusionProof(8, 8, read), isProof);
    assert.throws(() => consistencyProof(9, 8, read), isProof);
    const short = new Uint8Array(31);
    assert.throws(() => verifyInclusion({ leaf, index: 0, size: 2, proof: [short], root }), isProof);
    const long = Array<Uint8Array>(1000).fill(leaf);
    assert.throws(() => verifyInclusion({ leaf, index: 0, size: 2 ** 53 - 1, proof: long, root }), isProof);
    assert.throws(() => verifyConsistency({ oldSize: 0, oldRoot: root, size: 8, root, proof: [] }), isProof);
    assert.throws(() => verifyConsistency({ oldSize: 0, oldRoot: emptyRoot, size: 0, root, proof: [] }), isProof);
  });

  test('a tree near 2^53 asks for few hashes, and none outside it', () => {
    const fake: HashReader = (level, index) => leafHash(Buffer.from(`${level} ${index}`));
    const size = 2 ** 53 - 1;
    const index = 2 ** 52 + 12_345;
    const proof = inclusionProof(index, size, fake);
    const asked: [number, number][] = [];
    inclusionProof(index, size, (level, at) => {
      asked.push([level, at]);
      return fake(level, at);
    });
    assert.equal(proof.length, 53);
    assert.ok(asked.length < 110);
    for (const [level, at] of asked) assert.ok((at + 1) * 2 ** level <= size && Number.isSafeInteger(at));
    const leaf = fake(0, index);
    assert.throws(() => verifyInclusion({ leaf, index, size, proof, root: emptyRoot }), isProof);
  });
});
