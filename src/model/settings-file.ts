import { type Document, isCollection, isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { didYouMean } from './did-you-mean.ts';
import { CodedError } from './errors.ts';
import { clip } from './problem.ts';

const mostBytes = 5_000_000;

type Path = readonly PropertyKey[];

/** How a part of the file speaks of what is wrong with it. */
export interface SettingsWords {
  readonly code: 'policy-invalid' | 'config-invalid';
  /** What the whole is called: `the policy`. */
  readonly whole: string;
  readonly remedy: string;
}

/** The keys that may stand at the top of `kvitto.yaml`, by the part of the program that reads them. */
export const settingsKeys = {
  gate: ['maxDbAge', 'allowIncomplete', 'rules', 'exceptions', 'decisions'],
  alerts: ['watch', 'owners', 'sinks', 'alerts'],
} as const;

/** Keys that another part of the program reads, with whatever they hold, for a shape of zod. */
export function leftToOthers<const Key extends string>(keys: readonly Key[]): Record<Key, z.ZodOptional<z.ZodUnknown>> {
  return Object.fromEntries(keys.map((key) => [key, z.unknown().optional()])) as Record<
    Key,
    z.ZodOptional<z.ZodUnknown>
  >;
}

/**
 * `kvitto.yaml`, which may be an attacker's: YAML of at most 5 MB that knows on which line something stands. Every error names file,
 * line and key.
 */
export class SettingsFile {
  readonly value: unknown;
  readonly #filename: string;
  readonly #words: SettingsWords;
  readonly #document: Document;
  readonly #counter = new LineCounter();

  /** `filename` is only used to name the place. Throws the code of `words` for what is not YAML, or no mapping. */
  constructor(text: string, filename: string, words: SettingsWords) {
    this.#filename = filename;
    this.#words = words;
    if (text.length > mostBytes) throw this.#failure(filename, `is larger than ${mostBytes / 1e6} MB`);
    const document = parseDocument(text, { lineCounter: this.#counter, prettyErrors: false, stringKeys: true });
    this.#document = document;
    const [broken] = document.errors;
    if (broken !== undefined) throw this.#failure(this.#place(broken.pos[0]), `is not YAML: ${broken.message}`, broken);
    try {
      this.value = document.toJS({ maxAliasCount: 100 });
    } catch (cause) {
      throw this.#failure(filename, 'uses more aliases than are believed', cause);
    }
    if (!isCollection(document.contents))
      throw this.#failure(`${filename}:1`, 'is not a mapping; it starts with "version: 1"');
  }

  /** Where the value at the path stands, as `kvitto.yaml:12`; where it is missing, the nearest thing around it that is there. */
  at(path: Path): string {
    for (let length = path.length; length >= 0; length--) {
      const node = this.#document.getIn(path.slice(0, length), true);
      const offset = isNode(node) ? node.range?.[0] : undefined;
      if (offset !== undefined) return this.#place(offset);
    }
    return `${this.#filename}:1`;
  }

  /** An error about the value at a path. */
  invalid(path: Path, message: string, cause?: unknown): CodedError {
    return this.#failure(this.at(path), message, cause);
  }

  /**
   * A part of the file by its shape. `value`: what stands at the path, or what is left of it. Throws for the first thing that does
   * not fit; for a key that is not known with the one that was probably meant.
   */
  checked<T>(shape: z.ZodType<T>, value: unknown = this.value, at: Path = []): T {
    const parsed = shape.safeParse(value);
    if (parsed.success) return parsed.data;
    const { issues } = parsed.error;
    const unrecognised = issues.find((i) => i.code === 'unrecognized_keys');
    const key = unrecognised?.keys[0];
    if (unrecognised !== undefined && key !== undefined) {
      throw this.#unknownKey([...at, ...unrecognised.path], key, keysAt(shape, unrecognised.path));
    }
    const issue = issues[0];
    const inner = issue?.path ?? [];
    const path = [...at, ...inner];
    const where = path.length === 0 ? this.#words.whole : `key "${keyText(path)}"`;
    const missing = issue?.code === 'invalid_type' && inner.length > 0 && !isThere(value, inner);
    const message = missing ? 'is missing' : (issue?.message.replace(/^Invalid (?:input|option): /, '') ?? '');
    throw this.invalid(path, `${where}${missing ? ' ' : ': '}${message}`, parsed.error);
  }

  #unknownKey(path: Path, key: string, known: readonly string[]): CodedError {
    const meant = didYouMean(key, known);
    const hint = meant === null ? `known here: ${known.join(', ')}` : `did you mean "${meant}"?`;
    return this.#failure(this.#atKey(path, key), `unknown key "${clip(keyText([...path, key]), 80)}"; ${hint}`);
  }

  /** Where the key itself stands in the mapping at the path. */
  #atKey(path: Path, key: string): string {
    const map = path.length === 0 ? this.#document.contents : this.#document.getIn(path, true);
    const pair = isMap(map)
      ? map.items.find((item) => isScalar(item.key) && String(item.key.value) === key)
      : undefined;
    const offset = isScalar(pair?.key) ? pair.key.range?.[0] : undefined;
    return offset === undefined ? this.at(path) : this.#place(offset);
  }

  #place(offset: number): string {
    return `${this.#filename}:${this.#counter.linePos(offset).line}`;
  }

  #failure(place: string, message: string, cause?: unknown): CodedError {
    const { code, remedy } = this.#words;
    return new CodedError(code, `${place}: ${message}`, { remedy, cause });
  }
}

/** `rules[0].severity` */
function keyText(path: Path): string {
  return path
    .map((p) => (typeof p === 'number' ? `[${p}]` : `.${String(p)}`))
    .join('')
    .replace(/^\./, '');
}

function isThere(value: unknown, path: Path): boolean {
  let at = value;
  for (const key of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return false;
    at = (at as Record<PropertyKey, unknown>)[key];
  }
  return true;
}

/** The keys that a shape knows at a path. */
function keysAt(shape: z.core.$ZodType, path: Path): string[] {
  if (shape instanceof z.ZodOptional || shape instanceof z.ZodNullable || shape instanceof z.ZodDefault) {
    return keysAt(shape.unwrap(), path);
  }
  if (shape instanceof z.ZodPipe) return keysAt(shape.in, path);
  if (shape instanceof z.ZodUnion) return [...new Set(shape.options.flatMap((option) => keysAt(option, path)))];
  const [key, ...rest] = path;
  if (shape instanceof z.ZodObject) {
    if (key === undefined) return Object.keys(shape.shape);
    const next: z.core.$ZodType | undefined = Object.hasOwn(shape.shape, key) ? shape.shape[String(key)] : undefined;
    return next === undefined ? [] : keysAt(next, rest);
  }
  if (key === undefined) return [];
  if (shape instanceof z.ZodArray) return keysAt(shape.element, rest);
  if (shape instanceof z.ZodRecord) return keysAt(shape.valueType, rest);
  return [];
}
