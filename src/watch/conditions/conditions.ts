import type { Reader } from '../../ledger/database/database.ts';
import type { Condition, ConditionKind, ConditionsDocument } from '../../ledger/document-shapes.ts';
import { forever, type Instant } from '../../ledger/instant.ts';
import type { Appended, Ledger } from '../../ledger/ledger.ts';
import { putJson } from '../../ledger/record/text.ts';
import type { AdvisoryStore } from '../../model/advisory.ts';
import { endedReleases } from './ended-releases.ts';
import { endingDecisions } from './ending-decisions.ts';
import type { FeedOutcome } from './feed-outcome.ts';
import { failedFeeds, staleFeeds } from './feeds.ts';
import { likelyExploited } from './likely-exploited.ts';
import { overdue } from './overdue.ts';

/** What is held against what. Spans in milliseconds. */
export interface ConditionSettings {
  readonly maxDbAgeMs: number;
  readonly scanOverdueMs: number;
  /** From which EPSS probability on, 0 to 1. */
  readonly epss: number;
}

export interface ConditionRequest {
  /** Null: there is no advisory store. */
  readonly store: AdvisoryStore | null;
  /** Of the update that went before; null where there was none: what is known of feeds that fail stays. */
  readonly feeds: readonly FeedOutcome[] | null;
  readonly settings: ConditionSettings;
  /** Since when nobody watched, where that is longer than it may be. */
  readonly silentSince: Instant | null;
  readonly actor: string;
}

export interface ConditionResult {
  /** Null: nothing changed, and nothing was recorded. */
  readonly appended: Appended | null;
  readonly began: readonly Condition[];
  readonly ended: readonly Condition[];
}

/** What holds now, of the kinds that could be looked at. */
interface Holding {
  readonly kinds: ReadonlySet<ConditionKind>;
  readonly conditions: readonly Condition[];
}

async function holdingNow(ledger: Ledger, request: ConditionRequest, now: Instant): Promise<Holding> {
  const { store, feeds, settings, silentSince } = request;
  const kinds = new Set<ConditionKind>([
    'decision-expiring',
    'end-of-life',
    'feed-stale',
    'scan-overdue',
    'watch-silent',
  ]);
  const conditions = [
    ...(await endingDecisions(ledger, now)),
    ...(await endedReleases(ledger, now)),
    ...staleFeeds(store, settings.maxDbAgeMs, now),
    ...(await overdue(ledger, settings.scanOverdueMs, now)),
  ];
  if (silentSince !== null) {
    const since = new Date(silentSince).toISOString();
    const message = `nobody watched from ${since} to ${new Date(now).toISOString()}`;
    conditions.push({ what: 'watch-silent', subject: '*', level: since, detail: { message, since } });
  }
  if (store !== null) {
    kinds.add('epss');
    conditions.push(...(await likelyExploited(ledger, store, settings.epss)));
  }
  if (feeds !== null) {
    kinds.add('feed-failed');
    conditions.push(...failedFeeds(feeds));
  }
  return { kinds, conditions };
}

const keyOf = ({ what, subject, level }: Condition) => `${what}\0${subject}\0${level}`;

/** The conditions that the ledger holds to be open. */
async function openConditions(reader: Reader): Promise<Condition[]> {
  const rows = await reader.selectFrom('condition').selectAll().where('known_to', '=', forever).orderBy('id').execute();
  return rows.map(({ what, subject, level, detail }) => ({
    what: what as ConditionKind,
    subject,
    level,
    detail: JSON.parse(detail) as Condition['detail'],
  }));
}

/**
 * Looks at what holds by itself, and records what began and ended since the last look: decisions that run out (14, 7 and 1 days
 * before), EPSS over the bound, releases without support, feeds that failed or are stale, a scan that is overdue, a
 * watch that did not run. A second look at the same records nothing.
 */
export async function recordConditions(ledger: Ledger, request: ConditionRequest): Promise<ConditionResult> {
  const now = ledger.parts.clock().getTime();
  const { kinds, conditions } = await holdingNow(ledger, request, now);
  const holding = new Map(conditions.map((c) => [keyOf(c), c]));
  let began: Condition[] = [];
  let ended: Condition[] = [];
  const appended = await ledger.append(request.actor, async ({ tx }) => {
    const open = new Map((await openConditions(tx)).map((c) => [keyOf(c), c]));
    began = [...holding].filter(([key]) => !open.has(key)).map(([, c]) => c);
    ended = [...open].filter(([key, c]) => kinds.has(c.what) && !holding.has(key)).map(([, c]) => c);
    if (began.length + ended.length === 0) return [];
    const document: ConditionsDocument = { schema: 'kvitto-conditions-1', began, ended };
    const digest = await putJson(ledger.documents, document);
    return [{ kind: 'conditions-changed', conditions: digest, began: began.length, ended: ended.length }];
  });
  return { appended: appended.count === 0 ? null : appended, began, ended };
}
