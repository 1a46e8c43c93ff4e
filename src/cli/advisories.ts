import { existsSync } from 'node:fs';
import { storePaths } from '../advisories/paths.ts';
import { openStore } from '../advisories/store/open.ts';
import type { AdvisoryStore } from '../model/advisory.ts';
import { baseOf, lookupOf } from '../model/ecosystem.ts';
import { CodedError, messageOf } from '../model/errors.ts';
import type { Inventory } from '../model/inventory.ts';
import { parsePurl } from '../model/purl.ts';
import type { Progress } from './progress.ts';
import { tell } from './tell.ts';

export interface StoreOptions {
  readonly home: string;
  /** Where missing feeds come from; null for the public addresses. */
  readonly base: string | null;
  /** No connection, no update: the store as it is. */
  readonly asItIs: boolean;
  readonly now: Date;
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

/** OSV ecosystems, without release, that the components of an inventory are looked up in. */
export function ecosystemsOf(inventory: Inventory): string[] {
  const found = new Set<string>();
  for (const { purl } of inventory.components) {
    const parsed = parsePurl(purl);
    const lookup = parsed === null ? null : lookupOf(parsed);
    for (const ecosystem of lookup?.ecosystems ?? []) found.add(baseOf(ecosystem));
  }
  return [...found].sort();
}

/**
 * The store for an inventory: what is there, and what the inventory needs and the store lacks fetched first. A feed that
 * cannot be fetched is told on standard error and stays a gap, which the result names. Null: there is no store.
 */
export async function storeFor(inventory: Inventory, options: StoreOptions): Promise<AdvisoryStore | null> {
  const { home, base, asItIs, now, signal, progress } = options;
  const store = openIfThere(home);
  const lacking = ecosystemsOf(inventory).filter((ecosystem) => store?.covers(ecosystem) !== true);
  if (asItIs || (store !== null && lacking.length === 0)) return store;
  store?.close();
  try {
    progress.step(`fetching advisories for ${lacking.join(', ') || 'the store'}`);
    // Loaded only here: a scan with a store that has what it needs does without a network client.
    const { updateStore } = await import('../advisories/update.ts');
    const { perFeed, warnings } = await updateStore({
      home,
      base,
      ecosystems: lacking,
      now,
      signal,
      onProgress: ({ feed, records }) => progress.step(`${feed}: ${records} records`),
    });
    progress.done();
    for (const warning of warnings) tell(warning);
    for (const { id, state, why, message } of perFeed) {
      const what = why === 'unreachable' ? 'could not be fetched' : 'was not taken';
      if (state === 'failed') tell(`${id} ${what}: ${message ?? 'no reason given'}`);
    }
  } catch (error) {
    progress.done();
    if (!(error instanceof CodedError) || error.code === 'aborted') throw error;
    tell(`advisories could not be fetched: ${messageOf(error)}`, error.remedy);
  }
  return openIfThere(home);
}

function openIfThere(home: string): AdvisoryStore | null {
  const { store } = storePaths(home);
  return existsSync(store) ? openStore(store) : null;
}
