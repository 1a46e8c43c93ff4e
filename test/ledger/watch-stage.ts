// What the contract of record and rescan is written with.
import { type TestContext, test } from 'node:test';
import { advisory, range } from '../../src/match/testing/memory-store.ts';
import type { Advisory, AdvisoryStore } from '../../src/model/advisory.ts';
import { type RescanOptions, rescan } from '../../src/watch/rescan.ts';
import { dayOf, type SmallLedger, type SmallStore, smallStore } from '../../src/watch/testing/small-ledger.ts';

export const below = (id: string, fixed: string, parts: Partial<Advisory> = {}) =>
  advisory(id, { affected: [range('SEMVER', 'introduced 0', `fixed ${fixed}`)], ...parts });
export const day = (n: number) => new Date(dayOf(n)).toISOString();
export const a = (version: string) => `pkg:npm/a@${version}`;
export const b = (version: string) => `pkg:npm/b@${version}`;
export const p = (version: string) => `pkg:pypi/p@${version}`;

/** A store of the n-th day. */
export const store = (n: number, osv: SmallStore['osv'], facts: SmallStore['facts'] = []) =>
  smallStore({ asOf: day(n), osv, facts });

/** A rescan on the n-th day. */
export async function scanAt(small: SmallLedger, n: number, of: AdvisoryStore, options: RescanOptions = {}) {
  small.now = dayOf(n);
  return await rescan(small.ledger, of, 'watch', options);
}

export type Body = (small: SmallLedger, t: TestContext) => Promise<void>;

/** Makes tests that each have a ledger of their own. */
export function testsOn(database: string, open: () => Promise<SmallLedger>): (name: string, body: Body) => void {
  return (name, body) => {
    test(`${database}: ${name}`, async (t) => {
      const small = await open();
      try {
        await body(small, t);
      } finally {
        await small.close();
      }
    });
  };
}
