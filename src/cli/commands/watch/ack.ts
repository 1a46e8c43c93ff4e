import { acknowledge } from '../../../ledger/record/acknowledge.ts';
import { clockDocument, clockLines } from '../../answers/alerts.ts';
import { checkFormat, writeAnswer } from '../../answers/answer.ts';
import { when } from '../../answers/words.ts';
import type { CallContext } from '../../call-context.ts';
import { exitCodes } from '../../exit-codes.ts';
import { numberOf, type WriterFlags } from '../../ledger-options.ts';
import { textOf } from '../../text-argument.ts';
import { settle, withLedger } from '../../with-ledger.ts';

/** `kvitto ack ALERT… --by ROLE --note …`: somebody knows, and the log says since when. */
export async function ackCommand(
  numbers: readonly string[],
  flags: WriterFlags & { readonly by: string; readonly note?: string },
  context: CallContext,
): Promise<number> {
  checkFormat(flags);
  const alerts = numbers.map((text) => numberOf(text, 'ALERT'));
  const note = flags.note === undefined ? null : textOf(flags.note, '--note');
  return await withLedger(flags, context, { command: 'ack', mode: 'write' }, async (ledger, { progress }) => {
    const done = await acknowledge(ledger, { alerts, actor: flags.by, note });
    await settle(ledger, done.appended, progress);
    progress.done();
    const at = done.appended.recorded;
    writeAnswer(flags, {
      document: {
        schema: 'kvitto-ack-1',
        actor: flags.by,
        recorded: new Date(at).toISOString(),
        alerts: done.alerts.map(({ alert, entry, text, raised, exploited, before, resolved }) => ({
          alert,
          entry,
          note: text,
          first: before === null,
          resolved: resolved === null ? null : new Date(resolved).toISOString(),
          clock: clockDocument(raised, before ?? { by: flags.by, at }, exploited),
        })),
      },
      lines: ({ paint }) =>
        done.alerts.flatMap(({ alert, entry, raised, exploited, before, resolved }, i) => [
          ...(i === 0 ? [] : ['']),
          paint.heading(`Alert ${alert} acknowledged by ${flags.by}, entry ${entry}`),
          ...clockLines(raised, before ?? { by: flags.by, at }, exploited),
          ...(before === null
            ? []
            : [`  ${before.by} came first (entry ${before.entry}), and that counts; this one is recorded besides.`]),
          ...(resolved === null ? [] : [`  It was resolved before, ${when(resolved)} UTC.`]),
        ]),
    });
    return exitCodes.done;
  });
}
