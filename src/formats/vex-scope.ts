import { isIdentifier, type Statement, statementFaults } from '../model/decision.ts';
import { CodedError } from '../model/errors.ts';
import { clip } from '../model/problem.ts';
import { formatPurl, parsePurl } from '../model/purl.ts';
import type { VexAbout } from './vex-format.ts';

/** One thing that a statement is about: a component in a product, a whole product, or a component wherever it is. */
export interface Place {
  readonly product: string | null;
  readonly component: string | null;
}

const ofArtifacts = new Set(['oci', 'docker']);

/** `sha256:` and 64 lower-case hex digits, from the bare digits or from the whole; null for anything else. */
export function digestText(text: string | null): string | null {
  const hex = /^(?:sha256:)?([0-9a-f]{64})$/i.exec(text ?? '')?.[1];
  return hex === undefined ? null : `sha256:${hex.toLowerCase()}`;
}

/** An identifier in its canonical form: purls as `formatPurl` writes them, digests in lower case, others as they are. Null where it cannot be one. */
export function identifierOf(text: string | null): string | null {
  const trimmed = text?.trim() ?? '';
  if (!isIdentifier(trimmed)) return null;
  const purl = trimmed.startsWith('pkg:') ? parsePurl(trimmed) : null;
  if (purl !== null) {
    const canonical = formatPurl(purl);
    return isIdentifier(canonical) ? canonical : null;
  }
  return trimmed.startsWith('sha256:') ? (digestText(trimmed) ?? trimmed) : trimmed;
}

/** Where an identifier that stands alone belongs: a purl of an image is a product, another purl a component; all else a product. */
export function placeOf(identifier: string): Place {
  const type = identifier.startsWith('pkg:') ? parsePurl(identifier)?.type : undefined;
  return type === undefined || ofArtifacts.has(type)
    ? { product: identifier, component: null }
    : { product: null, component: identifier };
}

/** Products and components, each with each: what one statement can be about. */
export interface Scope {
  readonly products: readonly string[];
  readonly components: readonly string[];
}

/** The fewest scopes that cover the places and nothing more, in the order of the places. Each list is sorted. */
export function scopesOf(places: Iterable<Place>): Scope[] {
  const byProduct = new Map<string | null, Set<string | null>>();
  for (const { product, component } of places) {
    const components = byProduct.get(product);
    if (components === undefined) byProduct.set(product, new Set([component]));
    else components.add(component);
  }
  const scopes = new Map<string, { products: string[]; components: readonly string[] }>();
  // Numbers in place of names: the names of one document are joined many times over.
  const numbers = new Map<string, number>();
  const numberOf = (text: string): number => {
    const number = numbers.get(text) ?? numbers.size;
    numbers.set(text, number);
    return number;
  };
  for (const [product, components] of byProduct) {
    // A statement about the whole product covers its components.
    const whole = product !== null && components.has(null);
    const list = whole ? [] : [...components].filter((c) => c !== null).sort();
    if (product === null && list.length === 0) continue;
    const key = `${product === null} ${list.map(numberOf).join()}`;
    const scope = scopes.get(key);
    if (scope === undefined) scopes.set(key, { products: product === null ? [] : [product], components: list });
    else if (product !== null) scope.products.push(product);
  }
  return [...scopes.values()].map((s) => ({ products: s.products.sort(), components: s.components }));
}

/** A product with the components that a statement names in it; no components: the whole; no product: wherever they are. */
export interface Target {
  readonly product: string | null;
  readonly components: readonly string[];
}

/** What a written statement is about. A statement without products is about those of the document. */
export function targetsOf(s: Statement, about: VexAbout): Target[] {
  const products =
    s.products.length > 0
      ? s.products.map((text) => about.products.find((p) => p.digest === text)?.purl ?? text)
      : about.products.flatMap((p) => p.purl ?? p.digest ?? []);
  const components = unique(s.components);
  if (products.length > 0) return unique(products).map((product) => ({ product, components }));
  return components.length > 0 ? [{ product: null, components }] : [];
}

/** Statements in the order of a document. Throws `document-invalid` for none, for one that may not stand, and for one about nothing. */
export function writable(statements: readonly Statement[], about: VexAbout): Statement[] {
  if (statements.length === 0)
    throw new CodedError('document-invalid', 'there is no statement to write: a VEX document has at least one');
  for (const s of statements) {
    const [fault] = statementFaults(s);
    const nothing = targetsOf(s, about).length === 0;
    const why = fault ?? (nothing ? 'products: it names nothing, and the document is about no product' : undefined);
    if (why !== undefined)
      throw new CodedError(
        'document-invalid',
        `the statement about ${clip(s.vulnerability, 100)} is not written: ${why}`,
      );
  }
  const keyed = statements.map((s) => ({ s, key: orderKey(s) }));
  return keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)).map(({ s }) => s);
}

function orderKey(s: Statement): string {
  return JSON.stringify([
    s.vulnerability,
    unique(s.products),
    unique(s.components),
    s.madeAt,
    s.status,
    unique(s.aliases),
    [s.justification, s.originalJustification, s.impact, s.action, s.reviewBy, s.author],
  ]);
}

/** Sorted, each once. */
export function unique(texts: Iterable<string>): string[] {
  return [...new Set(texts)].sort();
}

/** Name and version of a product or component for people: those of the document, else those of the purl, else the text. */
export function nameOf(text: string, about: VexAbout): { readonly name: string; readonly version: string | null } {
  const stated = about.products.find((p) => p.purl === text || p.digest === text);
  if (stated !== undefined && stated.name !== '') return { name: stated.name, version: stated.version };
  const purl = parsePurl(text);
  if (purl === null) return { name: text, version: null };
  return { name: purl.namespace === null ? purl.name : `${purl.namespace}/${purl.name}`, version: purl.version };
}
