import { setTimeout as sleep } from 'node:timers/promises';
import { ledgerFailure } from '../../../ledger/failure.ts';
import type { Ledger } from '../../../ledger/ledger.ts';
import { CodedError, messageOf } from '../../../model/errors.ts';
import { LogError } from '../../../tlog/errors.ts';
import type { Journal } from './journal.ts';

const firstPauseMs = 1_000;
const longestPauseMs = 15_000;

/** What the database or the log's files threw, as a failure; a bug stays what it is. */
export async function failureOf({ database, parts }: Ledger, thrown: unknown): Promise<unknown> {
  return await ledgerFailure(database, parts.paths.folder, thrown);
}

/** Tells what went wrong: a failure in its words with what to do, a bug with its stack. Returns the words to keep. */
export function tellFailure(journal: Journal, event: string, thrown: unknown): string {
  if (thrown instanceof CodedError || thrown instanceof LogError) {
    const remedy = thrown instanceof CodedError && thrown.remedy !== undefined ? { remedy: thrown.remedy } : {};
    journal.error(event, thrown.message, { code: thrown.code, ...remedy });
    return thrown.message;
  }
  const stack = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  journal.error(event, `this is a bug, please report it with the stack: ${messageOf(thrown)}`, { stack });
  return `a bug: ${messageOf(thrown)}`;
}

/**
 * Does something again and again until the signal: nothing that it throws ends the process. After what went wrong it pauses, longer each time, up to
 * 15 seconds. `turn` waits by itself where it has nothing to do.
 */
export async function keepDoing(
  event: string,
  turn: () => Promise<void>,
  { ledger, journal, signal }: { readonly ledger: Ledger; readonly journal: Journal; readonly signal: AbortSignal },
): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    try {
      await turn();
      failures = 0;
    } catch (thrown) {
      if (signal.aborted) return;
      failures += 1;
      tellFailure(journal, event, await failureOf(ledger, thrown));
      const bound = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(failures - 1, 10));
      await sleep(bound * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => {});
    }
  }
}
