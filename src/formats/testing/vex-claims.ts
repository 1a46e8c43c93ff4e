import fc from 'fast-check';
import { justifications, type Statement, vexStatuses } from '../../model/decision.ts';
import type { VexAbout } from '../vex-format.ts';
import { placeOf, targetsOf } from '../vex-scope.ts';
import { folder, shop, statement } from './vex-statements.ts';

/** What a statement says about one place: the smallest thing that two documents can be compared by. */
export interface Claim extends Omit<Statement, 'products' | 'components' | 'vulnerability' | 'aliases'> {
  readonly ids: string;
  readonly place: string;
}

/** All claims of statements that are written under `about`, sorted. */
export function claimsOf(statements: readonly Statement[], about: VexAbout): Claim[] {
  const claims = statements.flatMap((s) => {
    const { products: _, components: __, vulnerability, aliases, ...rest } = s;
    const ids = [vulnerability, ...aliases].sort().join(' ');
    return targetsOf(s, about).flatMap(({ product, components }) => {
      const places =
        components.length > 0
          ? components.map((component) => (product === null ? placeOf(component) : { product, component }))
          : product === null
            ? []
            : [placeOf(product)];
      return places.map(({ product: p, component: c }) => ({ ...rest, ids, place: `${p} ${c}` }));
    });
  });
  return claims.sort((a, b) => (`${a.ids} ${a.place}` < `${b.ids} ${b.place}` ? -1 : 1));
}

/** Whether a claim says more than another about the same: a better status, a reason of its own, or no end where there was one. */
export function isStronger(a: Claim, b: Claim): boolean {
  const rank = { affected: 0, under_investigation: 0, fixed: 1, not_affected: 1 } as const;
  return (
    a.ids !== b.ids ||
    a.place !== b.place ||
    rank[a.status] > rank[b.status] ||
    (rank[a.status] === 1 && a.status !== b.status) ||
    (a.justification !== null && a.justification !== b.justification) ||
    a.reviewBy !== b.reviewBy
  );
}

const ghsa = fc
  .array(fc.constantFrom(...'23456789cfghjmpqrvwx'), { minLength: 12, maxLength: 12 })
  .map((c) => `GHSA-${c.slice(0, 4).join('')}-${c.slice(4, 8).join('')}-${c.slice(8).join('')}`);
const digest = fc.constantFrom(...'0123456789abcdef').map((c) => `sha256:${c.repeat(64)}`);
const component = fc.constantFrom(
  'pkg:npm/%40quay/rope-walk@3.0.0',
  'pkg:npm/tide-table@1.0.0',
  'pkg:npm/tide-table',
  'pkg:deb/debian/libharbour1@2.0-1?arch=amd64&distro=debian-12',
  'pkg:golang/example.org/anchor@v1.2.3#cmd/chain',
  'cpe:2.3:a:example:harbour:2.0:*:*:*:*:*:*:*',
);
const product = fc.oneof(
  digest,
  fc.constantFrom(
    shop.purl ?? '',
    shop.digest ?? '',
    folder.digest ?? '',
    'pkg:npm/whole-app@1.0.0',
    'https://example.org/products/7',
    'Some Product 4 (EMEA) é',
    'urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1',
  ),
);
const text = fc.oneof(
  fc.constantFrom(
    'a\nb',
    'vendor_fix: a',
    'no_fix_planned: a',
    'mitigation: a',
    'fix_planned: x',
    'vendor_fix:  ',
    'x: y',
  ),
  fc.constantFrom('Review by: 2026-01-01', '  indented\n  more\n', '\n\nfirst', '\u202e right'),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }),
);
const written = text.filter((t) => t.trim() !== '' && !/[[\p{Cc}\p{Cs}]--[\n\t]]/v.test(t));
const orNull = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: null });
const labels = [
  'protected_at_perimeter',
  'protected_by_compiler',
  'protected_at_runtime',
  'requires_configuration',
  'false_positive',
  'code_not_reachable',
  'a word of another world',
];

/** A statement that may stand, with an id of its own. */
const one = fc
  .record({
    aliases: fc.uniqueArray(ghsa, { maxLength: 2 }).map((list) => list.sort()),
    components: fc.uniqueArray(component, { maxLength: 3 }).map((list) => list.sort()),
    products: fc.uniqueArray(product, { maxLength: 3 }).map((list) => list.sort()),
    status: fc.constantFrom(...vexStatuses),
    justification: orNull(fc.constantFrom(...justifications)),
    originalJustification: orNull(fc.constantFrom(...labels)),
    impact: orNull(written),
    action: orNull(written),
    madeAt: orNull(fc.constantFrom('2026-01-01T00:00:00Z', '2026-01-02T03:04:05.678+02:00')),
    reviewBy: orNull(fc.constantFrom('2026-09-01', '2026-09-01T00:00:00Z')),
  })
  .map((s) =>
    statement({
      ...s,
      justification: s.status === 'not_affected' ? s.justification : null,
      impact: s.status === 'not_affected' && s.justification === null ? (s.impact ?? 'So it is.') : s.impact,
      action: s.status === 'affected' ? (s.action ?? 'Upgrade.') : s.action,
    }),
  );

/** Statements that may stand, about different vulnerabilities. */
export const anyStatements: fc.Arbitrary<Statement[]> = fc
  .array(one, { minLength: 1, maxLength: 5 })
  .map((list) => list.map((s, i) => ({ ...s, vulnerability: i % 2 === 0 ? `CVE-2024-100${i}` : `DSA-500${i}-1` })));
