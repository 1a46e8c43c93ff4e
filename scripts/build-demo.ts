// Packs demo/source into the archive and the feeds that `kvitto demo` reads. The same source gives the same bytes.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { crc32, gzipSync } from 'node:zlib';

const demo = join(import.meta.dirname, '../demo');
const source = join(demo, 'source');

export interface Member {
  readonly name: string;
  readonly bytes: Buffer;
}

/** All that the demo reads, by path below demo/. */
export function demoFiles(): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  files.set('shop.tar', dockerArchive());
  for (const ecosystem of readdirSync(join(source, 'advisories'))) {
    files.set(`feeds/osv/${ecosystem}/all.zip`, zip(filesBelow(join(source, 'advisories', ecosystem))));
  }
  files.set('feeds/kev/known_exploited_vulnerabilities.json', fact('kev.json'));
  files.set('feeds/eukev/eukev.json', fact('eukev.json'));
  files.set('feeds/nvd/nvdcve-2.0-2026.json.gz', gzipSync(fact('nvd-2026.json')));
  files.set('feeds/epss/epss_scores-current.csv.gz', gzipSync(fact('epss.csv')));
  return files;
}

const fact = (name: string) => readFileSync(join(source, 'facts', name));

function filesBelow(folder: string): Member[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(folder, name)).isFile())
    .sort()
    .map((name) => ({ name: relative(folder, join(folder, name)), bytes: readFileSync(join(folder, name)) }));
}

/** An image in the shape of `docker save`: two layers, a configuration, manifest.json. */
function dockerArchive(): Buffer {
  const osRelease = tarEntry('etc/os-release', Buffer.alloc(0), '2', '../usr/lib/os-release');
  const layers = [tar(filesBelow(join(source, 'base')), osRelease), tar(filesBelow(join(source, 'app')))];
  const config = Buffer.from(
    JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      created: '2026-11-12T00:00:00Z',
      config: { User: 'shop', Cmd: ['node', '/srv/shop'] },
      rootfs: { type: 'layers', diff_ids: layers.map((layer) => `sha256:${sha256(layer)}`) },
      history: [{ created_by: 'ADD base' }, { created_by: 'COPY srv/shop' }],
    }),
  );
  const names = layers.map((layer) => `${sha256(layer)}/layer.tar`);
  const manifest = [{ Config: `${sha256(config)}.json`, RepoTags: ['shop:1.0'], Layers: names }];
  return tar([
    { name: `${sha256(config)}.json`, bytes: config },
    ...layers.map((bytes, i) => ({ name: names[i] ?? '', bytes })),
    { name: 'manifest.json', bytes: Buffer.from(JSON.stringify(manifest)) },
  ]);
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

function tar(members: readonly Member[], ...more: readonly Buffer[]): Buffer {
  return Buffer.concat([
    ...members.map(({ name, bytes }) => tarEntry(name, bytes, '0', '')),
    ...more,
    Buffer.alloc(1024),
  ]);
}

/** One ustar member (POSIX.1-1988). */
function tarEntry(name: string, bytes: Buffer, type: string, link: string): Buffer {
  const header = Buffer.alloc(512);
  const octal = (value: number, length: number) => `${value.toString(8).padStart(length - 1, '0')}\0`;
  header.write(name, 0);
  header.write(octal(0o644, 8) + octal(0, 8) + octal(0, 8) + octal(bytes.length, 12) + octal(1794441600, 12), 100);
  header.write('        ', 148);
  header.write(type + link, 156);
  header.write('ustar\x0000', 257);
  header.write(
    `${header
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  );
  return Buffer.concat([header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]);
}

/** A zip with stored members (PKWARE APPNOTE 4.3), dated 2026-11-12. */
export function zip(members: readonly Member[]): Buffer {
  const date = ((2026 - 1980) << 9) | (11 << 5) | 12;
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, bytes } of members) {
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(date, 8);
    fields.writeUInt32LE(crc32(bytes), 10);
    fields.writeUInt32LE(bytes.length, 14);
    fields.writeUInt32LE(bytes.length, 18);
    fields.writeUInt16LE(name.length, 22);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(offset, 10);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), fields, Buffer.from(name), bytes]);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), fields, place, Buffer.from(name)]));
    parts.push(local);
    offset += local.length;
  }
  const index = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06');
  end.writeUInt16LE(members.length, 8);
  end.writeUInt16LE(members.length, 10);
  end.writeUInt32LE(index.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, index, end]);
}

if (import.meta.main) {
  rmSync(join(demo, 'feeds'), { recursive: true, force: true });
  for (const [path, bytes] of demoFiles()) {
    mkdirSync(dirname(join(demo, path)), { recursive: true });
    writeFileSync(join(demo, path), bytes);
    process.stdout.write(`demo/${path} ${bytes.length} bytes\n`);
  }
}
