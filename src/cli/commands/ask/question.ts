import { formatInstant, parseInstant } from '../../../ledger/instant.ts';
import type { Ledger } from '../../../ledger/ledger.ts';
import { CodedError } from '../../../model/errors.ts';
import { type Answer, checkFormat, mostRows, writeAnswer } from '../../answers/answer.ts';
import type { CallContext } from '../../call-context.ts';
import { exitCodes } from '../../exit-codes.ts';
import type { QuestionFlags } from '../../ledger-options.ts';
import { type LedgerRun, withLedger } from '../../with-ledger.ts';

/** What a question is asked with. */
export interface Asking extends LedgerRun {
  /** As known when; null: now. */
  readonly asOf: number | null;
}

/** Opens the ledger for reading, asks, and writes the answer. */
export async function ask(
  command: string,
  flags: QuestionFlags,
  context: CallContext,
  work: (ledger: Ledger, asking: Asking) => Promise<Answer>,
): Promise<number> {
  checkFormat(flags);
  const asOf = timeOf(flags.asOf, '--as-of');
  return await withLedger(flags, context, { command, mode: 'read' }, async (ledger, run) => {
    run.progress.step('asking the ledger');
    const answer = await work(ledger, { ...run, asOf });
    run.progress.done();
    writeAnswer(flags, answer);
    return exitCodes.done;
  });
}

/** A time of an option; null where it was not given. */
export function timeOf(text: string | undefined, option: string): number | null {
  return text === undefined ? null : parseInstant(text, option);
}

/** What is thrown for a period that ends before it begins. */
export function backwards(from: number, to: number): CodedError {
  return new CodedError('usage', `the period ends (${formatInstant(to)}) before it begins (${formatInstant(from)})`, {
    remedy: 'a date is its first instant in UTC; give an earlier --from or a later --to',
  });
}

/** Rows that are asked for: as many as a table shows. A document has all. */
export function pageOf(flags: QuestionFlags): { limit?: number } {
  return flags.format === 'json' || flags.all === true ? {} : { limit: mostRows };
}
