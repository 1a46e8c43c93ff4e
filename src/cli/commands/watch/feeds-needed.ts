import { storeStatus } from '../../../advisories/status.ts';
import type { Ledger } from '../../../ledger/ledger.ts';
import { baseOf } from '../../../model/ecosystem.ts';

/**
 * The OSV ecosystems to fetch, without release, sorted: what the configuration says, else those in which what the ledger knows is looked up and those
 * that the store holds. Empty: nothing needs any advisories yet.
 */
export async function ecosystemsNeeded(
  ledger: Ledger,
  home: string,
  configured: readonly string[] | null,
): Promise<string[]> {
  if (configured !== null) return [...new Set(configured.map(baseOf))].sort();
  const rows = await ledger.reader.selectFrom('advisory_name').select('ecosystem').distinct().execute();
  const status = storeStatus(home);
  const feeds = status.state === 'ready' ? status.snapshot.feeds : [];
  const held = feeds.flatMap(({ id }) => (id.startsWith('osv/') ? [id.slice(4)] : []));
  // A name may be looked up in several.
  const named = rows.flatMap(({ ecosystem }) => ecosystem.split(' ')).map(baseOf);
  return [...new Set([...named, ...held])].sort();
}
