import { setTimeout as pause } from 'node:timers/promises';
import type { Rescanned } from '../ledger/fact.ts';
import { ledgerFailure } from '../ledger/failure.ts';
import type { Appended, Ledger } from '../ledger/ledger.ts';
import { readEntries } from '../ledger/read-entries.ts';
import type { AdvisoryStore, FeedState } from '../model/advisory.ts';
import { CodedError } from '../model/errors.ts';
import type { Digest } from '../model/inventory.ts';
import type { Problem } from '../model/problem.ts';
import { type BeginRequest, begin, isSame, type Passed } from './bulk/begin.ts';
import { changesOfPass } from './bulk/changes-of-pass.ts';
import { finishBulk } from './bulk/finish.ts';
import { type PartSize, usualSize } from './bulk/plan.ts';
import { claim, finishPart, giveBack, isOver, newWorker, openBulk, resultsOf } from './bulk/rows.ts';
import { type PartWorker, workPart } from './bulk/work-part.ts';
import { type Changes, noChanges } from './changes.ts';
import { ageProblems } from './standing.ts';

/** Another worker of this process, on another processor. It ends when there is no part left to take. */
export interface Helper {
  /** The name under which it takes parts. */
  readonly worker: string;
  readonly ended: Promise<void>;
  /** Ends it, whatever it does: what it has not appended is lost, and done again. */
  stop(): Promise<void>;
}

/** Starts helpers. Each calls `helpRescan` on the same ledger with the same store. */
export interface Helpers {
  readonly count: number;
  start(worker: string): Helper;
}

export interface RescanOptions {
  /** Hold everything against the store, also what it says the same of as before: after a new version of Kvitto. */
  readonly full?: boolean;
  /** Take a store that is older than what was used before, or lacks feeds, as what holds now: what it does not say is unlearned. */
  readonly force?: boolean;
  /** A feed that was confirmed longer ago than this is told as a problem. Null: none is. Default: 5 days, as the gate has it. */
  readonly maxFeedAgeMs?: number | null;
  /** Whether to work out what the pass changed for what runs; `changes` is empty without. Default: yes. */
  readonly tell?: boolean;
  /** How large the pieces are. */
  readonly size?: PartSize;
  /** How long a part is one worker's alone. Default: a minute. */
  readonly leaseMs?: number;
  /** Others who do the parts where there is much to do; this caller then only waits, and does what they leave. */
  readonly helpers?: Helpers;
  /** Ends the work between two entries; the next rescan goes on with it. */
  readonly signal?: AbortSignal;
}

export interface RescanResult {
  /** The append that completed the pass. */
  readonly appended: Appended;
  /** The first and last entry of the pass. */
  readonly entries: readonly [first: number, last: number];
  /** The pass in all, also where it took several entries. */
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
const defaultLeaseMs = 60_000;
/** How often whoever waits for other workers looks. */
const waitMs = 200;
/** How often a pass may be pushed aside by one with another store. */
const mostTries = 3;

/**
 * Holds everything that the ledger knows against the store as it is now, and records what that changes: only what the store says
 * something else of than when it was last asked is matched again. What it cannot speak of stays as it is known. The work is
 * done while others may write. Much of it is done in parts, each with an entry of its own, which any number of processes that
 * call this with the same store share; where they are killed, the next call goes on. Returns when all of the pass is recorded.
 *
 * Throws `usage` for a store that is older than what was used before, or lacks feeds without which severities would be unlearned,
 * and `store-busy` where others go on rescanning with another store.
 */
export async function rescan(
  ledger: Ledger,
  store: AdvisoryStore,
  actor: string,
  options: RescanOptions = {},
): Promise<RescanResult> {
  try {
    const passed = await passOver(ledger, store, actor, options);
    const { appended, rescanned, first } = passed;
    const entries = [first, appended.first + appended.count - 1] as const;
    const changes = options.tell === false ? noChanges() : await changesOfPass(ledger, passed.passes);
    const { assessed, problems, expired } = passed;
    return { appended, entries, rescanned, assessed, changes, problems, expired, feeds: store.snapshot.feeds };
  } catch (thrown) {
    throw await ledgerFailure(ledger.database, ledger.parts.paths.folder, thrown);
  }
}

export interface HelpOptions extends Pick<RescanOptions, 'leaseMs' | 'signal' | 'size'> {
  /** The name under which it takes parts. */
  readonly worker?: string;
  /** How many parts it does at most. Default: all that it gets. */
  readonly most?: number;
}

/** Takes parts of the pass that is under way with this store, until there is none to take. Gives how many it did. */
export async function helpRescan(
  ledger: Ledger,
  store: AdvisoryStore,
  actor: string,
  options: HelpOptions = {},
): Promise<number> {
  const { worker = newWorker(), leaseMs = defaultLeaseMs, signal = null, size = usualSize } = options;
  const open = await openBulk(ledger.reader);
  if (open === null || open.snapshot !== store.snapshot.digest) return 0;
  const { standing, full } = open.finish;
  const at: PartWorker = { ledger, actor, store, standing, full, leaseMs, size };
  let done = 0;
  for (; done < (options.most ?? Number.POSITIVE_INFINITY); done += 1) {
    signal?.throwIfAborted();
    const next = await claim(ledger, open.bulk, { worker, leaseMs, parts: true, finish: false });
    if (next === null) break;
    await workPart(at, next, signal);
  }
  return done;
}

/** A pass with the entries that it took. */
type Whole = Passed & {
  readonly first: number;
  readonly passes: readonly {
    readonly entry: number;
    readonly documents: readonly Digest[];
    readonly recorded: number;
  }[];
};

async function passOver(ledger: Ledger, store: AdvisoryStore, actor: string, options: RescanOptions): Promise<Whole> {
  const { full = false, force = false, maxFeedAgeMs = defaultAgeMs, size = usualSize } = options;
  const now = ledger.parts.clock().getTime();
  const aged = maxFeedAgeMs === null ? [] : ageProblems(store.snapshot.feeds, maxFeedAgeMs, now);
  const request: BeginRequest = { ledger, actor, store, full, force, aged, size };
  for (let tries = 1; tries <= mostTries; tries += 1) {
    const open = await openBulk(ledger.reader);
    const begun = open !== null && isSame(open, request) ? { bulk: open.bulk } : await begin(request);
    if (!('bulk' in begun)) {
      const { appended, rescanned } = begun;
      const { first: entry, recorded } = appended;
      return { ...begun, first: entry, passes: [{ entry, documents: rescanned.documents, recorded }] };
    }
    if (await workTogether(request, begun.bulk, options)) {
      const whole = await wholeOf(request, begun.bulk);
      if (whole !== null) return whole;
    }
  }
  throw new CodedError('store-busy', 'the ledger is being held against another advisory store at the same time', {
    remedy: 'let all who watch this ledger use the same store, and do it again',
  });
}

/** Works on a pass until it is over. False where it is not known any more: one with another store took its place. */
async function workTogether(request: BeginRequest, bulk: number, options: RescanOptions): Promise<boolean> {
  const { ledger, actor, store, aged } = request;
  const { leaseMs = defaultLeaseMs, helpers, signal = null } = options;
  const open = await openBulk(ledger.reader);
  if (open?.bulk !== bulk) return (await isOver(ledger.reader, bulk)) ?? false;
  const { standing, full } = open.finish;
  const at: PartWorker = { ledger, actor, store, standing, full, leaseMs, size: request.size };
  const worker = newWorker();
  const helping = new Set(
    Array.from({ length: helpers?.count ?? 0 }, () => helpers?.start(newWorker())).filter((h) => h !== undefined),
  );
  const ended = [...helping].map(async (each) => {
    // One that failed leaves its part to the others.
    await each.ended.catch(() => {});
    helping.delete(each);
    await giveBack(ledger, bulk, [each.worker]);
  });
  try {
    for (;;) {
      signal?.throwIfAborted();
      const next = await claim(ledger, bulk, { worker, leaseMs, parts: helping.size === 0, finish: true });
      if (next?.part === finishPart) await finishBulk(at, next, aged, signal);
      else if (next !== null) await workPart(at, next, signal);
      else {
        const over = await isOver(ledger.reader, bulk);
        if (over !== false) return over ?? false;
        await giveBack(ledger, bulk);
        await pause(waitMs);
      }
    }
  } finally {
    for (const each of helping) await each.stop();
    await Promise.allSettled(ended);
  }
}

async function wholeOf({ ledger }: BeginRequest, bulk: number): Promise<Whole | null> {
  const results = await resultsOf(ledger.reader, bulk);
  if (results === null || !results.isOver) return null;
  const { all, last } = results;
  const [first = 0, count = 0] = last.entries[0] ?? [];
  const numbers = all.entries
    .flatMap(([from, many]) => Array.from({ length: many }, (_, at) => from + at))
    .sort((a, b) => a - b);
  const passes: { entry: number; documents: readonly Digest[]; recorded: number }[] = [];
  let final: Rescanned | null = null;
  let recorded = 0;
  for (const [entry, fact] of await readEntries(ledger, numbers)) {
    if (fact.kind !== 'rescanned') continue;
    recorded = Date.parse(fact.recorded);
    passes.push({ entry, documents: fact.documents, recorded });
    if (fact.part === null) final = fact;
  }
  if (final === null) return null;
  const { opened, closed, documents, assessed } = all;
  const { kind, snapshot, scope, components, problems, part } = final;
  return {
    appended: { first, count, recorded, clockBehindMs: 0 },
    rescanned: { kind, snapshot, scope, components, problems, part, opened, closed, documents },
    problems: last.problems,
    assessed,
    expired: last.expired,
    first: numbers[0] ?? first,
    passes: passes.sort((a, b) => a.entry - b.entry),
  };
}
