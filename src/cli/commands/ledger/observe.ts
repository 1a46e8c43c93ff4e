import { setTimeout as pause } from 'node:timers/promises';
import type { Ledger } from '../../../ledger/ledger.ts';
import { type ObserveResult, observe } from '../../../ledger/record/observe.ts';
import type { ContainerDrift } from '../../../model/drift.ts';
import { CodedError } from '../../../model/errors.ts';
import { clip } from '../../../model/problem.ts';
import { observeDaemon } from '../../../scan/observe/observe.ts';
import { actorOf } from '../../actor.ts';
import { type Answer, checkFormat, type View, writeAnswer } from '../../answers/answer.ts';
import { lengthOf, many, short, when } from '../../answers/words.ts';
import type { CallContext } from '../../call-context.ts';
import { parseDuration } from '../../environment.ts';
import { exitCodes } from '../../exit-codes.ts';
import type { WriterFlags } from '../../ledger-options.ts';
import { pipelineOf } from '../../pipeline.ts';
import { tell } from '../../tell.ts';
import { settle, withLedger } from '../../with-ledger.ts';

interface ObserveFlags extends WriterFlags {
  readonly env?: string;
  readonly interval?: string;
  readonly once?: boolean;
  readonly service: readonly string[];
  readonly written: readonly string[];
  readonly changes: boolean;
}

const defaultCoverMs = 3_600_000;
const shortestMs = 10_000;
/** Longest silence of the daemon. */
const idleTimeoutMs = 60_000;

/**
 * `kvitto observe docker|podman`: what runs on this host, held against the deployments, and recorded whatever it shows. 0 as
 * recorded, 1 drift, 3 not all could be seen. With `--interval` again and again until SIGTERM or SIGINT, which end it with 0; a
 * look that fails is told, and leaves a gap.
 */
export async function observeCommand(source: string, flags: ObserveFlags, context: CallContext): Promise<number> {
  checkFormat(flags);
  if (source !== 'docker' && source !== 'podman') {
    throw new CodedError('usage', `unknown source: ${clip(source, 40)}`, { remedy: 'docker or podman' });
  }
  const intervalMs = flags.interval === undefined ? null : parseDuration(flags.interval, '--interval');
  if (intervalMs !== null && intervalMs < shortestMs) {
    throw new CodedError('usage', '--interval is shorter than 10 s', { remedy: 'write it as 15m, 1h or 1d' });
  }
  const controller = new AbortController();
  const end = () => controller.abort();
  process.once('SIGTERM', end).once('SIGINT', end);
  const { signal } = controller;
  try {
    if (intervalMs === null || flags.once === true) {
      return await look(source, flags, intervalMs ?? defaultCoverMs, context, signal);
    }
    while (!signal.aborted) {
      const began = performance.now();
      // Slack, so that a look that takes longer than the one before leaves no gap between two that succeeded.
      await unlessFailed(() => look(source, flags, intervalMs * 1.5, context, signal), signal);
      const restMs = Math.max(0, intervalMs - (performance.now() - began));
      await pause(restMs, undefined, { signal }).catch(() => undefined);
    }
    return exitCodes.done;
  } finally {
    process.off('SIGTERM', end).off('SIGINT', end);
  }
}

/** One that looks for months must outlive a daemon that is restarted and a ledger that is busy. Wrong usage ends it. */
async function unlessFailed(work: () => Promise<unknown>, signal: AbortSignal): Promise<void> {
  try {
    await work();
  } catch (thrown) {
    if (!(thrown instanceof CodedError) || thrown.code === 'usage' || thrown.code === 'ledger-missing') throw thrown;
    if (!signal.aborted) tell(`not looked: ${thrown.message}`, thrown.remedy);
  }
}

async function look(
  source: 'docker' | 'podman',
  flags: ObserveFlags,
  coversMs: number,
  context: CallContext,
  signal: AbortSignal,
): Promise<number> {
  return await withLedger(flags, context, { command: 'observe', mode: 'write' }, async (ledger, { env, progress }) => {
    const environment = flags.env ?? (await onlyEnvironment(ledger));
    const actor = await actorOf(flags.by, env, pipelineOf(env), ledger);
    progress.step(`asking ${source}`);
    const { changes } = flags;
    const observation = await observeDaemon(source, { changes, offline: false, env, idleTimeoutMs, signal });
    const services = flags.service.length === 0 ? null : flags.service;
    const request = { observation, environment, services, coversMs, written: flags.written, actor };
    const result = await observe(ledger, request);
    await settle(ledger, result.appended, progress);
    progress.done();
    const unseen = unseenOf(result);
    writeAnswer(flags, answerOf(environment, result, unseen));
    if (result.differences.length > 0) return exitCodes.gateFailed;
    return unseen.length > 0 ? exitCodes.cannotSay : exitCodes.done;
  });
}

/** The environment of a ledger that has only one. */
async function onlyEnvironment(ledger: Ledger): Promise<string> {
  const found = await ledger.reader.selectFrom('environment').select('name').orderBy('name').limit(11).execute();
  const [only] = found;
  if (only !== undefined && found.length === 1) return only.name;
  const known = found.map(({ name }) => name).join(', ');
  throw new CodedError('usage', 'the ledger does not tell which environment this host belongs to', {
    remedy: `give --env ENV${known === '' ? '' : `; known are ${known}`}`,
  });
}

/** What this look cannot say, in words. */
function unseenOf({ drift, observation }: ObserveResult): string[] {
  return [
    ...observation.problems.map((p) => `${p.where}: ${p.message}`),
    ...drift.containers.flatMap(({ container, service, state }) => [
      ...container.problems.map((p) => `${container.name}: ${p.message}`),
      ...(state === 'cannot-say' && container.problems.length === 0
        ? [`${container.name}: whether it runs ${service} as recorded`]
        : []),
    ]),
    ...drift.deployments
      .filter(({ state }) => state === 'cannot-say')
      .map(({ deployment }) => `${deployment.service}: whether ${short(deployment.digest)} runs`),
  ];
}

const words = {
  unrecorded: 'unrecorded: it runs, and no deployment of it is recorded',
  'other-digest': 'another digest than the one that is recorded',
  'changed-by-hand': 'files changed in the running container',
  gone: 'gone: recorded as running, and not seen',
} as const;

function answerOf(environment: string, result: ObserveResult, unseen: readonly string[]): Answer {
  const { appended, fact, drift, differences } = result;
  const running = drift.containers.filter(({ state }) => state === 'as-recorded').length;
  return {
    document: {
      schema: 'kvitto-observe-1',
      environment,
      source: fact.source,
      at: fact.at,
      covers: fact.covers,
      containers: drift.containers.map(containerDocument),
      drift: differences,
      unseen,
      entry: appended.first,
      recorded: new Date(appended.recorded).toISOString(),
    },
    lines: ({ paint }: View) => [
      paint.heading(
        differences.length === 0
          ? unseen.length === 0
            ? `As recorded: ${many(running, 'container')} in ${environment}`
            : `Cannot say: not all of ${environment} could be seen`
          : `Drift in ${environment}: ${many(differences.length, 'difference')}`,
      ),
      ...differences.flatMap(({ service, what, digest, containers, paths }) => [
        `${service}  ${words[what]} (${digest === null ? 'no digest' : short(digest)}${containers > 1 ? `, ${many(containers, 'container')}` : ''})`,
        ...paths.map((path) => `    ${clip(path, 200)}`),
      ]),
      ...unseen.map((what) => `Cannot say  ${clip(what, 300)}`),
      `Looked      ${when(Date.parse(fact.at))} UTC, counts for ${lengthOf(Date.parse(fact.covers) - Date.parse(fact.at))}`,
      `Entry       ${appended.first}`,
    ],
  };
}

function containerDocument({ container, service, serviceFrom, state, changes, moreChanges }: ContainerDrift) {
  const { id, name, image, configDigest, manifestDigests, startedAt } = container;
  return {
    ...{ id, name, image, configDigest, manifestDigests, startedAt },
    ...{ service, serviceFrom, state, changes, moreChanges },
  };
}
