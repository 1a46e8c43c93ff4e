import { createHash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type { FeedState } from '../../model/advisory.ts';
import { formatRevision, unpackBlock } from './format.ts';

interface Rows {
  readonly sql: string;
  readonly parameters: readonly string[];
  readonly block: boolean;
}

function rowsOf(feed: string): Rows {
  if (feed === 'nvd') return { sql: 'SELECT year, data FROM nvd ORDER BY year, first', parameters: [], block: true };
  if (feed === 'epss')
    return { sql: 'SELECT cve, probability, percentile FROM epss ORDER BY cve', parameters: [], block: false };
  if (feed.startsWith('osv/')) {
    const sql = 'SELECT feed, data FROM block WHERE feed = ? ORDER BY first';
    return { sql, parameters: [feed], block: true };
  }
  const sql = 'SELECT cve, since, due, ransomware, summary FROM exploited WHERE feed = ? ORDER BY cve';
  return { sql, parameters: [feed], block: false };
}

/**
 * `sha256:…` over all rows of one feed in their order, as text before compression: neither the release of zstd nor the
 * cut between blocks has a part in it.
 */
export function rowsDigest(db: DatabaseSync, feed: string): string {
  const hash = createHash('sha256');
  const { sql, parameters, block } = rowsOf(feed);
  const statement = db.prepare(sql);
  statement.setReturnArrays(true);
  let group: unknown = null;
  for (const row of statement.iterate(...parameters) as Iterable<unknown>) {
    const values = row as readonly unknown[];
    if (!block) {
      hash.update(`${JSON.stringify(values)}\n`);
      continue;
    }
    if (values[0] !== group) {
      group = values[0];
      hash.update(`\n${JSON.stringify(group)}`);
    }
    hash.update(unpackBlock(values[1] as Uint8Array));
  }
  return `sha256:${hash.digest('hex')}`;
}

/** The snapshot digest. The times at which feeds were fetched or confirmed have no part in it. */
export function snapshotDigest(feeds: readonly { readonly state: FeedState; readonly rowsDigest: string }[]): string {
  const lines = feeds.map(({ state, rowsDigest: rows }) => [
    state.id,
    state.digest,
    state.records,
    state.badRecords,
    rows,
  ]);
  lines.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1));
  const text = JSON.stringify({ format: formatRevision, feeds: lines });
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}
