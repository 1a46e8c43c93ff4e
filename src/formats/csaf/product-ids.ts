import { parsePurl } from '../../model/purl.ts';
import type { VexAbout } from '../vex-format.ts';
import { digestText, nameOf } from '../vex-scope.ts';

type Written = Record<string, unknown>;

const helperPurl = /^pkg:[A-Za-z.\-+][A-Za-z0-9.\-+]*\/.+/;

/** Gives ids to products and components of products, and writes the product tree that explains them. */
export class ProductIds {
  readonly #about: VexAbout;
  readonly #plain = new Map<string, string>();
  readonly #related = new Map<string, { readonly id: string; readonly product: string; readonly component: string }>();

  constructor(about: VexAbout) {
    this.#about = about;
  }

  /** The id of a product, of a component in it, or of a component wherever it is. One of the two is not null. */
  of(product: string | null, component: string | null): string {
    if (product === null || component === null) return this.#plainId(product ?? component ?? '');
    const key = `${product}\n${component}`;
    const known = this.#related.get(key);
    if (known !== undefined) return known.id;
    const id = `${this.#plainId(product)}:${this.#plainId(component)}`;
    this.#related.set(key, { id, product, component });
    return id;
  }

  #plainId(text: string): string {
    const known = this.#plain.get(text);
    if (known !== undefined) return known;
    const id = `P-${String(this.#plain.size + 1).padStart(4, '0')}`;
    this.#plain.set(text, id);
    return id;
  }

  /** The product tree. Components of products are relationships. */
  tree(): Written {
    const related = [...this.#related.values()].map(({ id, product, component }) => ({
      category: 'default_component_of',
      full_product_name: { name: `${this.#name(component)} in ${this.#name(product)}`, product_id: id },
      product_reference: this.#plainId(component),
      relates_to_product_reference: this.#plainId(product),
    }));
    return {
      full_product_names: [...this.#plain].map(([text, id]) => {
        const helper = helperOf(text, this.#about);
        return {
          // What has no helper is known by its name alone.
          name: helper === null ? text : this.#name(text),
          product_id: id,
          ...(helper !== null && { product_identification_helper: helper }),
        };
      }),
      ...(related.length > 0 && { relationships: related }),
    };
  }

  #name(text: string): string {
    const { name, version } = nameOf(text, this.#about);
    return version === null ? name : `${name} ${version}`;
  }
}

function helperOf(text: string, about: VexAbout): Written | null {
  const stated = about.products.find((p) => p.purl === text || p.digest === text);
  const digest = digestText(stated?.digest ?? text);
  const purl = parsePurl(text) !== null && helperPurl.test(text) && URL.canParse(text);
  if (!purl && digest === null) return null;
  return {
    ...(digest !== null && {
      hashes: [
        {
          file_hashes: [{ algorithm: 'sha256', value: digest.slice('sha256:'.length) }],
          filename: stated?.name || text,
        },
      ],
    }),
    ...(purl && { purl: text }),
  };
}
