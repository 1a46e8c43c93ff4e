/** Keeps what was computed, up to a bound; when it is full, the oldest go first. */
export class BoundedCache<V> {
  readonly #kept = new Map<string, V>();
  readonly #most: number;
  readonly #weigh: (value: V) => number;
  #weight = 0;

  /** `most`: bound on the sum of the weights. One value that is heavier than that is not kept. */
  constructor(most: number, weigh: (value: V) => number) {
    this.#most = most;
    this.#weigh = weigh;
  }

  get(key: string, compute: () => V): V {
    const known = this.#kept.get(key);
    if (known !== undefined || this.#kept.has(key)) return known as V;
    const value = compute();
    const weight = this.#weigh(value);
    if (weight > this.#most) return value;
    this.#weight += weight;
    this.#kept.set(key, value);
    if (this.#weight > this.#most) this.#shrink();
    return value;
  }

  /** Down to three quarters at once: walking over what was deleted from the front of a map is not free. */
  #shrink(): void {
    for (const [oldest, old] of this.#kept) {
      if (this.#weight <= this.#most * 0.75) break;
      this.#kept.delete(oldest);
      this.#weight -= this.#weigh(old);
    }
  }
}
