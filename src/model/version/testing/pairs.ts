import fc from 'fast-check';

/** Texts made of the given pieces, between `least` and `most` of them: dense in the corners of an order. */
export function pieces(of: readonly string[], least: number, most: number): fc.Arbitrary<string> {
  return fc.array(fc.constantFrom(...of), { minLength: least, maxLength: most }).map((parts) => parts.join(''));
}

/** `count` pairs of valid versions, the same on each run; half of them differ in one piece or not at all. */
export function pairs(
  versions: fc.Arbitrary<string>,
  valid: (version: string) => boolean,
  count: number,
): [string, string][] {
  const found: [string, string][] = [];
  const pool = fc.sample(versions, { numRuns: count * 4, seed: 20261121 }).filter(valid);
  for (let i = 0; found.length < count && i + 1 < pool.length; i++) {
    const a = pool[i] ?? '';
    const b = pool[(i * 7 + 1) % pool.length] ?? '';
    const cut = i % Math.max(a.length, 1);
    const near = a.slice(0, cut) + b.slice(cut);
    found.push([a, i % 2 === 0 && valid(near) ? near : b]);
  }
  return found;
}

/** -1, 0 or 1. */
export function sign(order: number): number {
  return order < 0 ? -1 : order > 0 ? 1 : 0;
}
