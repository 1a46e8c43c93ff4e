import { sql } from 'kysely';
import type { Reader } from '../ledger/database/database.ts';
import type { Fact, Rescanned } from '../ledger/fact.ts';
import { forever, type Instant } from '../ledger/instant.ts';
import type { Appended, Ledger } from '../ledger/ledger.ts';
import type { AdvisoryStore, FeedState } from '../model/advisory.ts';
import { CodedError } from '../model/errors.ts';
import type { Problem } from '../model/problem.ts';
import { appendUnlessChanged } from './append-unless-changed.ts';
import { type Changes, changesOf } from './changes.ts';
import { type Learned, learn } from './learn.ts';
import { ageProblems, standingAlone, standingOf } from './standing.ts';

export interface RescanOptions {
  /** Hold everything against the store, also what it says the same of as before: after a new version of Kvitto. */
  readonly full?: boolean;
  /** Take a store that is older than what was used before, or lacks feeds, as what holds now: what it does not say is unlearned. */
  readonly force?: boolean;
  /** A feed that was confirmed longer ago than this is told as a problem. Null: none is. Default: 5 days, as the gate has it. */
  readonly maxFeedAgeMs?: number | null;
}

export interface RescanResult {
  readonly appended: Appended;
  readonly rescanned: Rescanned;
  /** How many components were held against the store anew. */
  readonly assessed: number;
  /** What it changed for what runs, and for all else. */
  readonly changes: Changes;
  /** What could not be assessed, and what is to be said of the store; also in the documents of the entry. */
  readonly problems: readonly Problem[];
  /** Numbers of the decisions whose time ran out since the last rescan. */
  readonly expired: readonly number[];
  readonly feeds: readonly FeedState[];
}

const defaultAgeMs = 5 * 24 * 60 * 60 * 1000;

/** Decisions of one entry. */
const mostExpired = 3_000;

/** Decisions whose time ran out, that nothing took the place of, and that no entry says so of yet. */
async function expiredDecisions(reader: Reader, at: Instant): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`SELECT id FROM decision
    WHERE known_to = ${forever} AND valid_to <= ${at} AND expired IS NULL ORDER BY id`.execute(reader);
  return rows.map((r) => r.id);
}

/**
 * Holds everything that the ledger knows against the store as it is now, and records what that changes: only what the store says
 * something else of than when it was last asked is matched again. What it cannot speak of stays as it is known. The work is
 * done while others may write.
 *
 * Throws `usage` for a store that is older than what was used before, or lacks feeds without which severities would be unlearned.
 */
export async function rescan(
  ledger: Ledger,
  store: AdvisoryStore,
  actor: string,
  { full = false, force = false, maxFeedAgeMs = defaultAgeMs }: RescanOptions = {},
): Promise<RescanResult> {
  const { documents } = ledger;
  const { feeds } = store.snapshot;
  const now = ledger.parts.clock().getTime();
  const aged = maxFeedAgeMs === null ? [] : ageProblems(feeds, maxFeedAgeMs, now);
  let expired: number[] = [];
  const { appended, worked } = await appendUnlessChanged<Learned>(
    ledger,
    actor,
    async (source) => {
      const standing = force ? standingAlone(store) : await standingOf(source, documents, store);
      if (standing.unfit !== null) {
        throw new CodedError(
          'usage',
          `the advisory store is older than what was used before, or lacks a part of it: ${standing.unfit}`,
          { remedy: 'run: kvitto db update (or, to unlearn what this store does not know: kvitto rescan --force)' },
        );
      }
      return await learn(source, documents, { store, standing, scope: { kind: 'all', full }, problems: aged });
    },
    async ({ facts }, { tx, recorded }) => {
      expired = await expiredDecisions(tx, recorded);
      const all: Fact[] = [...facts];
      for (let at = 0; at < expired.length; at += mostExpired) {
        all.push({ kind: 'decisions-expired', decisions: expired.slice(at, at + mostExpired) });
      }
      return all;
    },
  );
  const { rescanned, assessed, problems } = worked;
  const changes = await changesOf(ledger, {
    documents: rescanned.documents,
    entry: appended.first,
    recorded: appended.recorded,
  });
  return { appended, rescanned, assessed, changes, problems, expired, feeds };
}
