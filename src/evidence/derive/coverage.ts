import { formatInstant, type Instant } from '../../ledger/instant.ts';
import type { Digest } from '../../model/inventory.ts';
import type { NotCovered, PackRequest, RanDeployment, Unseen, UsedSnapshot } from '../answer.ts';
import { heldFeeds } from '../shapes/documents.ts';
import type { Contents } from './contents.ts';
import type { Ground } from './ground.ts';
import type { Matches } from './matches.ts';

const dayMs = 86_400_000;

/** Snapshots that something in the pack rests on, with their feeds. */
export async function snapshotsOf(ground: Ground, used: ReadonlySet<Digest>, asOf: Instant): Promise<UsedSnapshot[]> {
  const found = new Map<Digest, UsedSnapshot>();
  for (const { index, fact } of ground.of('snapshot-learned', asOf)) {
    const { snapshot, feeds, recorded } = fact;
    if (!used.has(snapshot) || found.has(snapshot)) continue;
    const { feeds: states } = await ground.document(feeds, index, heldFeeds);
    found.set(snapshot, { snapshot, entry: index, learned: recorded, feeds: states });
  }
  const all = [...used].sort().map((s) => found.get(s) ?? { snapshot: s, entry: null, learned: null, feeds: [] });
  return all.sort((a, b) => (a.entry ?? 0) - (b.entry ?? 0));
}

/** The last pass that held an artifact's components against a snapshot. */
export function lastPass<T extends { readonly scope: Digest | 'all' }>(
  passes: readonly T[],
  artifact: Digest,
): T | null {
  return passes.findLast(({ scope }) => scope === 'all' || scope === artifact) ?? null;
}

function ofArtifact(artifact: Digest, { recorded, inventory }: Contents, matches: Matches): NotCovered[] {
  const { problems } = inventory;
  const found: NotCovered[] = [];
  if (problems.length > 0) {
    found.push({ kind: 'inventory-problems', artifact, inventory: recorded.fact.inventory, problems });
  }
  const pass = lastPass(matches.passes, artifact);
  if (pass === null) return [...found, { kind: 'never-assessed', artifact }];
  const { at, snapshot, problems: count } = pass;
  if (count > 0) found.push({ kind: 'not-assessed', artifact, at: formatInstant(at), snapshot, count });
  return [...found, { kind: 'last-assessed', artifact, at: formatInstant(at), snapshot }];
}

/** Feeds whose last used state was older than allowed at the end of the period, as it was known. */
function oldFeeds(
  { to, asOf, maxFeedAgeMs }: PackRequest,
  matches: Matches,
  artifacts: Iterable<Digest>,
  snapshots: readonly UsedSnapshot[],
): NotCovered[] {
  if (maxFeedAgeMs === null) return [];
  const old = new Map<string, NotCovered>();
  for (const artifact of artifacts) {
    const pass = lastPass(matches.passes, artifact);
    for (const { id, asOf: state } of snapshots.find((s) => s.snapshot === pass?.snapshot)?.feeds ?? []) {
      const ageMs = Math.min(to, asOf) - Date.parse(state);
      const days = Math.floor(ageMs / dayMs);
      if (ageMs > maxFeedAgeMs) old.set(`${id}\0${state}`, { kind: 'feed-age', feed: id, asOf: state, days });
    }
  }
  return [...old].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, gap]) => gap);
}

/** What the answer does not cover. */
export function notCoveredOf(
  ground: Ground,
  request: PackRequest,
  found: {
    readonly deployments: readonly RanDeployment[];
    readonly contents: ReadonlyMap<Digest, Contents>;
    readonly matches: Matches;
    readonly snapshots: readonly UsedSnapshot[];
    readonly unseen: readonly Unseen[];
  },
): NotCovered[] {
  const { deployments, contents, matches, snapshots, unseen } = found;
  const artifacts = new Set(deployments.map((d) => d.artifact));
  const recorded = [...artifacts].filter((a) => contents.has(a)).sort();
  const gaps: NotCovered[] = deployments
    .filter((d) => !contents.has(d.artifact))
    .map(({ deployment, artifact }) => ({ kind: 'unrecorded', deployment, artifact }));
  for (const artifact of recorded) {
    const content = contents.get(artifact);
    if (content !== undefined) gaps.push(...ofArtifact(artifact, content, matches));
  }
  gaps.push(...oldFeeds(request, matches, recorded, snapshots));
  gaps.push(...unseen.map((u) => ({ kind: 'not-observed', ...u }) as const));
  for (const { index, entry } of ground.entries) {
    if (entry.kind === 'redacted') {
      gaps.push({ kind: 'redacted', document: entry.document, entry: index, at: entry.recorded });
    } else if (entry.kind === 'repaired' && Date.parse(entry.recorded) <= request.asOf) {
      gaps.push({ kind: 'repaired', entry: index, at: entry.recorded, found: entry.found });
    }
  }
  return gaps;
}
