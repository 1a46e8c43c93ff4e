import { FAILSAFE_SCHEMA, load, loadAll, realMapTag } from 'js-yaml';
import { parse as parseToml } from 'smol-toml';
import { messageOf } from '../../model/errors.ts';
import { clip, type Problem } from '../../model/problem.ts';
import type { CatalogFile } from '../cataloger.ts';
import { recordOf } from './input-shape.ts';

/** A document that could be read, or why it could not. */
export type Read<T> = { readonly value: T } | { readonly problem: Problem };

/** Text of a file: UTF-8 with or without a byte order mark, or UTF-16 with one (PowerShell's `>`). Null for anything else. */
export function decodeText(bytes: Uint8Array): string | null {
  const utf16 =
    bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : null;
  try {
    return new TextDecoder(utf16 ?? 'utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** A `malformed` problem of one file; `what` is clipped, it may quote the input. */
export function malformed(file: { readonly path: string }, what: string): Problem {
  return { code: 'malformed', where: file.path, message: clip(what, 400) };
}

/** The text of a file, or a problem where it is not text. */
export function readText(file: CatalogFile): Read<string> {
  const text = decodeText(file.bytes);
  return text === null
    ? { problem: malformed(file, 'is not text (UTF-8); write it again with its tool') }
    : { value: text };
}

/** A JSON object. `JSON.parse` neither recurses nor touches prototypes: `__proto__` becomes a key of its own. */
export function readJson(file: CatalogFile): Read<Readonly<Record<string, unknown>>> {
  return readAs(file, 'JSON', (text) => recordOf(JSON.parse(text)));
}

/** A TOML table. */
export function readToml(file: CatalogFile): Read<Readonly<Record<string, unknown>>> {
  return readAs(file, 'TOML', (text) => recordOf(parseToml(text, { unsafeKeyBehaviour: 'drop', maxDepth: 100 })));
}

const mapsOfText = FAILSAFE_SCHEMA.withTags(realMapTag);

/**
 * The mappings of a YAML stream, one per document: every mapping a Map, every scalar a string, so that neither
 * `__proto__` nor `1.10` changes its meaning. Aliases are refused: no lockfile has them, and few bytes of them name
 * billions of entries.
 */
export function readYaml(file: CatalogFile): Read<readonly ReadonlyMap<unknown, unknown>[]> {
  return readAs(file, 'YAML', (text) => {
    const options = { schema: mapsOfText, maxAliases: 0, maxDepth: 50 };
    const documents = text.includes('\n---') ? loadAll(text, options) : [load(text, options)];
    const maps = documents.filter((document) => document instanceof Map);
    return maps.length === 0 ? null : maps;
  });
}

function readAs<T>(file: CatalogFile, notation: string, parse: (text: string) => T | null): Read<T> {
  const text = readText(file);
  if ('problem' in text) return text;
  try {
    const value = parse(text.value);
    if (value !== null) return { value };
  } catch (thrown) {
    return { problem: malformed(file, `is not valid ${notation}: ${messageOf(thrown).split('\n', 1)[0]}`) };
  }
  return { problem: malformed(file, `is not what a file of this name holds: no ${notation} object at the top`) };
}
