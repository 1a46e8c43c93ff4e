import { forever, parseInstant } from '../../../ledger/instant.ts';
import { correct } from '../../../ledger/record/correct.ts';
import { CodedError } from '../../../model/errors.ts';
import { actorOf } from '../../actor.ts';
import { checkFormat, writeAnswer } from '../../answers/answer.ts';
import { when } from '../../answers/words.ts';
import type { CallContext } from '../../call-context.ts';
import { exitCodes } from '../../exit-codes.ts';
import { numberOf, type WriterFlags } from '../../ledger-options.ts';
import { pipelineOf } from '../../pipeline.ts';
import { textOf } from '../../text-argument.ts';
import { settle, withLedger } from '../../with-ledger.ts';

interface CorrectFlags extends WriterFlags {
  readonly reason: string;
  readonly from?: string;
  readonly until?: string;
}

/** `kvitto correct DEPLOYMENT --reason …`: it ran at another time than was believed. What was believed stays. */
export async function correctCommand(number: string, flags: CorrectFlags, context: CallContext): Promise<number> {
  checkFormat(flags);
  const deployment = numberOf(number, 'DEPLOYMENT');
  const from = flags.from === undefined ? null : parseInstant(flags.from, '--from');
  const until =
    flags.until === undefined ? null : flags.until === 'open' ? forever : parseInstant(flags.until, '--until');
  if (from === null && until === null) {
    throw new CodedError('usage', 'neither --from nor --until: nothing to correct', {
      remedy: 'give the time that was wrong; --until open says that it still runs',
    });
  }
  const reason = textOf(flags.reason, '--reason');
  return await withLedger(flags, context, { command: 'correct', mode: 'write' }, async (ledger, { env, progress }) => {
    const actor = await actorOf(flags.by, env, pipelineOf(env), ledger);
    const appended = await correct(ledger, { deployment, from, until, reason, actor });
    await settle(ledger, appended, progress);
    progress.done();
    const recorded = new Date(appended.recorded).toISOString();
    const time = (at: number | null) => (at === null || at >= forever ? null : new Date(at).toISOString());
    writeAnswer(flags, {
      document: {
        schema: 'kvitto-correct-1',
        deployment,
        corrected: { ...(from !== null && { from: time(from) }), ...(until !== null && { until: time(until) }) },
        actor,
        entry: appended.first,
        recorded,
      },
      lines: ({ paint }) => [
        paint.heading(`Deployment ${deployment} corrected`),
        ...(from === null ? [] : [`From        ${when(from)} UTC`]),
        ...(until === null ? [] : [`Until       ${until >= forever ? 'it still runs' : `${when(until)} UTC`}`]),
        `Entry       ${appended.first}`,
        '',
        'What was believed before stays: kvitto history SERVICE shows both.',
      ],
    });
    return exitCodes.done;
  });
}
