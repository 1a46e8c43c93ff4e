// Packs that are an attacker's: refused or shown as false, never a crash, and never taken for what was written.
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { manifestText, type PackManifest } from '../../src/evidence/manifest.ts';
import { buildPack, type Pack } from '../../src/evidence/pack.ts';
import { verifyPack } from '../../src/evidence/verify-pack.ts';
import {
  directoryEnd,
  directoryEntry,
  localHeader,
  writeZip,
  type ZipHeader,
} from '../../src/evidence/zip/write-zip.ts';
import { start, tellStory, tool } from '../ledger/evidence-stage.ts';
import { scratch } from '../real/parts.ts';
import { orderly, run } from './runs.ts';

const folder = scratch('hostile-packs');
const options = { tool, key: null, trusted: [] };
let pack: Pack;
let zip: Uint8Array;
let remove: () => Promise<void> = async () => {};

before(async () => {
  const told = await tellStory();
  remove = () => told.remove();
  const request = { service: 'shop', environment: null, from: start, to: told.now, asOf: told.now, maxFeedAgeMs: null };
  pack = await buildPack(told.ledger, request, { wholeLog: false });
  zip = writeZip(pack.files);
});
after(() => remove());

const holds = async (bytes: Uint8Array) => (await verifyPack(bytes, options)).outcome;

/** A ZIP whose headers say what they are told to say. */
function zipOf(files: readonly (Partial<ZipHeader> & { readonly path: string; readonly packed: Buffer })[]): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const { packed, ...said } of files) {
    const header: ZipHeader = { method: 8, crc: 0, packedBytes: packed.length, sizeBytes: packed.length, ...said };
    directory.push(directoryEntry(header, at));
    locals.push(localHeader(header), packed);
    at = Buffer.concat(locals).length;
  }
  const names = Buffer.concat(directory);
  return Buffer.concat([...locals, names, directoryEnd(files.length, names.length, at)]);
}

test('containers that are none, or lie', async () => {
  const bomb = deflateRawSync(Buffer.alloc(200 * 1024 * 1024));
  const empty = deflateRawSync(Buffer.alloc(0));
  const deep = Buffer.from('['.repeat(1_000_000));
  const cases: [string, Uint8Array][] = [
    ['nothing', Buffer.alloc(0)],
    ['text', Buffer.from('<html>')],
    ['a pack with bytes before it', Buffer.concat([Buffer.from('x'), zip])],
    ['a pack with bytes behind it', Buffer.concat([zip, Buffer.from('x')])],
    ['two packs', Buffer.concat([zip, zip])],
    ['half a pack', zip.subarray(0, zip.length >> 1)],
    ['a bomb', zipOf([{ path: 'manifest.json', packed: bomb, sizeBytes: 100 }])],
    ['a bomb that says so', zipOf([{ path: 'manifest.json', packed: bomb, sizeBytes: 200 * 1024 * 1024 }])],
    ['a file of 4 GiB', zipOf([{ path: 'manifest.json', packed: empty, sizeBytes: 0xffff_ffff }])],
    ['more than the file holds', zipOf([{ path: 'manifest.json', packed: empty, packedBytes: 0x7fff_ffff }])],
    ['a way out', zipOf([{ path: '../../etc/passwd', packed: empty, sizeBytes: 0 }])],
    ['a root', zipOf([{ path: '/etc/passwd', packed: empty, sizeBytes: 0 }])],
    ['a name with an escape', zipOf([{ path: 'a\u001b[2J', packed: empty, sizeBytes: 0 }])],
    ['the same name twice', zipOf(['a', 'a'].map((path) => ({ path, packed: empty, sizeBytes: 0 })))],
    ['deep JSON', writeZip([{ path: 'manifest.json', bytes: deep }])],
    ['many files', writeZip(Array.from({ length: 60_000 }, (_, n) => ({ path: `f${n}`, bytes: Buffer.alloc(0) })))],
  ];
  for (const [what, bytes] of cases) {
    assert.equal(await holds(bytes), 'fail', what);
    const file = join(folder, 'pack.zip');
    writeFileSync(file, bytes);
    const ended = await run(['verify', file], { home: folder });
    orderly(ended, 1);
    assert.match(ended.stdout, /NOT as it was written/, what);
  }
});

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** Places of all values in a document. */
function placesIn(value: Json, at: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  if (typeof value !== 'object' || value === null) return [at];
  const inside = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return [at, ...inside.flatMap(([name, v]) => placesIn(v, [...at, name]))];
}

function replaced(value: Json, [name, ...rest]: readonly (string | number)[], now: Json): Json {
  if (name === undefined) return now;
  if (Array.isArray(value)) return value.map((v, at) => (at === name ? replaced(v, rest, now) : v));
  if (typeof value !== 'object' || value === null) return now;
  return Object.fromEntries(Object.entries(value).map(([n, v]) => [n, n === name ? replaced(v, rest, now) : v]));
}

/** The pack with one file in place of its own, and a manifest that fits. */
function forged(path: string, content: Buffer): Uint8Array {
  const files = pack.files.filter((f) => f.path !== 'manifest.json' && f.path !== path);
  const sha256 = `sha256:${hash('sha256', content, 'hex')}` as const;
  const manifest: PackManifest = {
    ...pack.manifest,
    files: pack.manifest.files.map((f) => (f.path === path ? { ...f, sha256, sizeBytes: content.length } : f)),
  };
  const text = path === 'manifest.json' ? content : Buffer.from(manifestText(manifest));
  const own = path === 'manifest.json' ? [] : [{ path, bytes: content }];
  return writeZip([...files, ...own, { path: 'manifest.json', bytes: text }]);
}

const hostileValues: Json[] = [
  ...[null, true, 0, -1, 1e308, '', 'x', '__proto__', '\u001b[2J', '9999-12-31T00:00:00.000Z'],
  ...[[], {}, [[]], JSON.parse('{"__proto__":{"outcome":"pass"}}'), 'x'.repeat(100_000)],
];

test('a pack in which any value of any JSON file was replaced, with a manifest that fits, is false', async () => {
  assert.equal(await holds(zip), 'pass');
  const json = pack.files.filter((f) => f.path.endsWith('.json'));
  const value = fc.oneof(fc.constantFrom(...hostileValues), fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>);
  const property = fc.asyncProperty(fc.nat(), fc.nat(), value, async (one, two, now) => {
    const file = json[one % json.length];
    assert.ok(file !== undefined);
    const was = JSON.parse(Buffer.from(file.bytes).toString('utf8')) as Json;
    const places = placesIn(was);
    const content = JSON.stringify(replaced(was, places[two % places.length] ?? [], now), null, 2);
    const indented = Buffer.from(file.path === 'manifest.json' || file.path === 'pack.json' ? `${content}\n` : content);
    fc.pre(JSON.stringify(JSON.parse(content)) !== JSON.stringify(was));
    assert.equal(await holds(forged(file.path, indented)), 'fail', file.path);
  });
  await fc.assert(property, { numRuns: process.env['KVITTO_HOSTILE'] === 'all' ? 1000 : 60 });
});
