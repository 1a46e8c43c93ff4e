import type { Statement } from '../../model/decision.ts';
import type { VexAbout, VexProduct } from '../vex-format.ts';

/** A statement with nothing in it but what is given. */
export function statement(parts: Partial<Statement>): Statement {
  return {
    vulnerability: 'CVE-2024-1000',
    aliases: [],
    components: [],
    products: [],
    status: 'under_investigation',
    justification: null,
    originalJustification: null,
    impact: null,
    action: null,
    author: null,
    madeAt: null,
    reviewBy: null,
    ...parts,
  };
}

const digest = `sha256:${'4f'.repeat(32)}`;

/** An image by its purl and digest. */
export const shop: VexProduct = {
  purl: `pkg:oci/shop@${digest}?repository_url=registry.example%2Fteam%2Fshop`,
  digest,
  name: 'registry.example/team/shop',
  version: '1.4',
};

/** A directory, which has nothing but the digest of its inventory. */
export const folder: VexProduct = { purl: null, digest: `sha256:${'07'.repeat(32)}`, name: 'batch', version: null };

/** What the golden documents say of themselves. */
export const about: VexAbout = {
  author: 'Example Platform Team',
  id: 'https://vex.example/shop/2026-03',
  timestamp: '2026-03-01T12:00:00Z',
  products: [shop],
  toolVersion: '0.1.0',
  namespace: 'https://vex.example',
};

/** One statement of every kind that the formats tell apart. */
export const sample: readonly Statement[] = [
  statement({
    vulnerability: 'CVE-2024-1001',
    aliases: ['GHSA-2c4f-6g8h-9jmp'],
    components: ['pkg:npm/sail-loft@1.2.0'],
    status: 'not_affected',
    justification: 'vulnerable_code_not_in_execute_path',
    impact: 'The parser is never given input from outside.\nSee the threat model.',
    madeAt: '2026-02-01T08:00:00Z',
    reviewBy: '2026-08-01',
  }),
  statement({
    vulnerability: 'CVE-2024-1002',
    components: ['pkg:deb/debian/libharbour1@2.0-1?distro=debian-12'],
    products: [folder.digest ?? ''],
    status: 'not_affected',
    justification: 'component_not_present',
    madeAt: '2026-02-02T08:00:00Z',
  }),
  statement({
    vulnerability: 'CVE-2024-1003',
    products: [shop.purl ?? '', folder.digest ?? ''],
    status: 'not_affected',
    justification: 'inline_mitigations_already_exist',
    originalJustification: 'protected_by_compiler',
  }),
  statement({
    vulnerability: 'CVE-2024-1004',
    components: ['pkg:npm/%40quay/rope-walk@3.0.0', 'pkg:npm/tide-table@1.0.0'],
    status: 'affected',
    action: 'vendor_fix: Upgrade to 3.0.4 with the release of Friday.',
    impact: 'Reachable from the internal network.',
    madeAt: '2026-02-03T08:00:00Z',
    reviewBy: '2026-03-15T00:00:00Z',
  }),
  statement({
    vulnerability: 'CVE-2024-1005',
    status: 'affected',
    originalJustification: 'protected_at_perimeter',
    action: 'Protected at the perimeter, outside of the product.',
    reviewBy: '2026-04-01',
  }),
  statement({ vulnerability: 'GHSA-3q5r-7v9w-x2c4', status: 'under_investigation', impact: 'Since Monday.' }),
  statement({
    vulnerability: 'DSA-9001-1',
    components: ['pkg:deb/debian/libharbour1@2.0-1?distro=debian-12'],
    status: 'fixed',
    action: 'Rebuilt on the new base image.',
    madeAt: '2026-02-04T08:00:00Z',
  }),
  statement({
    vulnerability: 'CVE-2024-1006',
    status: 'not_affected',
    justification: 'vulnerable_code_cannot_be_controlled_by_adversary',
  }),
  statement({
    vulnerability: 'CVE-2024-1007',
    status: 'not_affected',
    impact: 'Only with the option that is off here.',
    originalJustification: 'requires_configuration',
  }),
];
