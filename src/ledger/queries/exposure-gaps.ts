import { sql } from 'kysely';
import { among } from '../apply/interned.ts';
import { isDigest } from '../documents.ts';
import type { Instant } from '../instant.ts';
import type { Ledger } from '../ledger.ts';
import { readFeeds } from '../read-documents.ts';
import type { DeploymentRef, ExposureGap } from './answers.ts';
import type { Period } from './deployment-refs.ts';
import { believedAt } from './known-at.ts';
import { blindAt, gapsOf, type Looked } from './looking.ts';

interface Asked {
  readonly from: Instant;
  readonly to: Instant;
  readonly asOf: Instant;
  readonly maxFeedAgeMs?: number | null;
  /** The environment that was asked for; null: those of the deployments. */
  readonly place: { readonly id: number; readonly name: string } | null;
}

const dayMs = 86_400_000;

interface LastPass {
  readonly at: Instant;
  readonly digest: string | null;
  readonly feeds: string | null;
  readonly problems: number;
}

/** The last pass over everything, or over this artifact alone, as known at a moment. */
async function lastPass(ledger: Ledger, artifact: number, asOf: Instant): Promise<LastPass | null> {
  const { rows } =
    await sql<LastPass>`SELECT r.known_from AS at, s.digest, s.document AS feeds, r.problems FROM rescan r
    LEFT JOIN snapshot s ON s.id = r.snapshot WHERE r.known_from <= ${asOf} AND (r.artifact IS NULL OR r.artifact = ${artifact})
    ORDER BY r.id DESC LIMIT 1`.execute(ledger.reader);
  return rows[0] ?? null;
}

async function problemsOf(ledger: Ledger, artifacts: readonly number[], asOf: Instant) {
  const { rows } = await sql<{ artifact: number; count: number; inventory: string }>`SELECT i.artifact,
    i.problems AS count, i.document AS inventory FROM inventory i
    WHERE ${among(ledger.database, 'i.artifact', artifacts)} AND i.problems > 0 AND ${believedAt('i', asOf)}`.execute(
    ledger.reader,
  );
  return new Map(rows.map((r) => [r.artifact, r]));
}

/** What an exposure does not cover, artifact by artifact, then feeds, then environments. */
export async function exposureGaps(
  ledger: Ledger,
  periods: readonly Period[],
  deployments: readonly DeploymentRef[],
  asked: Asked,
): Promise<ExposureGap[]> {
  const gaps: ExposureGap[] = [];
  for (const { deployment, artifact } of deployments) {
    if (!artifact.recorded) gaps.push({ kind: 'unrecorded', deployment, artifact: artifact.digest });
  }
  const recorded = new Map(
    deployments.flatMap(({ artifact }, at) =>
      artifact.recorded ? [[periods[at]?.artifact ?? 0, artifact] as const] : [],
    ),
  );
  const problems = recorded.size === 0 ? new Map() : await problemsOf(ledger, [...recorded.keys()], asked.asOf);
  const passes = new Map<string, LastPass>();
  for (const [number, { digest }] of recorded) {
    const problem = problems.get(number);
    if (problem !== undefined) {
      gaps.push({ kind: 'inventory-problems', artifact: digest, count: problem.count, inventory: problem.inventory });
    }
    const pass = await lastPass(ledger, number, asked.asOf);
    if (pass?.feeds != null) passes.set(pass.feeds, pass);
    const { at = null, digest: snapshot = null, problems: count = 0 } = pass ?? {};
    const known = snapshot !== null && isDigest(snapshot) ? snapshot : null;
    gaps.push({ kind: 'last-rescan', artifact: digest, at, snapshot: known, problems: count });
  }
  gaps.push(...(await staleFeeds(ledger, passes, asked)));
  const places = new Map(deployments.map((d, at) => [d.environment, periods[at]?.environment ?? 0]));
  if (asked.place !== null) places.set(asked.place.name, asked.place.id);
  for (const [name, id] of [...places].sort(([a], [b]) => (a < b ? -1 : 1))) {
    gaps.push(...(await notObserved(ledger, { id, name, ...asked }, asked.asOf)));
  }
  return gaps;
}

async function notObserved(ledger: Ledger, place: Looked, asOf: Instant): Promise<ExposureGap[]> {
  const { name: environment, id, name, from, to } = place;
  if (from === to) {
    const blind = await blindAt(ledger, [place], from, asOf);
    return blind.map(() => ({ kind: 'not-observed', environment, from, to }));
  }
  const gaps = await gapsOf(ledger, { id, name, from, to: Math.min(to, asOf) }, asOf);
  return gaps.map((gap) => ({ kind: 'not-observed', ...gap }));
}

/** Feeds of the passes that were older than allowed at the end of what is asked about, or at `asOf` where that is earlier. */
async function staleFeeds(ledger: Ledger, passes: ReadonlyMap<string, LastPass>, asked: Asked): Promise<ExposureGap[]> {
  const { maxFeedAgeMs = null, to, asOf } = asked;
  if (maxFeedAgeMs === null) return [];
  const stale = new Map<string, ExposureGap & { readonly kind: 'feed-age' }>();
  for (const digest of passes.keys()) {
    if (!isDigest(digest)) continue;
    for (const feed of readFeeds(await ledger.documents.get(digest), digest).feeds) {
      const ageMs = Math.min(to, asOf) - Date.parse(feed.asOf);
      if (ageMs <= maxFeedAgeMs) continue;
      const gap = { kind: 'feed-age', feed: feed.id, asOf: feed.asOf, days: Math.floor(ageMs / dayMs) } as const;
      const before = stale.get(feed.id);
      if (before === undefined || before.asOf > gap.asOf) stale.set(feed.id, gap);
    }
  }
  return [...stale.values()].sort((a, b) => (a.feed < b.feed ? -1 : 1));
}
