import { existsSync } from 'node:fs';
import { storePaths } from '../../../advisories/paths.ts';
import { openStore } from '../../../advisories/store/open.ts';
import { CodedError } from '../../../model/errors.ts';
import { type Change, type ChangeCounts, changeKinds, type KnownState } from '../../../watch/changes.ts';
import { type RescanResult, rescan } from '../../../watch/rescan.ts';
import { actorOf } from '../../actor.ts';
import { type Answer, checkFormat, writeAnswer } from '../../answers/answer.ts';
import { grid } from '../../answers/grid.ts';
import { many, short } from '../../answers/words.ts';
import type { CallContext } from '../../call-context.ts';
import { parseDuration } from '../../environment.ts';
import { exitCodes } from '../../exit-codes.ts';
import type { WriterFlags } from '../../ledger-options.ts';
import { pipelineOf } from '../../pipeline.ts';
import { settle, withLedger } from '../../with-ledger.ts';

interface RescanFlags extends WriterFlags {
  readonly maxDbAge: string;
  readonly full?: boolean;
  readonly force?: boolean;
}

/** `kvitto rescan`: all that the ledger knows is held against the advisory store as it is now. 3 where there is no store. */
export async function rescanCommand(flags: RescanFlags, context: CallContext): Promise<number> {
  checkFormat(flags);
  const maxAgeMs = parseDuration(flags.maxDbAge, '--max-db-age');
  return await withLedger(flags, context, { command: 'rescan', mode: 'write' }, async (ledger, run) => {
    const { env, home, progress } = run;
    const file = storePaths(home).store;
    if (!existsSync(file)) {
      throw new CodedError(
        'store-unreadable',
        `there is no advisory store in ${home}, so nothing can be held against it`,
        {
          remedy: 'kvitto db update --ecosystems Debian,npm',
        },
      );
    }
    const store = openStore(file);
    try {
      progress.step('holding what the ledger knows against the advisories');
      const actor = await actorOf(flags.by, env, pipelineOf(env), ledger);
      const { full = false, force = false } = flags;
      const result = await rescan(ledger, store, actor, { full, force, maxFeedAgeMs: maxAgeMs });
      await settle(ledger, result.appended, progress);
      progress.done();
      writeAnswer(flags, answerOf(result));
      return exitCodes.done;
    } finally {
      store.close();
    }
  });
}

function total(counts: ChangeCounts): number {
  return changeKinds.reduce((sum, kind) => sum + counts[kind], 0);
}

function inWords(counts: ChangeCounts): string {
  const named = changeKinds.filter((kind) => counts[kind] > 0).map((kind) => `${counts[kind]} ${kind}`);
  return named.length === 0 ? 'nothing' : named.join(', ');
}

function stateInWords(state: KnownState | null): string {
  if (state === null) return '';
  const score = state.score === null ? '' : ` ${state.score.toFixed(1)}`;
  return `${state.severity}${score}${state.exploited ? ' EXPLOITED' : ''}`;
}

function rowOf({ kind, vulnerability, before, after, component, service, environment }: Change): string[] {
  const states = [before, after].map(stateInWords);
  const moved =
    before === null || after === null || states[0] === states[1] ? states[1] || states[0] : states.join(' → ');
  const fixed = after === null ? '' : (after.fixedIn ?? 'no fix');
  return [kind, vulnerability, moved ?? '', component, fixed, `${service} (${environment})`];
}

function answerOf({ appended, rescanned, assessed, changes, problems, expired, feeds }: RescanResult): Answer {
  const { snapshot, components, opened, closed } = rescanned;
  const [running, others] = [total(changes.running), total(changes.notRunning)];
  const [worst] = changes.listed;
  return {
    document: {
      schema: 'kvitto-rescan-1',
      snapshot,
      feeds: feeds.map(({ id, asOf }) => ({ id, asOf })),
      components,
      assessed,
      opened,
      closed,
      entry: appended.first + appended.count - 1,
      recorded: new Date(appended.recorded).toISOString(),
      changes,
      problems,
      expiredDecisions: expired,
    },
    lines: (view) => [
      view.paint.heading(
        running + others === 0
          ? `Nothing changed for ${many(components, 'component')}`
          : `${many(running, 'change')} in what runs, ${others} in what does not`,
      ),
      `Snapshot    ${short(snapshot)}, ${many(assessed, 'component')} of ${components} held against it anew`,
      `Running     ${inWords(changes.running)}`,
      `Not running ${inWords(changes.notRunning)}`,
      ...(expired.length === 0 ? [] : [`Decisions   ${expired.length} ran out: kvitto decisions`]),
      ...problems.slice(0, 10).map((p) => `Not covered ${p.where}: ${p.message}`),
      ...(problems.length > 10 ? [`            … and ${problems.length - 10} more (-f json)`] : []),
      ...(changes.listed.length === 0
        ? []
        : [
            '',
            ...grid(
              [
                { head: 'CHANGE' },
                { head: 'VULNERABILITY' },
                { head: 'SEVERITY' },
                { head: 'COMPONENT', flexible: true },
                { head: 'FIXED IN', flexible: true },
                { head: 'RUNS AS', flexible: true },
              ],
              changes.listed.map(rowOf),
              view,
            ),
          ]),
      ...(worst === undefined
        ? []
        : ['', `Next: kvitto where ${worst.vulnerability}   all that has it, and what was decided`]),
    ],
  };
}
