import { toldOf } from '../../../alerts/told.ts';
import { alertHistory, alerts } from '../../../ledger/queries/alerts.ts';
import { alertConfigFrom } from '../../alert-config.ts';
import { alertAnswer, alertsAnswer } from '../../answers/alerts.ts';
import { mostRows } from '../../answers/answer.ts';
import type { CallContext } from '../../call-context.ts';
import { type LedgerFlags, numberOf } from '../../ledger-options.ts';
import { ask } from '../ask/question.ts';

/** `kvitto alerts`: what is open, worst first. */
export async function alertsCommand(
  flags: LedgerFlags & { readonly all?: boolean; readonly service?: string },
  context: CallContext,
): Promise<number> {
  const all = flags.all === true;
  const page = flags.format === 'json' || all ? {} : { limit: mostRows };
  return await ask('alerts', flags, context, async (ledger) =>
    alertsAnswer(await alerts(ledger, { all, service: flags.service ?? null, ...page }), all),
  );
}

/** `kvitto alerts show N`: everything about one. */
export async function showAlertCommand(
  number: string,
  flags: LedgerFlags & { readonly config?: string },
  context: CallContext,
): Promise<number> {
  const alert = numberOf(number, 'ALERT');
  const { sinks } = alertConfigFrom(flags.config);
  return await ask('alerts show', flags, context, async (ledger) => {
    const history = await alertHistory(ledger, alert);
    return alertAnswer(history, await toldOf(ledger, history, sinks));
  });
}
