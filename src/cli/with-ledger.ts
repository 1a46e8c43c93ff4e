import { ledgerFailure } from '../ledger/failure.ts';
import type { Appended, Ledger } from '../ledger/ledger.ts';
import { openLedger } from '../ledger/open-ledger.ts';
import { CodedError, messageOf } from '../model/errors.ts';
import { LogError } from '../tlog/errors.ts';
import type { CallContext } from './call-context.ts';
import { kvittoHome, parseDuration } from './environment.ts';
import { databaseUrl, type LedgerFlags, ledgerFolder } from './ledger-options.ts';
import { type Progress, progressOn } from './progress.ts';
import { tell } from './tell.ts';

/** What a command has besides the ledger. */
export interface LedgerRun {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly folder: string;
  readonly progress: Progress;
  /** Now, and never before the last thing that the ledger learned: a clock that was set back hides nothing. In milliseconds. */
  readonly present: number;
}

/** How a ledger is opened. */
export interface Access {
  /** The command, for the message that another writer gets: `deploy`. */
  readonly command: string;
  readonly mode: 'create' | 'write' | 'read';
  /** Without holding the log's files against the database. */
  readonly unchecked?: boolean;
}

/** Opens the ledger that the flags name, does `work`, and closes it. Failures of the log's files come out as `CodedError`. */
export async function withLedger<T>(
  flags: Pick<LedgerFlags, 'ledger' | 'wait' | 'quiet'>,
  { version, clock }: CallContext,
  { command, mode, unchecked = false }: Access,
  work: (ledger: Ledger, run: LedgerRun) => Promise<T>,
): Promise<T> {
  const { env } = process;
  const home = kvittoHome(env);
  const folder = ledgerFolder(flags, home);
  const waitMs = parseDuration(flags.wait, '--wait');
  const progress = progressOn(process.stderr, flags.quiet === true);
  let ledger: Ledger | null = null;
  try {
    progress.step(`opening the ledger in ${folder}`);
    ledger = await openLedger({
      folder,
      databaseUrl: databaseUrl(env),
      clock,
      tool: `kvitto/${version}`,
      name: `kvitto ${command}`,
      waitMs,
      mode,
      unchecked,
    });
    const { last_recorded } = await ledger.state();
    const present = Math.max(clock().getTime(), last_recorded);
    return await work(ledger, { env, home, folder, progress, present });
  } catch (thrown) {
    const failure = ledger === null ? thrown : await ledgerFailure(ledger.database, folder, thrown);
    throw told(coded(failure, folder), ledger?.appended ?? null);
  } finally {
    progress.done();
    await ledger?.close();
  }
}

/** What went wrong after something was recorded must not make anybody record it again. */
function told(thrown: unknown, appended: Appended | null): unknown {
  if (appended === null || !(thrown instanceof CodedError)) return thrown;
  const { first, count } = appended;
  const entries = count === 1 ? `entry ${first}` : `entries ${first} to ${first + count - 1}`;
  return new CodedError(thrown.code, `recorded as ${entries}, but then ${thrown.message}`, {
    remedy: `nothing is to be recorded again. ${thrown.remedy ?? ''}`.trim(),
    cause: thrown,
  });
}

function coded(thrown: unknown, folder: string): unknown {
  if (!(thrown instanceof LogError)) return thrown;
  const code = thrown.code === 'write-failed' ? 'output-unwritable' : 'ledger-inconsistent';
  return new CodedError(code, `the log of the ledger in ${folder}: ${thrown.message}`, {
    remedy: 'kvitto verify --ledger names all that is wrong; restore the folder from a backup, or run: kvitto repair',
    cause: thrown,
  });
}

/** A clock that is behind by more is told about. */
const tellBehindMs = 60_000;

/**
 * Brings what was appended into the log's files, and warns of a clock that was set back. What was appended is in the ledger
 * whether this succeeds or not: the next command that writes completes it.
 */
export async function settle(ledger: Ledger, appended: Appended, progress: Progress): Promise<void> {
  if (appended.clockBehindMs > tellBehindMs) {
    tell(
      `the clock of this machine is ${Math.round(appended.clockBehindMs / 1000)} s behind the ledger's last entry; the entry has that entry's time, and says what the clock said`,
      'set the clock, or find out which machine wrote with a clock that is ahead',
    );
  }
  progress.step("writing the log's files");
  try {
    await ledger.publish();
  } catch (thrown) {
    if (!(thrown instanceof CodedError) && !(thrown instanceof LogError)) throw thrown;
    tell(
      `recorded, but not yet in the log's files: ${messageOf(thrown)}`,
      'nothing is lost, and nothing is to be recorded again; kvitto log checkpoint brings it there',
    );
  }
}
