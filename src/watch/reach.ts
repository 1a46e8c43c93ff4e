import type { NameKey } from '../ledger/queries/changed-components.ts';
import type { AdvisoryStore } from '../model/advisory.ts';
import { ecosystemsOf } from './lookup-key.ts';
import { holdsBack, type Standing } from './standing.ts';

/** Which names a store can speak of, and of which it may change what is known. */
export class Reach {
  readonly #store: AdvisoryStore;
  readonly #standing: Standing;
  readonly #known = new Map<string, { covers: boolean; may: boolean }>();

  constructor(store: AdvisoryStore, standing: Standing) {
    this.#store = store;
    this.#standing = standing;
  }

  covers(key: NameKey): boolean {
    return this.#of(key).covers;
  }

  mayChange(key: NameKey): boolean {
    return this.#of(key).may;
  }

  #of(key: NameKey): { covers: boolean; may: boolean } {
    let known = this.#known.get(key.ecosystem);
    if (known === undefined) {
      const ecosystems = ecosystemsOf(key);
      const covers = ecosystems.every((e) => this.#store.covers(e));
      known = { covers, may: covers && !ecosystems.some((e) => holdsBack(this.#standing, e)) };
      this.#known.set(key.ecosystem, known);
    }
    return known;
  }
}
