/**
 * The floor that a scan is measured against: reads, decompresses and hashes the layers of an image archive or layout, and
 * does nothing else. `node bench/floor.ts TARGET` prints one line of JSON. Both digests of a layer are computed where it is
 * compressed (blob and content), one where it is plain: what a scan must do as well.
 */
import { createHash } from 'node:crypto';
import { createReadStream, openSync, readSync, statSync } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';

interface Range {
  readonly path: string;
  readonly start: number;
  readonly end: number;
}

const chunkSize = 256 * 1024;

/** Every member of a tar file that is larger than a document, or every such blob of a layout. Real archives only: no checks. */
async function* layersOf(target: string): AsyncGenerator<Range> {
  if (statSync(target).isDirectory()) {
    const { readdirSync } = await import('node:fs');
    for (const name of readdirSync(`${target}/blobs/sha256`)) {
      const path = `${target}/blobs/sha256/${name}`;
      if (statSync(path).size > 4096) yield { path, start: 0, end: statSync(path).size };
    }
    return;
  }
  const file = openSync(target, 'r');
  const header = Buffer.alloc(512);
  for (let at = 0; readSync(file, header, 0, 512, at) === 512 && header[0] !== 0; ) {
    const size = Number.parseInt(header.toString('latin1', 124, 135), 8);
    if (size > 4096) yield { path: target, start: at + 512, end: at + 512 + size };
    at += 512 + Math.ceil(size / 512) * 512;
  }
}

async function readLayer({ path, start, end }: Range): Promise<number> {
  const stored = createReadStream(path, { start, end: end - 1, highWaterMark: chunkSize });
  const blob = createHash('sha256');
  const head = Buffer.alloc(4);
  readSync(openSync(path, 'r'), head, 0, 4, start);
  const decoder =
    head[0] === 0x1f
      ? createGunzip({ chunkSize })
      : head.readUInt32LE(0) === 0xfd2fb528
        ? createZstdDecompress({ chunkSize })
        : null;
  let bytes = 0;
  if (decoder === null) {
    for await (const chunk of stored) {
      blob.update(chunk);
      bytes += chunk.length;
    }
    blob.digest();
    return bytes;
  }
  const content = createHash('sha256');
  stored.on('data', (chunk) => blob.update(chunk));
  pipeline(stored, decoder, () => {});
  for await (const chunk of decoder) {
    content.update(chunk);
    bytes += chunk.length;
  }
  blob.digest();
  content.digest();
  return bytes;
}

const target = process.argv[2];
if (target === undefined) throw new Error('usage: node bench/floor.ts ARCHIVE|LAYOUT');
const started = performance.now();
let bytes = 0;
for await (const layer of layersOf(target)) bytes += await readLayer(layer);
const ms = Math.round(performance.now() - started);
process.stdout.write(`${JSON.stringify({ target, bytes, ms, maxRssBytes: process.resourceUsage().maxRSS * 1024 })}\n`);
