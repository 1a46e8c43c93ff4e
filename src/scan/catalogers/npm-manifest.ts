import type { CatalogFile, Extractor } from '../cataloger.ts';
import { keysOf, own, ownText, recordOf } from './input-shape.ts';
import { keepCondensed } from './kept-bytes.ts';
import { decodeText } from './text-document.ts';

/** What is kept of a `package.json`. Null for a key that is not there or is not text. */
export interface NpmManifest {
  readonly name: string | null;
  readonly version: string | null;
  readonly licenses: readonly string[];
  /** Names under `dependencies`, `optionalDependencies` and `peerDependencies`, with what is asked for. */
  readonly needs: readonly (readonly [name: string, wanted: string])[];
  /** The same of `devDependencies`. */
  readonly devNeeds: readonly (readonly [name: string, wanted: string])[];
  /** The root of a workspace. */
  readonly workspaces: boolean;
  /** Why it could not be read. */
  readonly problem: string | null;
}

/** Not `Buffer.from`: what that gives lies in a pool that it would keep in memory. */
const encode = (manifest: NpmManifest): Uint8Array => new TextEncoder().encode(JSON.stringify(manifest));

const mostNeeds = 2000;

/** For `extract`: reads a `package.json` and keeps the few bytes of it that `readNpmManifest` wants. */
export function condenseNpmManifest(bytes: Uint8Array): Uint8Array {
  return encode(parseManifest(bytes));
}

/** The same for the manifest of a project: nothing is kept of one that asks for nothing, so that it counts as not recognised. */
export function keepProjectManifest(): Extractor {
  return keepCondensed((bytes) => {
    const manifest = parseManifest(bytes);
    const asks = manifest.needs.length > 0 || manifest.devNeeds.length > 0 || manifest.workspaces;
    return asks || manifest.problem !== null ? encode(manifest) : null;
  });
}

/** The manifest of a file that went through `condenseNpmManifest`. */
export function readNpmManifest(file: CatalogFile): NpmManifest {
  return JSON.parse(new TextDecoder().decode(file.bytes)) as NpmManifest;
}

function parseManifest(bytes: Uint8Array): NpmManifest {
  const unread = { name: null, version: null, licenses: [], needs: [], devNeeds: [], workspaces: false };
  const text = decodeText(bytes);
  if (text === null) return { ...unread, problem: 'is not UTF-8 text' };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ...unread, problem: 'is not valid JSON' };
  }
  const manifest = recordOf(value);
  if (manifest === null) return { ...unread, problem: 'holds no JSON object' };
  return {
    name: shortText(own(manifest, 'name')),
    version: shortText(own(manifest, 'version')),
    licenses: licensesOf(manifest),
    needs: ['dependencies', 'optionalDependencies', 'peerDependencies'].flatMap((key) => needsOf(own(manifest, key))),
    devNeeds: needsOf(own(manifest, 'devDependencies')),
    workspaces: own(manifest, 'workspaces') !== undefined,
    problem: null,
  };
}

function shortText(value: unknown): string | null {
  return typeof value === 'string' && value.length <= 1024 ? value : null;
}

/** `license` as text or the old `{type}`, `licenses` as the old list. */
function licensesOf(manifest: Readonly<Record<string, unknown>>): string[] {
  const list = own(manifest, 'licenses');
  return [own(manifest, 'license'), ...(Array.isArray(list) ? list.slice(0, 20) : [list])].flatMap((entry) => {
    const text = shortText(entry) ?? ownText(recordOf(entry), 'type');
    return text === null || text.trim() === '' ? [] : [text.slice(0, 200)];
  });
}

function needsOf(value: unknown): [string, string][] {
  const record = recordOf(value);
  return keysOf(record)
    .slice(0, mostNeeds)
    .flatMap((name) => {
      const wanted = shortText(own(record, name));
      return name.length <= 214 && wanted !== null ? [[name, wanted] as [string, string]] : [];
    });
}
