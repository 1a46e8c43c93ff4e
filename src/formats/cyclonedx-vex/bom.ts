import { formatPurl, parsePurl } from '../../model/purl.ts';
import { asObject, listAt, objectAt, textAt } from '../json-values.ts';
import type { VexCollector } from '../vex-collector.ts';
import { digestText, identifierOf, type Place, placeOf } from '../vex-scope.ts';

type Json = Readonly<Record<string, unknown>>;

/** Most components that are looked at for what the vulnerabilities refer to. */
const maxComponents = 500_000;

/** Kinds of components that can be a product that holds others. */
const holders = new Set(['application', 'container', 'firmware', 'device', 'operating-system', 'platform']);

/** What a `bom-ref` stands for. A purl without version may be narrowed by versions beside the reference. */
export interface Known extends Place {
  readonly versionless: boolean;
}

/** The components of a document by their `bom-ref`, each with the product that holds it. */
export class BomRefs {
  readonly #known = new Map<string, Known>();
  readonly #subject: string | null;

  constructor(bom: Json, collector: VexCollector) {
    const subject = objectAt(objectAt(bom, 'metadata'), 'component');
    this.#subject = subject === null ? null : identified(subject);
    const ref = textAt(subject, 'bom-ref');
    if (ref !== null && this.#subject !== null) this.#add(ref, placeOf(this.#subject));
    this.#read([listAt(subject, 'components'), listAt(bom, 'components'), listAt(bom, 'services')], collector);
  }

  /** Without recursion: an attacker chooses the depth. */
  #read(lists: readonly (readonly unknown[])[], collector: VexCollector): void {
    const queue = lists.map((list) => ({ list, product: this.#subject }));
    let seen = 0;
    for (let at = 0; at < queue.length; at++) {
      const { list, product } = queue[at] ?? { list: [], product: null };
      for (const entry of list) {
        seen += 1;
        if (seen > maxComponents) {
          collector.tell('limit-exceeded', `it holds more than ${maxComponents} components`);
          return;
        }
        const c = asObject(entry);
        const text = c === null ? null : identified(c);
        if (c === null || text === null) continue;
        const own = textAt(c, 'bom-ref');
        if (own !== null) this.#add(own, product === null ? placeOf(text) : { product, component: text });
        const inner = listAt(c, 'components');
        if (inner.length > 0)
          queue.push({ list: inner, product: holders.has(textAt(c, 'type') ?? '') ? text : product });
      }
    }
  }

  #add(ref: string, place: Place): void {
    if (this.#known.has(ref)) return;
    const purl = place.component === null ? null : parsePurl(place.component);
    this.#known.set(ref, { ...place, versionless: purl !== null && purl.version === null });
  }

  /** What a reference of `affects` stands for: inside the document, a BOM-Link into another, or a bare purl. */
  place(ref: string): Known | null {
    const known = this.#known.get(ref);
    if (known !== undefined) return known;
    const link = /^(urn:cdx:[0-9a-f-]{36}\/[1-9]\d{0,9})(?:#(.+))?$/.exec(ref);
    if (link !== null) return bomLink(link[1] ?? '', link[2]);
    const text = identifierOf(ref);
    if (text === null) return null;
    const place = placeOf(text);
    const inside = this.#subject === null || place.component === null ? place : { ...place, product: this.#subject };
    return { ...inside, versionless: parsePurl(place.component ?? '')?.version === null };
  }
}

/** A component of another document is known by its purl, in the product that this document describes. */
function bomLink(document: string, fragment: string | undefined): Known | null {
  if (fragment === undefined) return { product: document, component: null, versionless: false };
  const component = identifierOf(decoded(fragment));
  return component === null
    ? null
    : { product: document, component, versionless: parsePurl(component)?.version === null };
}

function decoded(fragment: string): string {
  // A purl is percent-encoded itself: only one that was encoded once more is taken apart.
  if (fragment.startsWith('pkg:')) return fragment;
  try {
    return decodeURIComponent(fragment);
  } catch {
    return fragment;
  }
}

/** The identifier of a component: purl, digest, CPE, and where it has none of them its name, which names nothing that we know. */
function identified(c: Json): string | null {
  const stated = textAt(c, 'version');
  const text = identifierOf(textAt(c, 'purl'));
  if (text !== null) return withVersion(text, stated);
  const hashes = listAt(c, 'hashes').map(asObject);
  const digest =
    digestText(textAt(hashes.find((h) => textAt(h, 'alg') === 'SHA-256') ?? null, 'content')) ?? digestText(stated);
  if (digest !== null) return digest;
  const cpe = identifierOf(textAt(c, 'cpe'));
  if (cpe !== null) return cpe;
  const name = textAt(c, 'name') ?? textAt(c, 'bom-ref') ?? '';
  const group = textAt(c, 'group');
  return identifierOf(`${group === null ? '' : `${group}/`}${name}${stated === null ? '' : `@${stated}`}`);
}

/** A purl with the version that stands beside it, where it has none of its own: without it, it would be about all versions. */
export function withVersion(text: string, version: string | null): string {
  const purl = version === null ? null : parsePurl(text);
  if (purl === null || purl.version !== null) return text;
  try {
    return identifierOf(formatPurl({ ...purl, version })) ?? text;
  } catch {
    return text;
  }
}
