import type { Statement, VexStatus } from '../../model/decision.ts';
import { sourceOfId } from '../../model/vulnerability-source.ts';
import { uuidOf } from '../component-key.ts';
import { jsonText } from '../json-text.ts';
import type { VexAbout } from '../vex-format.ts';
import { withNotes } from '../vex-notes.ts';
import { nameOf, targetsOf, unique, writable } from '../vex-scope.ts';
import { csafStatusOf, mostCautious, remediationOf } from '../vex-words.ts';
import { ProductIds } from './product-ids.ts';

type Written = Record<string, unknown>;

/**
 * Statements as a CSAF 2.0 document of the profile csaf_vex. One vulnerability is one entry, named by its CVE id where it
 * has one; of contradicting statements about one product the most cautious is written.
 * https://docs.oasis-open.org/csaf/csaf/v2.0/csaf-v2.0.html#45-profile-5-vex
 */
export function writeCsaf(statements: readonly Statement[], about: VexAbout): string {
  const ids = new ProductIds(about);
  const entries = new Map<string, Entry>();
  for (const s of writable(statements, about)) {
    const name = [s.vulnerability, ...unique(s.aliases)].find((id) => id.startsWith('CVE-')) ?? s.vulnerability;
    const entry: Entry = entries.get(name) ?? { name, ids: new Set(), byProduct: new Map() };
    entries.set(name, entry);
    for (const id of [s.vulnerability, ...s.aliases]) if (id !== name) entry.ids.add(id);
    for (const { product, components } of targetsOf(s, about)) {
      const pairs = components.length === 0 ? [null] : components;
      for (const component of pairs) entry.byProduct.set(...cautious(entry, ids.of(product, component), s));
    }
  }
  const vulnerabilities = [...entries.values()].map((entry) => vulnerability(entry, about));
  const names = about.products.map((p) => nameOf(p.purl ?? p.digest ?? p.name, about).name).filter((n) => n !== '');
  return jsonText({
    document: {
      category: 'csaf_vex',
      csaf_version: '2.0',
      lang: 'en',
      publisher: { category: 'user', name: about.author, namespace: namespaceOf(about) },
      title: `VEX${names.length === 0 ? '' : ` of ${unique(names).join(', ')}`}`,
      tracking: {
        current_release_date: about.timestamp,
        generator: { engine: { name: 'kvitto', version: about.toolVersion } },
        id: about.id.trim(),
        initial_release_date: about.timestamp,
        revision_history: [{ date: about.timestamp, number: '1', summary: 'As it stood when it was written.' }],
        status: 'final',
        version: '1',
      },
    },
    product_tree: ids.tree(),
    vulnerabilities,
  });
}

interface Entry {
  readonly name: string;
  readonly ids: Set<string>;
  readonly byProduct: Map<string, Statement>;
}

/** A product may be in one state only. Of two statements in the same state the later one is written. */
function cautious(entry: Entry, id: string, s: Statement): [string, Statement] {
  const known = entry.byProduct.get(id);
  if (known === undefined) return [id, s];
  const less = mostCautious.indexOf(s.status) - mostCautious.indexOf(known.status);
  if (less !== 0) return [id, less < 0 ? s : known];
  return [id, (s.madeAt ?? '') >= (known.madeAt ?? '') ? s : known];
}

function namespaceOf({ namespace, author }: VexAbout): string {
  if (namespace !== undefined && URL.canParse(namespace)) return namespace;
  return `urn:uuid:${uuidOf(`kvitto publisher ${author}`)}`;
}

function vulnerability(entry: Entry, about: VexAbout): Written {
  const isCve = entry.name.startsWith('CVE-');
  const ids = isCve ? unique(entry.ids) : [entry.name, ...unique(entry.ids)];
  const products = [...entry.byProduct].sort(([a], [b]) => (a < b ? -1 : 1));
  const grouped = <T extends Written>(of: (s: Statement) => T | null) => groups(products, of);
  const flags = grouped((s) => (s.justification === null ? null : { label: s.justification, ...dated(s) }));
  const threats = grouped((s) => {
    const details = withNotes(s.impact, { ...s, action: null });
    return details === null ? null : { category: 'impact', details, ...dated(s) };
  });
  const remediations = grouped((s) => (s.action === null ? null : { ...remediationOf(s.action), ...dated(s) }));
  return {
    ...(isCve && { cve: entry.name }),
    ...(ids.length > 0 && { ids: ids.map((text) => ({ system_name: sourceOfId(text).name, text })) }),
    notes: [
      {
        category: 'general',
        text: `What ${about.author} states about ${entry.name}, by product.`,
        title: 'About this entry',
      },
    ],
    product_status: statuses(products),
    ...(flags.length > 0 && { flags }),
    ...(threats.length > 0 && { threats }),
    ...(remediations.length > 0 && { remediations }),
  };
}

function dated(s: Statement): { date?: string } {
  return s.madeAt === null ? {} : { date: s.madeAt };
}

function statuses(products: readonly (readonly [string, Statement])[]): Record<string, string[]> {
  const lists = new Map<VexStatus, string[]>();
  for (const [id, { status }] of products) {
    const list = lists.get(status);
    if (list === undefined) lists.set(status, [id]);
    else list.push(id);
  }
  return Object.fromEntries([...lists].map(([status, ids]) => [csafStatusOf[status], ids] as const).sort());
}

/** Equal things that are said of several products, once, with the products. */
function groups(products: readonly (readonly [string, Statement])[], of: (s: Statement) => Written | null): Written[] {
  const found = new Map<string, { said: Written; ids: string[] }>();
  for (const [id, s] of products) {
    const said = of(s);
    if (said === null) continue;
    const key = JSON.stringify(said);
    const group = found.get(key);
    if (group === undefined) found.set(key, { said, ids: [id] });
    else group.ids.push(id);
  }
  return [...found.values()].map(({ said, ids }) => ({ ...said, product_ids: ids }));
}
