import { parseInstant } from '../../../ledger/instant.ts';
import { stop } from '../../../ledger/record/stop.ts';
import { actorOf } from '../../actor.ts';
import { checkFormat, writeAnswer } from '../../answers/answer.ts';
import { many, when } from '../../answers/words.ts';
import type { CallContext } from '../../call-context.ts';
import { exitCodes } from '../../exit-codes.ts';
import { numberOf, type WriterFlags } from '../../ledger-options.ts';
import { pipelineOf } from '../../pipeline.ts';
import { settle, withLedger } from '../../with-ledger.ts';

interface StopFlags extends WriterFlags {
  readonly env: string;
  readonly at?: string;
  readonly deployment?: string;
  readonly endUnknown?: boolean;
}

/** `kvitto stop SERVICE --env ENV`: what runs ended. */
export async function stopCommand(service: string, flags: StopFlags, context: CallContext): Promise<number> {
  checkFormat(flags);
  const at = flags.at === undefined ? null : parseInstant(flags.at, '--at');
  const deployment = flags.deployment === undefined ? null : numberOf(flags.deployment, '--deployment');
  return await withLedger(flags, context, { command: 'stop', mode: 'write' }, async (ledger, { env, progress }) => {
    const actor = await actorOf(flags.by, env, pipelineOf(env), ledger);
    const unknownEnd = flags.endUnknown === true;
    const { appended, fact } = await stop(ledger, {
      service,
      environment: flags.env,
      deployment,
      at,
      unknownEnd,
      actor,
    });
    await settle(ledger, appended, progress);
    progress.done();
    const { deployments, ending } = fact;
    writeAnswer(flags, {
      document: {
        schema: 'kvitto-stop-1',
        service,
        environment: flags.env,
        deployments,
        at: fact.at,
        ending,
        actor,
        entry: appended.first,
        recorded: new Date(appended.recorded).toISOString(),
      },
      lines: ({ paint }) => [
        paint.heading(`Ended: ${many(deployments.length, 'deployment')} of ${service} in ${flags.env}`),
        `Deployment  ${deployments.join(', ')}`,
        `At          ${when(Date.parse(fact.at))} UTC${ending === 'unknown' ? ' at the latest: when it really ended is not known' : ''}`,
        `Entry       ${appended.first}`,
      ],
    });
    return exitCodes.done;
  });
}
