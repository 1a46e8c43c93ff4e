import { isJustification, isVexStatus, type VexStatus } from '../../model/decision.ts';
import { CodedError } from '../../model/errors.ts';
import { clip } from '../../model/problem.ts';
import { asObject, listAt, objectAt, own, textAt, textsOf } from '../json-values.ts';
import { VexCollector } from '../vex-collector.ts';
import type { VexDocument } from '../vex-format.ts';
import { takeNotes } from '../vex-notes.ts';
import { digestText, identifierOf, type Place, placeOf } from '../vex-scope.ts';
import { textOfIri } from './iri.ts';

type Json = Readonly<Record<string, unknown>>;

/**
 * Reads OpenVEX 0.0.1 to 0.2.0. Statements inherit the time, in 0.0.x the products too, of the document; of the versions
 * of one statement (same `@id`) the highest counts. Throws `document-invalid` where the document has no statements.
 */
export function readOpenVex(document: unknown, name: string): VexDocument {
  const doc = asObject(document);
  if (doc === null || !Array.isArray(own(doc, 'statements')))
    throw new CodedError('document-invalid', `${clip(name)} is not OpenVEX: it has no list of statements`, {
      remedy: 'write it as OpenVEX 0.2.0',
    });
  const author = textAt(doc, 'author');
  const collector = new VexCollector(name, author);
  const context = textAt(doc, '@context') ?? '';
  if (!/^https:\/\/openvex\.dev\/ns\/?(?:v0\.(?:0\.\d{1,3}|1\.\d{1,3}|2\.\d{1,3}))?$/.test(context))
    collector.tell('unsupported', 'its version of OpenVEX is not known and was read as 0.2.0', context);
  const timestamp = textAt(doc, 'timestamp');
  const inherited = named(listAt(doc, 'products'));
  for (const s of current(listAt(doc, 'statements'), collector)) {
    if (collector.full) break;
    readStatement(s, inherited, timestamp, collector);
  }
  const version = own(doc, 'version');
  return collector.finish({
    id: textAt(doc, '@id'),
    author,
    timestamp,
    version: typeof version === 'number' ? String(version) : textAt(doc, 'version'),
  });
}

/** The statements in their highest versions. */
function current(list: readonly unknown[], collector: VexCollector): Json[] {
  const statements: Json[] = [];
  const latest = new Map<string, { at: number; version: number }>();
  for (const entry of list) {
    const s = asObject(entry);
    if (s === null) {
      collector.tell('malformed', 'a statement is no object and was left out');
      continue;
    }
    const id = textAt(s, '@id');
    const stated = own(s, 'version');
    const version = typeof stated === 'number' ? stated : 1;
    const known = id === null ? undefined : latest.get(id);
    if (known === undefined) {
      if (id !== null) latest.set(id, { at: statements.length, version });
      statements.push(s);
    } else if (version >= known.version) {
      statements[known.at] = s;
      known.version = version;
    }
  }
  return statements;
}

function readStatement(
  s: Json,
  inherited: readonly Named[],
  documentTime: string | null,
  collector: VexCollector,
): void {
  const named = own(s, 'vulnerability');
  const vulnerability = objectAt(s, 'vulnerability');
  const id =
    typeof named === 'string' ? named : (textAt(vulnerability, 'name') ?? lastOf(textAt(vulnerability, '@id')));
  const status = textAt(s, 'status') ?? '';
  if (!isVexStatus(status)) {
    collector.tell('malformed', 'a status is no word of OpenVEX; its statement was left out', status);
    return;
  }
  const label = textAt(s, 'justification');
  const justification = label !== null && isJustification(label) ? label : null;
  if (label !== null && justification === null)
    collector.tell('malformed', 'a justification is no label of OpenVEX', label);
  const notes = takeNotes(textAt(s, 'status_notes'));
  collector.add({
    vulnerability: id,
    aliases: textsOf(listAt(vulnerability, 'aliases')),
    places: places(s, inherited, collector),
    status,
    justification: status === 'not_affected' ? justification : null,
    originalJustification:
      notes.originalJustification ?? (justification === null || status !== 'not_affected' ? label : null),
    impact: impact(status, textAt(s, 'impact_statement'), notes.text, justification !== null),
    action: textAt(s, 'action_statement') ?? notes.action,
    madeAt: textAt(s, 'last_updated') ?? textAt(s, 'timestamp') ?? documentTime,
    reviewBy: notes.reviewBy,
  });
}

/** Notes are no impact statement: they must not lend a "not affected" the reason that it lacks. */
function impact(status: VexStatus, stated: string | null, notes: string | null, justified: boolean): string | null {
  if (notes === null) return stated;
  if (stated === null) return status === 'not_affected' && !justified ? null : notes;
  return `${stated}\n\n${notes}`;
}

/** `CVE-2024-12345` of `https://nvd.nist.gov/vuln/detail/CVE-2024-12345`. */
function lastOf(iri: string | null): string | null {
  return iri === null ? null : iri.slice(iri.lastIndexOf('/') + 1);
}

/** A product by its identifier, with those of its subcomponents; null where there is none. */
interface Named {
  readonly product: string | null;
  readonly inner: readonly (string | null)[];
}

function named(products: readonly unknown[]): Named[] {
  return products.map((entry) => ({
    product: identified(entry),
    inner: listAt(asObject(entry), 'subcomponents').map(identified),
  }));
}

/** `inherited`: the products of the document, for a statement that has none. */
function places(s: Json, inherited: readonly Named[], collector: VexCollector): Place[] {
  const products = own(s, 'products') === undefined ? inherited : named(listAt(s, 'products'));
  // Until 0.0.2 subcomponents stood beside the products, and hold for each of them.
  const beside = listAt(s, 'subcomponents').map(identified);
  const found: Place[] = [];
  for (const { product, inner } of products) {
    if (!collector.take()) return found;
    if (product === null) {
      collector.tell('malformed', 'a product has no identifier and was left out');
      continue;
    }
    const components = beside.length === 0 ? inner : [...inner, ...beside];
    if (components.length === 0) found.push(placeOf(product));
    for (const component of components) {
      if (!collector.take()) return found;
      if (component === null) collector.tell('malformed', 'a subcomponent has no identifier and was left out');
      else found.push({ product, component });
    }
  }
  return found;
}

function identified(entry: unknown): string | null {
  if (typeof entry === 'string') return identifierOf(textOfIri(entry));
  const c = asObject(entry);
  const identifiers = objectAt(c, 'identifiers');
  const iri = textAt(c, '@id');
  const purl = identifierOf(textAt(identifiers, 'purl') ?? (iri?.startsWith('pkg:') === true ? iri : null));
  const digest = digestText(textAt(objectAt(c, 'hashes'), 'sha-256'));
  // A purl without version is every version; the digest says which one.
  if (purl !== null && (digest === null || /^[^?#]*\/[^?#]*@/.test(purl))) return purl;
  const cpe = textAt(identifiers, 'cpe23') ?? textAt(identifiers, 'cpe22');
  return digest ?? identifierOf(cpe ?? (iri === null ? null : textOfIri(iri)));
}
