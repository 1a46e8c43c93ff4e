import { type ObserveResult, observe } from '../../../ledger/record/observe.ts';
import { CodedError } from '../../../model/errors.ts';
import type { Observation } from '../../../model/observation.ts';
import { clip } from '../../../model/problem.ts';
import { observeDaemon } from '../../../scan/observe/observe.ts';
import { actorOf } from '../../actor.ts';
import { type Answer, checkFormat, writeAnswer } from '../../answers/answer.ts';
import { grid } from '../../answers/grid.ts';
import { many, short, when } from '../../answers/words.ts';
import type { CallContext } from '../../call-context.ts';
import { parseDuration } from '../../environment.ts';
import { exitCodes } from '../../exit-codes.ts';
import type { WriterFlags } from '../../ledger-options.ts';
import { pipelineOf } from '../../pipeline.ts';
import { withRun } from '../../run.ts';
import { settle, withLedger } from '../../with-ledger.ts';

interface ObserveFlags extends WriterFlags {
  readonly env?: string;
  readonly interval: string;
  readonly service: readonly string[];
  readonly written: readonly string[];
  readonly changes: boolean;
  readonly exitCode?: string;
  readonly timeout: string;
  readonly all?: boolean;
}

const idleTimeoutMs = 30_000;

/**
 * `kvitto observe docker|podman`: what runs on this host. With `--env` it is held against the deployments and recorded; without,
 * it is only shown. 3 where something could not be seen; `--exit-code` where it differs from what was written down.
 */
export async function observeCommand(kind: string, flags: ObserveFlags, context: CallContext): Promise<number> {
  checkFormat(flags);
  if (kind !== 'docker' && kind !== 'podman') {
    throw new CodedError('usage', `DAEMON ${clip(kind, 40)}: no such daemon`, { remedy: 'docker or podman' });
  }
  const coversMs = parseDuration(flags.interval, '--interval');
  const driftCode = codeOf(flags.exitCode);
  return await withRun({ timeout: flags.timeout, quiet: flags.quiet === true }, context, async (run) => {
    const { env, signal, progress } = run;
    progress.step(`asking ${kind} what runs`);
    const observation = await observeDaemon(kind, {
      changes: flags.changes,
      offline: false,
      env,
      idleTimeoutMs,
      signal,
    });
    const seenAll = observation.problems.length === 0 && observation.containers.every((c) => c.problems.length === 0);
    const { env: environment } = flags;
    if (environment === undefined) {
      progress.done();
      writeAnswer(flags, answerOf(observation, null));
      return seenAll ? exitCodes.done : exitCodes.cannotSay;
    }
    const access = { command: 'observe', mode: 'create' } as const;
    return await withLedger(flags, context, access, async (ledger) => {
      const actor = await actorOf(flags.by, env, pipelineOf(env), ledger);
      const services = flags.service.length === 0 ? null : flags.service;
      const { written } = flags;
      const result = await observe(ledger, { observation, environment, services, coversMs, written, actor });
      await settle(ledger, result.appended, progress);
      progress.done();
      writeAnswer(flags, answerOf(observation, result));
      if (driftCode !== null && result.differences.length > 0) return driftCode;
      return seenAll ? exitCodes.done : exitCodes.cannotSay;
    });
  });
}

function codeOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  if (/^\d{1,3}$/.test(text) && Number(text) <= 255) return Number(text);
  throw new CodedError('usage', `--exit-code ${clip(text, 40)}: not a number from 0 to 255`);
}

const differenceWords = {
  unrecorded: 'runs, and was never written down',
  'other-digest': 'runs another digest than was written down',
  'changed-by-hand': 'has files changed by hand',
  gone: 'was written down, and does not run here',
} as const;

function answerOf(observation: Observation, result: ObserveResult | null): Answer {
  const { containers, problems, at, source } = observation;
  const document = { schema: 'kvitto-observe-1', observation };
  const differences = result?.differences ?? [];
  return {
    document:
      result === null
        ? { ...document, recorded: null }
        : {
            ...document,
            environment: result.fact.environment,
            covers: result.fact.covers,
            differences,
            entry: result.appended.first,
            recorded: new Date(result.appended.recorded).toISOString(),
          },
    lines: (view) => [
      view.paint.heading(
        `${many(containers.length, 'container')} ${containers.length === 1 ? 'runs' : 'run'} here (${source}), seen ${when(Date.parse(at))} UTC`,
      ),
      ...(containers.length === 0
        ? []
        : [
            '',
            ...grid(
              [
                { head: 'CONTAINER', flexible: true },
                { head: 'IMAGE', flexible: true },
                { head: 'DIGEST' },
                { head: 'SINCE (UTC)', flexible: true },
                { head: 'CHANGED FILES', flexible: true },
              ],
              containers.map((c) => [
                c.name,
                c.image,
                short(c.manifestDigests[0] ?? c.configDigest),
                c.startedAt === null ? 'not known' : c.startedAt.slice(0, 16).replace('T', ' '),
                c.changes === null ? 'not known' : String(c.changes.length + c.moreChanges),
              ]),
              view,
            ),
          ]),
      ...(result === null
        ? ['', 'Nothing was recorded: --env ENV holds it against what was written down, and records it.']
        : [
            '',
            view.paint.heading(
              differences.length === 0
                ? `All as it was written down for ${result.fact.environment}`
                : `${many(differences.length, 'difference')} to what was written down for ${result.fact.environment}`,
            ),
            ...differences.flatMap((d) => [
              `  - ${clip(d.service)} ${differenceWords[d.what]}${d.digest === null ? '' : ` (${short(d.digest)})`}`,
              ...d.paths.slice(0, 5).map((path) => `      ${clip(path)}`),
              ...(d.paths.length > 5 ? [`      … and ${d.paths.length - 5} more (-f json)`] : []),
            ]),
            `Entry ${result.appended.first}; this counts as having looked until ${when(Date.parse(result.fact.covers))} UTC`,
          ]),
      ...problems.map((p) => `Not covered: ${p.where}: ${p.message}`),
      ...containers.flatMap((c) => c.problems.map((p) => `Not covered: ${p.where}: ${p.message}`)),
    ],
  };
}
