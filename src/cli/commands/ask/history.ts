import { history } from '../../../ledger/queries/history.ts';
import { historyAnswer } from '../../answers/history.ts';
import type { CallContext } from '../../call-context.ts';
import type { QuestionFlags } from '../../ledger-options.ts';
import { ask, backwards, timeOf } from './question.ts';

/** `kvitto history SERVICE`: the timeline of a service, with all that was ever believed of it. */
export async function historyCommand(
  service: string,
  flags: QuestionFlags & { readonly env?: string; readonly from?: string; readonly to?: string },
  context: CallContext,
): Promise<number> {
  const from = timeOf(flags.from, '--from');
  const to = timeOf(flags.to, '--to');
  if (from !== null && to !== null && from > to) throw backwards(from, to);
  return await ask('history', flags, context, async (ledger, { asOf }) =>
    historyAnswer(await history(ledger, { service, environment: flags.env ?? null, asOf, from, to })),
  );
}
