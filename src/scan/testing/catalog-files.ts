import type { Digest } from '../../model/inventory.ts';
import type { Cataloger, CatalogFile, FileStat, FileView } from '../cataloger.ts';

/** Content of a file; a string that starts with `-> ` is a symbolic link to what follows. */
export type SampleFile = Uint8Array | string;

/**
 * The view that a scan would hand to the cataloger for these files, without the reading of layers: `wants` and `extract`
 * are asked, files above its size are left out, links are followed. `wanted` names the paths that are in the view.
 */
export function catalogFiles(
  cataloger: Cataloger,
  files: Readonly<Record<string, SampleFile>>,
  layer: Digest | null,
): { view: FileView; wanted: string[] } {
  const links = new Map<string, string>();
  const contents = new Map<string, Uint8Array>();
  for (const [path, file] of Object.entries(files)) {
    if (typeof file === 'string' && file.startsWith('-> ')) links.set(path, file.slice(3));
    else contents.set(path, typeof file === 'string' ? Buffer.from(file) : file);
  }
  const resolve = (path: string): string => follow(links, path);
  const kept = new Map<string, CatalogFile>();
  for (const path of [...contents.keys(), ...links.keys()]) {
    const bytes = contents.get(resolve(path));
    if (bytes === undefined) continue;
    const stat = statOf(path, bytes);
    // A link to a file that is wanted by its own name is not listed twice: `get` follows it.
    if (!cataloger.wants(stat) || (links.has(path) && cataloger.wants(statOf(resolve(path), bytes)))) continue;
    if (bytes.length > cataloger.maxFileSizeBytes) continue;
    const keep = extracted(cataloger, stat, bytes);
    if (keep !== null) kept.set(path, { ...stat, layer, bytes: keep });
  }
  const sorted = [...kept.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  return {
    view: { files: sorted, get: (path) => kept.get(path) ?? kept.get(resolve(path)) ?? null, resolve },
    wanted: sorted.map((file) => file.path),
  };
}

function statOf(path: string, bytes: Uint8Array): FileStat {
  return { path, name: path.slice(path.lastIndexOf('/') + 1), sizeBytes: bytes.length, mode: 0o755 };
}

/** Chunks are small and their buffer is used again, as in a scan. */
function extracted(cataloger: Cataloger, stat: FileStat, bytes: Uint8Array): Uint8Array | null {
  if (cataloger.extract === undefined) return bytes;
  const extractor = cataloger.extract(stat);
  const reused = new Uint8Array(4096);
  for (let at = 0; at < bytes.length; at += reused.length) {
    const part = bytes.subarray(at, at + reused.length);
    reused.set(part);
    if (!extractor.push(reused.subarray(0, part.length))) break;
  }
  return extractor.end();
}

/** Resolves links of whole paths and of leading folders, at most 40 steps, as the kernel does. */
function follow(links: ReadonlyMap<string, string>, path: string): string {
  let current = path;
  for (let step = 0; step < 40; step++) {
    const parts = current.split('/');
    let at = 1;
    while (at <= parts.length && !links.has(parts.slice(0, at).join('/'))) at++;
    if (at > parts.length) return current;
    const target = links.get(parts.slice(0, at).join('/')) ?? '';
    const base = target.startsWith('/') ? [] : parts.slice(0, at - 1);
    current = normal([...base, ...target.split('/'), ...parts.slice(at)]);
  }
  return current;
}

function normal(parts: readonly string[]): string {
  const out: string[] = [];
  for (const part of parts) {
    if (part === '..') out.pop();
    else if (part !== '' && part !== '.') out.push(part);
  }
  return out.join('/');
}
