import { parsePurl } from '../../model/purl.ts';
import { asObject, listAt, objectAt, textAt, textsOf } from '../json-values.ts';
import type { VexCollector } from '../vex-collector.ts';
import { digestText, identifierOf, type Place, placeOf } from '../vex-scope.ts';

type Json = Readonly<Record<string, unknown>>;

/** Most products, relationships and branches of one document. */
const maxProducts = 500_000;

/** The products of a CSAF document by their id. */
export class ProductTree {
  readonly #plain = new Map<string, string>();
  readonly #related = new Map<
    string,
    { readonly component: string; readonly product: string; readonly name: string }
  >();
  readonly #groups = new Map<string, readonly string[]>();
  #left = maxProducts;

  constructor(tree: Json | null, collector: VexCollector) {
    this.#branches(tree);
    for (const entry of listAt(tree, 'full_product_names')) this.#product(asObject(entry));
    for (const entry of listAt(tree, 'relationships')) this.#relationship(asObject(entry));
    for (const entry of listAt(tree, 'product_groups')) {
      const group = asObject(entry);
      const id = textAt(group, 'group_id');
      if (id !== null && !this.#groups.has(id)) this.#groups.set(id, textsOf(listAt(group, 'product_ids')));
    }
    if (this.#left <= 0) collector.tell('limit-exceeded', `its product tree holds more than ${maxProducts} entries`);
  }

  /** Without recursion: an attacker chooses the depth. */
  #branches(tree: Json | null): void {
    const queue = [listAt(tree, 'branches')];
    for (let at = 0; at < queue.length; at++) {
      for (const entry of queue[at] ?? []) {
        if (this.#left-- <= 0) return;
        const branch = asObject(entry);
        this.#product(objectAt(branch, 'product'));
        const inner = listAt(branch, 'branches');
        if (inner.length > 0) queue.push(inner);
      }
    }
  }

  #product(product: Json | null): void {
    const id = textAt(product, 'product_id');
    const text = product === null ? null : identified(product);
    if (id !== null && text !== null && !this.#plain.has(id) && this.#left-- > 0) this.#plain.set(id, text);
  }

  #relationship(entry: Json | null): void {
    const full = objectAt(entry, 'full_product_name');
    const id = textAt(full, 'product_id');
    const component = textAt(entry, 'product_reference');
    const product = textAt(entry, 'relates_to_product_reference');
    if (id === null || component === null || product === null || this.#related.has(id) || this.#left-- <= 0) return;
    this.#related.set(id, { component, product, name: (full === null ? null : identified(full)) ?? id });
  }

  /** What a product id stands for; null where the tree does not hold it. */
  place(id: string): Place | null {
    const plain = this.#plain.get(id);
    if (plain !== undefined) return placeOf(plain);
    const related = this.#related.get(id);
    if (related === undefined) return null;
    const component = this.#plain.get(related.component);
    const product = this.#plain.get(related.product);
    // A relation between relations has more conditions than a component in a product: its own name matches nothing wider.
    if (component === undefined || product === undefined) return { product: related.name, component: null };
    return { product, component };
  }

  /** The product ids that an entry names, itself and by groups, at most as many as the limit of the tree. */
  *idsOf(entry: Json | null): Iterable<string> {
    yield* textsOf(listAt(entry, 'product_ids'));
    for (const group of textsOf(listAt(entry, 'group_ids'))) yield* this.#groups.get(group) ?? [];
  }
}

function identified(product: Json): string | null {
  const helper = objectAt(product, 'product_identification_helper');
  // CSAF 2.1 has a list, whose members all name the same product.
  const purls = [textAt(helper, 'purl'), ...textsOf(listAt(helper, 'purls'))].filter((text) => text !== null);
  const purl = identifierOf(purls[0] ?? null);
  const digest = digestOf(helper);
  if (purl !== null && (digest === null || parsePurl(purl)?.version != null)) return purl;
  return digest ?? identifierOf(textAt(helper, 'cpe')) ?? identifierOf(textAt(product, 'name'));
}

/** The digest of a product that is one file. Several files are several conditions, which one digest does not tell. */
function digestOf(helper: Json | null): string | null {
  const files = listAt(helper, 'hashes');
  if (files.length !== 1) return null;
  const hashes = listAt(asObject(files[0]), 'file_hashes').map(asObject);
  return digestText(textAt(hashes.find((h) => textAt(h, 'algorithm') === 'sha256') ?? null, 'value'));
}
