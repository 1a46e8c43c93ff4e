import { ran } from '../../../ledger/queries/ran.ts';
import { ranAnswer } from '../../answers/ran.ts';
import type { CallContext } from '../../call-context.ts';
import type { QuestionFlags } from '../../ledger-options.ts';
import { ask, pageOf, timeOf } from './question.ts';

/** `kvitto ran`: what ran at a moment. */
export async function ranCommand(
  flags: QuestionFlags & { readonly env?: string; readonly at?: string },
  context: CallContext,
): Promise<number> {
  const at = timeOf(flags.at, '--at');
  return await ask('ran', flags, context, async (ledger, { asOf }) =>
    ranAnswer(await ran(ledger, { environment: flags.env ?? null, at, asOf, ...pageOf(flags) })),
  );
}
