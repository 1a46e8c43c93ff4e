import { existsSync } from 'node:fs';
import { storePaths } from '../../../advisories/paths.ts';
import { openStore } from '../../../advisories/store/open.ts';
import { CodedError } from '../../../model/errors.ts';
import { type Change, type ChangeCounts, changeKinds } from '../../../watch/changes.ts';
import { type RescanResult, rescan } from '../../../watch/rescan.ts';
import { actorOf } from '../../actor.ts';
import { type Answer, checkFormat, writeAnswer } from '../../answers/answer.ts';
import { grid } from '../../answers/grid.ts';
import { many, short } from '../../answers/words.ts';
import type { CallContext } from '../../call-context.ts';
import { parseDuration } from '../../environment.ts';
import { exitCodes } from '../../exit-codes.ts';
import { databaseUrl, type WriterFlags } from '../../ledger-options.ts';
import { pipelineOf } from '../../pipeline.ts';
import { rescanHelpers } from '../../rescan-threads.ts';
import { settle, withLedger } from '../../with-ledger.ts';

interface RescanFlags extends WriterFlags {
  readonly maxDbAge: string;
  readonly all?: boolean;
  readonly full?: boolean;
  readonly force?: boolean;
}

/** `kvitto rescan`: all that the ledger knows is held against the advisory store as it is now. 3 where there is no store. */
export async function rescanCommand(flags: RescanFlags, context: CallContext): Promise<number> {
  checkFormat(flags);
  const maxFeedAgeMs = parseDuration(flags.maxDbAge, '--max-db-age');
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
      const { folder, present } = run;
      const { tool, name, waitMs } = ledger.parts;
      const helpers = rescanHelpers({
        ledger: { folder, databaseUrl: databaseUrl(env), tool, name, waitMs },
        store: file,
        actor,
        leaseMs: null,
        clockAheadMs: present - Date.now(),
      });
      const result = await rescan(ledger, store, actor, { full, force, maxFeedAgeMs, helpers });
      await settle(ledger, result.appended, progress);
      progress.done();
      writeAnswer(flags, answerOf(result));
      return exitCodes.done;
    } finally {
      store.close();
    }
  });
}

const sum = (counts: ChangeCounts) => changeKinds.reduce((all, kind) => all + counts[kind], 0);

/** One line for what is the same change in several deployments. */
function rowsOf(changes: readonly Change[]): string[][] {
  const groups = Map.groupBy(changes, (c) => [c.kind, c.vulnerability, c.component].join('\0'));
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const { kind, vulnerability, component, before, after } = first;
    const now = after ?? before;
    const was = kind === 'severity' && before !== null ? `${before.severity} → ` : '';
    const places = [...new Set(group.map((c) => `${c.service} (${c.environment})`))];
    return [
      [
        kind,
        vulnerability,
        `${was}${now?.severity ?? ''}${now?.exploited === true ? ' EXPLOITED' : ''}`,
        component,
        after === null ? '' : (after.fixedIn ?? 'no fix'),
        places.join(', '),
      ],
    ];
  });
}

function answerOf({ appended, rescanned, assessed, changes, problems, expired, feeds }: RescanResult): Answer {
  const { snapshot, components, opened, closed } = rescanned;
  const [running, others] = [sum(changes.running), sum(changes.notRunning)];
  return {
    document: {
      schema: 'kvitto-rescan-1',
      snapshot,
      feeds: feeds.map(({ id, asOf }) => ({ id, asOf })),
      components,
      assessed,
      opened,
      closed,
      problems,
      expiredDecisions: expired,
      entry: appended.first + appended.count - 1,
      recorded: new Date(appended.recorded).toISOString(),
      running: changes.running,
      notRunning: changes.notRunning,
      changes: changes.listed,
    },
    lines: (view) => [
      view.paint.heading(
        running + others === 0
          ? `Nothing changed for ${many(components, 'component')}`
          : `${many(running, 'change')} in what runs, ${others} in what does not; ${many(components, 'component')} in all`,
      ),
      `Snapshot    ${short(snapshot)}`,
      ...(expired.length === 0
        ? []
        : [`Decisions   ${many(expired.length, 'decision')} ran out: ${expired.join(', ')}`]),
      ...problems.map((p) => `Not covered ${p.where}: ${p.message}`),
      ...(running === 0
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
                { head: 'RUNS IN', flexible: true },
              ],
              rowsOf(changes.listed),
              view,
            ),
            ...(running > changes.listed.length ? [`… and ${running - changes.listed.length} more changes`] : []),
            '',
            `Next: kvitto where ${changes.listed[0]?.vulnerability}   all that has it, and what was decided`,
          ]),
    ],
  };
}
