// A verifier of logs written from the texts alone: RFC 6962 section 2.1 (the recursive definitions), c2sp.org/signed-note,
// c2sp.org/tlog-checkpoint, c2sp.org/tlog-tiles. It shares no code with src/tlog.
import { createHash, createPublicKey, verify } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const sha = (...parts: (Buffer | string)[]) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};
export const leafOf = (entry: Uint8Array): Buffer => sha(Buffer.of(0), Buffer.from(entry));
const node = (left: Buffer, right: Buffer) => sha(Buffer.of(1), left, right);

/** The largest power of two smaller than n. */
function k(n: number): number {
  return n <= 2 ? 1 : 2 * k(Math.ceil(n / 2));
}

/** MTH over D[from:to], as it is written in RFC 6962 section 2.1; subtrees that were computed are kept in `known`. */
export function mth(d: readonly Buffer[], from = 0, to = d.length, known = new Map<string, Buffer>()): Buffer {
  if (to === from) return sha('');
  if (to - from === 1) return d[from] ?? raise('no leaf');
  const key = `${from}-${to}`;
  const middle = from + k(to - from);
  const hash = known.get(key) ?? node(mth(d, from, middle, known), mth(d, middle, to, known));
  known.set(key, hash);
  return hash;
}

/** PATH(m, D[from:to]), RFC 6962 section 2.1.1. */
export function path(m: number, d: readonly Buffer[], from: number, to: number, known: Map<string, Buffer>): Buffer[] {
  const n = to - from;
  if (n === 1) return [];
  return m < k(n)
    ? [...path(m, d, from, from + k(n), known), mth(d, from + k(n), to, known)]
    : [...path(m - k(n), d, from + k(n), to, known), mth(d, from, from + k(n), known)];
}

/** SUBPROOF(m, D[from:to], b), RFC 6962 section 2.1.2; PROOF(m, D[n]) begins with b true. */
export function subproof(
  m: number,
  d: readonly Buffer[],
  from: number,
  to: number,
  b: boolean,
  known: Map<string, Buffer>,
): Buffer[] {
  const n = to - from;
  if (m === n) return b ? [] : [mth(d, from, to, known)];
  return m <= k(n)
    ? [...subproof(m, d, from, from + k(n), b, known), mth(d, from + k(n), to, known)]
    : [...subproof(m - k(n), d, from + k(n), to, false, known), mth(d, from, from + k(n), known)];
}

/** The root that an audit path gives; throws where the path is too long or too short. */
export function rootFromPath(index: number, size: number, leaf: Buffer, proof: readonly Buffer[]): Buffer {
  if (index < 0 || index >= size) return raise('index');
  if (size === 1) return proof.length === 0 ? leaf : raise('too long');
  const sibling = proof.at(-1) ?? raise('too short');
  const rest = proof.slice(0, -1);
  return index < k(size)
    ? node(rootFromPath(index, k(size), leaf, rest), sibling)
    : node(sibling, rootFromPath(index - k(size), size - k(size), leaf, rest));
}

/** The old and the new root that a consistency proof gives, for 0 < m <= n. */
export function rootsFromProof(
  m: number,
  n: number,
  oldRoot: Buffer,
  proof: readonly Buffer[],
  b = true,
): [Buffer, Buffer] {
  if (m === n) {
    if (proof.length !== (b ? 0 : 1)) return raise('length');
    const root = b ? oldRoot : (proof[0] ?? raise('too short'));
    return [root, root];
  }
  const sibling = proof.at(-1) ?? raise('too short');
  const rest = proof.slice(0, -1);
  if (m <= k(n)) {
    const [older, newer] = rootsFromProof(m, k(n), oldRoot, rest, b);
    return [older, node(newer, sibling)];
  }
  const [older, newer] = rootsFromProof(m - k(n), n - k(n), oldRoot, rest, false);
  return [node(sibling, older), node(sibling, newer)];
}

/** The text of a note signed by the Ed25519 key of a vkey. */
export function openNote(note: string, vkey: string): string {
  const at = note.lastIndexOf('\n\n');
  const text = note.slice(0, at + 1);
  const [name = '', id = '', ...key] = vkey.split('+');
  const typed = Buffer.from(key.join('+'), 'base64');
  if (sha(`${name}\n`, typed).subarray(0, 4).toString('hex') !== id || typed[0] !== 1) raise('vkey');
  const x = typed.subarray(1).toString('base64url');
  const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  const lines = note
    .slice(at + 2)
    .split('\n')
    .slice(0, -1);
  const mine = lines
    .filter((line) => line.startsWith(`— ${name} `))
    .map((line) => Buffer.from(line.split(' ')[2] ?? '', 'base64'))
    .filter((bytes) => bytes.subarray(0, 4).toString('hex') === id);
  if (mine.length === 0) raise('not signed');
  for (const bytes of mine) if (!verify(null, Buffer.from(text), publicKey, bytes.subarray(4))) raise('signature');
  return text;
}

/** Checks a whole log in a folder, and gives its entries. Throws with the place that is wrong. */
export function verifyLog(
  folder: string,
  origin: string,
  vkey: string,
): { size: number; root: Buffer; entries: Buffer[] } {
  const text = openNote(readFileSync(join(folder, 'checkpoint'), 'utf8'), vkey);
  const [named, sizeText = '', rootText = ''] = text.split('\n');
  const size = Number(sizeText);
  if (named !== origin || String(size) !== sizeText) raise('checkpoint');
  const entries = bundles(folder, size);
  const leaves = entries.map(leafOf);
  const root = Buffer.from(rootText, 'base64');
  if (!mth(leaves).equals(root)) raise('root');
  // Each hash of level l + 1 is the tree hash of a full tile of level l.
  let hashes = leaves;
  for (let level = 0; hashes.length > 0; level++) {
    for (let tile = 0; tile * 256 < hashes.length; tile++) {
      const expected = Buffer.concat(hashes.slice(tile * 256, tile * 256 + 256));
      const name = tileName(`tile/${level}`, tile, expected.length / 32);
      if (!readFileSync(join(folder, name)).equals(expected)) raise(name);
    }
    const full = Math.floor(hashes.length / 256);
    hashes = Array.from({ length: full }, (_, i) => mth(hashes.slice(i * 256, i * 256 + 256)));
  }
  return { size, root, entries };
}

function bundles(folder: string, size: number): Buffer[] {
  const entries: Buffer[] = [];
  while (entries.length < size) {
    const count = Math.min(256, size - entries.length);
    const name = tileName('tile/entries', entries.length / 256, count);
    const bytes = readFileSync(join(folder, name));
    let at = 0;
    for (let i = 0; i < count; i++) {
      const length = bytes.readUInt16BE(at);
      entries.push(bytes.subarray(at + 2, at + 2 + length));
      at += 2 + length;
    }
    if (at !== bytes.length) raise(name);
  }
  return entries;
}

function tileName(prefix: string, index: number, width: number): string {
  const groups = index
    .toLocaleString('en-US', { minimumIntegerDigits: 3 })
    .split(',')
    .map((g) => g.padStart(3, '0'));
  const name = `${prefix}/${groups.map((g, i) => (i < groups.length - 1 ? `x${g}` : g)).join('/')}`;
  return width === 256 ? name : `${name}.p/${width}`;
}

/** Whether a folder has the partial tile or the full one for every size that had a checkpoint. */
export function servesSize(folder: string, size: number): boolean {
  for (let level = 0, count = size; count > 0; level++, count = Math.floor(count / 256)) {
    const width = count % 256;
    if (width === 0) continue;
    for (const prefix of level === 0 ? ['tile/0', 'tile/entries'] : [`tile/${level}`]) {
      const index = Math.floor(count / 256);
      if (![width, 256].some((w) => existsSync(join(folder, tileName(prefix, index, w))))) return false;
    }
  }
  return true;
}

function raise(what: string): never {
  throw new Error(`independent verifier: ${what}`);
}
