import type { FeedFault, FeedReport } from '../../advisories/feed-report.ts';
import { mirrorFeeds } from '../../advisories/mirror.ts';
import { storeStatus } from '../../advisories/status.ts';
import { verifyStore } from '../../advisories/store/verify.ts';
import { exportStore, importStore } from '../../advisories/transfer.ts';
import { updateStore } from '../../advisories/update.ts';
import type { FeedState, SnapshotInfo } from '../../model/advisory.ts';
import { CodedError, type FailureCode } from '../../model/errors.ts';
import { clip } from '../../model/problem.ts';
import type { CallContext } from '../call-context.ts';
import { kvittoHome, presentMoment } from '../environment.ts';
import { exitCodes } from '../exit-codes.ts';
import { withRun } from '../run.ts';
import { tell } from '../tell.ts';

interface FetchFlags {
  readonly feeds?: string;
  readonly ecosystems: readonly string[];
  readonly timeout: string;
  readonly quiet?: boolean;
}

interface UpdateFlags extends FetchFlags {
  readonly accept: readonly string[];
  readonly format: string;
}

/** What `kvitto db update -f json` prints. */
export interface UpdateDocument {
  readonly schema: 'kvitto-update-1';
  readonly feeds: readonly FeedReport[];
  readonly warnings: readonly string[];
  /** Digest of the store; null where there is none. */
  readonly snapshot: string | null;
  /** Why nothing was done; null where it was. */
  readonly error: { readonly code: FailureCode; readonly message: string; readonly remedy: string | null } | null;
}

/**
 * `kvitto db update`: 0 when every feed that was asked for is there, 4 when one could not be had or is not believed (its
 * former state is kept, and the others are taken).
 */
export async function updateCommand(flags: UpdateFlags, context: CallContext): Promise<number> {
  if (flags.format !== 'table' && flags.format !== 'json') {
    throw new CodedError('usage', `unknown format: ${clip(flags.format, 40)}`, { remedy: 'table or json' });
  }
  if (flags.format === 'table') return await update(flags, context);
  try {
    return await update(flags, context);
  } catch (thrown) {
    if (thrown instanceof CodedError) {
      const { code, message, remedy = null } = thrown;
      writeUpdate({ feeds: [], warnings: [], snapshot: null, error: { code, message, remedy } });
    }
    throw thrown;
  }
}

function writeUpdate(document: Omit<UpdateDocument, 'schema'>): void {
  process.stdout.write(`${JSON.stringify({ schema: 'kvitto-update-1', ...document }, null, 2)}\n`);
}

async function update(flags: UpdateFlags, context: CallContext): Promise<number> {
  return await withRun(
    { timeout: flags.timeout, quiet: flags.quiet === true },
    context,
    async ({ home, now, signal, progress }) => {
      const base = flags.feeds ?? null;
      const { perFeed, snapshot, warnings } = await updateStore({
        home,
        base,
        ecosystems: ecosystemsOf(flags, home),
        accept: flags.accept,
        now,
        signal,
        onProgress: ({ feed, stage, records }) => progress.step(`${stage} ${feed}: ${recordsOf(records)}`),
      });
      progress.done();
      if (flags.format === 'json') writeUpdate({ feeds: perFeed, warnings, snapshot: snapshot.digest, error: null });
      else {
        for (const warning of warnings) tell(warning);
        process.stdout.write(`${feedLines(perFeed)}\nsnapshot ${snapshot.digest}\n`);
      }
      return perFeed.some(({ state }) => state === 'failed') ? exitCodes.failure : exitCodes.done;
    },
  );
}

/** What is asked for by name, else all that a folder or mirror has, else what the store already holds. */
function ecosystemsOf(flags: FetchFlags, home: string): readonly string[] | null {
  if (flags.ecosystems.length > 0) return flags.ecosystems;
  if (flags.feeds !== undefined) return null;
  const status = storeStatus(home);
  const feeds = status.state === 'ready' ? status.snapshot.feeds : [];
  const held = feeds.map(({ id }) => id).filter((id) => id.startsWith('osv/'));
  if (held.length > 0) return held.map((id) => id.slice(4));
  throw new CodedError('usage', 'there is no advisory store yet, and no ecosystem was named', {
    remedy: 'kvitto db update --ecosystems Debian,npm (or scan something: what it needs is fetched then)',
  });
}

const faultWords: Readonly<Record<FeedFault, string>> = {
  unreachable: 'unreachable',
  invalid: 'invalid',
  shrunk: 'shrunk',
  'form-changed': 'form changed',
};

function feedLines(perFeed: readonly FeedReport[]): string {
  const width = Math.max(...perFeed.map(({ id }) => id.length), 4);
  return perFeed
    .map(({ id, state, why, records, badRecords, message }) => {
      const bad = badRecords > 0 ? `, ${badRecords} could not be read` : '';
      const fault = why === null ? '' : `  ${faultWords[why]}:`;
      const says = message === undefined ? '' : `${why === null ? ' ' : ''} ${clip(message, 500)}`;
      return `${id.padEnd(width)}  ${state.padEnd(9)}  ${recordsOf(records)}${bad}${fault}${says}`;
    })
    .join('\n');
}

/** `kvitto db status`: 0 when there is a store that can be read, 3 when there is none. */
export async function statusCommand(
  flags: { format: string; verify?: boolean },
  context: CallContext,
): Promise<number> {
  if (flags.format !== 'table' && flags.format !== 'json') {
    throw new CodedError('usage', `unknown format: ${flags.format}`, { remedy: 'table or json' });
  }
  const home = kvittoHome(process.env);
  const status = storeStatus(home);
  if (status.state === 'ready' && flags.verify === true) verifyStore(status.file);
  if (flags.format === 'json') process.stdout.write(`${JSON.stringify(status, null, 2)}\n`);
  else if (status.state === 'missing')
    process.stdout.write(`no advisory store at ${status.file}\n  → kvitto db update --ecosystems Debian,npm\n`);
  else if (status.state === 'unreadable')
    process.stdout.write(`${status.message}\n${status.remedy === undefined ? '' : `  → ${status.remedy}\n`}`);
  else {
    const verified = flags.verify === true ? ', every row checked against it' : '';
    const sizeMb = (status.sizeBytes / 1e6).toFixed(1);
    const lines = status.snapshot.feeds.map((feed) => stateLine(feed, presentMoment(process.env, context.clock)));
    process.stdout.write(
      `${status.file}  ${sizeMb} MB\nsnapshot ${status.snapshot.digest}${verified}\n\n${lines.join('\n')}\n`,
    );
  }
  return status.state === 'ready' ? exitCodes.done : exitCodes.cannotSay;
}

function stateLine({ id, asOf, records, badRecords, digest }: FeedState, now: Date): string {
  const days = Math.floor((now.getTime() - Date.parse(asOf)) / 86_400_000);
  const age = days <= 0 ? 'today' : days === 1 ? '1 day ago' : `${days} days ago`;
  const bad = badRecords > 0 ? `, ${badRecords} could not be read` : '';
  return `${id.padEnd(16)}  as of ${asOf.slice(0, 10)} (${age})  ${recordsOf(records)}${bad}  ${digest.slice(0, 19)}…`;
}

/** `kvitto db export FILE`. */
export async function exportCommand(file: string): Promise<number> {
  return said('exported', await exportStore({ home: kvittoHome(process.env), file }));
}

/** `kvitto db import FILE`. */
export async function importCommand(file: string, context: CallContext): Promise<number> {
  const { env } = process;
  return said('imported', await importStore({ home: kvittoHome(env), file, now: presentMoment(env, context.clock) }));
}

function said(what: string, snapshot: SnapshotInfo): number {
  process.stdout.write(`${what} ${snapshot.feeds.length} feeds, snapshot ${snapshot.digest}\n`);
  return exitCodes.done;
}

/** `kvitto db mirror FOLDER`: 0 when every feed is there, 4 when one could not be had. */
export async function mirrorCommand(folder: string, flags: FetchFlags, context: CallContext): Promise<number> {
  return await withRun(
    { timeout: flags.timeout, quiet: flags.quiet === true },
    context,
    async ({ home, now, signal, progress }) => {
      const perFeed = await mirrorFeeds({
        dir: folder,
        base: flags.feeds ?? null,
        ecosystems: ecosystemsOf(flags, home),
        now,
        signal,
        onProgress: (feed) => progress.step(`fetching ${feed}`),
      });
      progress.done();
      const width = Math.max(...perFeed.map(({ id }) => id.length), 4);
      for (const { id, state, message } of perFeed) {
        process.stdout.write(`${id.padEnd(width)}  ${state}${message === undefined ? '' : `  ${message}`}\n`);
      }
      process.stdout.write(`  → on the machine without network: kvitto db update --feeds ${folder}\n`);
      return perFeed.some(({ state }) => state === 'failed') ? exitCodes.failure : exitCodes.done;
    },
  );
}

function recordsOf(count: number): string {
  return `${count} ${count === 1 ? 'record' : 'records'}`;
}
