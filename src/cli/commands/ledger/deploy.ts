import type { DeploymentMark, DeploymentStarted } from '../../../ledger/fact.ts';
import { parseInstant } from '../../../ledger/instant.ts';
import { type Deployed, deploy } from '../../../ledger/record/deploy.ts';
import { actorOf } from '../../actor.ts';
import { type Answer, checkFormat, writeAnswer } from '../../answers/answer.ts';
import { markSentence, when } from '../../answers/words.ts';
import type { CallContext } from '../../call-context.ts';
import { changeOf } from '../../clean-address.ts';
import { exitCodes } from '../../exit-codes.ts';
import { imageRef, type WriterFlags } from '../../ledger-options.ts';
import { pipelineOf } from '../../pipeline.ts';
import { textOf } from '../../text-argument.ts';
import { settle, withLedger } from '../../with-ledger.ts';

interface DeployFlags extends WriterFlags {
  readonly env: string;
  readonly image: string;
  readonly at?: string;
  readonly change?: string;
  readonly breakGlass?: string;
  readonly alongside?: boolean;
}

/**
 * `kvitto deploy SERVICE --env ENV --image REF@DIGEST`: recorded in any case. 0 where the gate let the artifact pass or
 * `--break-glass` says why it runs all the same; 1 where it was refused, never recorded or never gated; 3 where the gate could
 * not say.
 */
export async function deployCommand(service: string, flags: DeployFlags, context: CallContext): Promise<number> {
  checkFormat(flags);
  const { image, digest } = imageRef(flags.image);
  const at = flags.at === undefined ? null : parseInstant(flags.at, '--at');
  const pipeline = pipelineOf(process.env);
  const change = flags.change === undefined ? (pipeline?.change ?? null) : changeOf(flags.change);
  const breakGlass = flags.breakGlass === undefined ? null : textOf(flags.breakGlass, '--break-glass');
  return await withLedger(flags, context, { command: 'deploy', mode: 'create' }, async (ledger, { env, progress }) => {
    const actor = await actorOf(flags.by, env, pipeline, ledger);
    const deployed = await deploy(ledger, {
      service,
      environment: flags.env,
      artifact: digest,
      image,
      at,
      change,
      run: pipeline?.run ?? null,
      actor,
      breakGlass,
      alongside: flags.alongside === true,
    });
    await settle(ledger, deployed.appended, progress);
    progress.done();
    writeAnswer(flags, answerOf(deployed, actor));
    return exitCodeOf(deployed.fact.marks);
  });
}

const against: readonly DeploymentMark[] = ['unrecorded', 'no-verdict', 'refused'];

function exitCodeOf(marks: readonly DeploymentMark[]): number {
  if (marks.includes('break-glass')) return exitCodes.done;
  if (marks.some((mark) => against.includes(mark))) return exitCodes.gateFailed;
  return marks.includes('cannot-say') ? exitCodes.cannotSay : exitCodes.done;
}

function answerOf({ deployment, fact, appended }: Deployed, actor: string): Answer {
  const { service, environment, artifact, image, from, until, replaces, change, run, marks } = fact;
  return {
    document: {
      schema: 'kvitto-deploy-1',
      deployment,
      service,
      environment,
      artifact,
      image,
      from,
      until,
      replaces,
      change,
      run,
      marks,
      actor,
      recorded: new Date(appended.recorded).toISOString(),
      clockBehindMs: appended.clockBehindMs,
    },
    lines: ({ paint }) => {
      const bad = exitCodeOf(marks) !== exitCodes.done;
      const until_ = until === null ? '' : ` until ${when(Date.parse(until))}, when the next one began`;
      return [
        paint.heading(`Deployment ${deployment}: ${service} in ${environment}`),
        `Runs        ${image === null ? '' : `${image}@`}${artifact}`,
        `Since       ${when(Date.parse(from))} UTC${until_}`,
        `Replaces    ${replaces.length === 0 ? 'nothing' : `deployment ${replaces.join(', ')}`}`,
        ...(change === null ? [] : [`Change      ${change}`]),
        ...(run === null ? [] : [`Run         ${run}`]),
        `By          ${actor}`,
        ...marks.map(
          (mark) => `Marked      ${paint.verdict(bad ? 'fail' : 'cannot-say', false, mark)}: ${markSentence(mark)}`,
        ),
        ...nextSteps(fact, bad),
      ];
    },
  };
}

function nextSteps({ service, environment, artifact, image, marks }: DeploymentStarted, bad: boolean): string[] {
  const target = image === null ? 'TARGET' : `registry:${image}@${artifact}`;
  const steps = [
    ...(marks.includes('unrecorded') || marks.includes('no-verdict')
      ? [`kvitto gate ${target} --record   so that it is known what runs, and what the policy says`]
      : []),
    ...(marks.includes('refused') || marks.includes('cannot-say') ? [`kvitto verdict ${artifact}   says why`] : []),
    ...(bad ? ['deploy with --break-glass "reason" where it has to run all the same'] : []),
    ...(bad ? [] : [`kvitto exposure ${service} --env ${environment}   what is known of it`]),
  ];
  const [first = '', ...more] = steps;
  const begin = bad ? ['It is recorded all the same. ', 'Next: '] : ['', 'Next: '];
  return ['', `${begin.join('')}${first}`, ...more.map((step) => `      ${step}`)];
}
