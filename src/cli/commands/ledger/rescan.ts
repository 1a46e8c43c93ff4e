import { existsSync } from 'node:fs';
import { storePaths } from '../../../advisories/paths.ts';
import { openStore } from '../../../advisories/store/open.ts';
import { staleFeeds } from '../../../gate/staleness.ts';
import type { KnownMatch } from '../../../ledger/document-shapes.ts';
import type { Ledger } from '../../../ledger/ledger.ts';
import { runningComponents } from '../../../ledger/queries/running-components.ts';
import { readKnowledge } from '../../../ledger/read-documents.ts';
import type { AdvisoryStore } from '../../../model/advisory.ts';
import { CodedError } from '../../../model/errors.ts';
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
import { tell } from '../../tell.ts';
import { settle, withLedger } from '../../with-ledger.ts';

interface RescanFlags extends WriterFlags {
  readonly maxDbAge: string;
  readonly all?: boolean;
}

/** One match that a rescan opened or closed. */
interface Change {
  readonly what: 'new' | 'changed' | 'gone' | 'withdrawn';
  readonly vulnerability: string;
  readonly component: string;
  readonly severity: string | null;
  readonly exploited: boolean;
  readonly fixedIn: string | null;
  /** What runs with this component, as `service (environment)`. */
  readonly running: readonly string[];
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
      for (const feed of staleFeeds(store.snapshot, maxAgeMs, context.clock(), null)) {
        tell(
          `${feed.id} is of ${feed.asOf.slice(0, 10)}, older than ${flags.maxDbAge}`,
          'kvitto db update, and rescan again',
        );
      }
      progress.step('holding what the ledger knows against the advisories');
      const result = await rescan(ledger, store, await actorOf(flags.by, env, pipelineOf(env), ledger));
      await settle(ledger, result.appended, progress);
      const changes = await changesOf(ledger, result);
      progress.done();
      writeAnswer(flags, answerOf(store, result, changes));
      return exitCodes.done;
    } finally {
      store.close();
    }
  });
}

/** What the documents of a pass say that it changed: what runs first, then worst first. */
async function changesOf(ledger: Ledger, { rescanned }: RescanResult): Promise<Change[]> {
  const changes: Omit<Change, 'running'>[] = [];
  for (const digest of rescanned.documents) {
    const { opened, closed } = readKnowledge(await ledger.documents.get(digest), digest);
    const again = new Set(closed.filter((c) => c.why === 'changed').map((c) => `${c.component}\0${c.id}`));
    for (const m of opened) {
      // Known under another of its names before: the same vulnerability.
      const known = m.firstKnown !== null || again.has(`${m.component}\0${m.id}`);
      changes.push({ what: known ? 'changed' : 'new', ...matchOf(m) });
    }
    for (const { component, id, why } of closed) {
      if (why === 'changed') continue;
      changes.push({ what: why, vulnerability: id, component, severity: null, exploited: false, fixedIn: null });
    }
  }
  const running = await runningComponents(ledger, [...new Set(changes.map((c) => c.component))]);
  const order = { new: 0, changed: 1, withdrawn: 2, gone: 3 };
  return changes
    .map((c) => ({ ...c, running: running.get(c.component) ?? [] }))
    .sort(
      (a, b) =>
        Number(b.running.length > 0) - Number(a.running.length > 0) ||
        order[a.what] - order[b.what] ||
        Number(b.exploited) - Number(a.exploited) ||
        rank(a.severity) - rank(b.severity) ||
        (a.vulnerability < b.vulnerability ? -1 : a.vulnerability > b.vulnerability ? 1 : 0) ||
        (a.component < b.component ? -1 : 1),
    );
}

const ranks = ['critical', 'high', 'medium', 'unknown', 'low', 'negligible'];
const rank = (severity: string | null) => (severity === null ? ranks.length : ranks.indexOf(severity));

function matchOf({ id, component, severity, exploitation, fixedIn }: KnownMatch) {
  return { vulnerability: id, component, severity: severity.level, exploited: exploitation.length > 0, fixedIn };
}

function answerOf(store: AdvisoryStore, { appended, rescanned }: RescanResult, changes: readonly Change[]): Answer {
  const { snapshot, components, opened, closed, problems } = rescanned;
  const runs = changes.filter((c) => c.running.length > 0);
  return {
    document: {
      schema: 'kvitto-rescan-1',
      snapshot,
      feeds: store.snapshot.feeds.map(({ id, asOf }) => ({ id, asOf })),
      components,
      opened,
      closed,
      problems,
      entry: appended.first + appended.count - 1,
      recorded: new Date(appended.recorded).toISOString(),
      changes,
    },
    lines: (view) => [
      view.paint.heading(
        changes.length === 0
          ? `Nothing changed for ${many(components, 'component')}`
          : `${many(changes.length, 'change')} for ${many(components, 'component')}, ${runs.length} in what runs`,
      ),
      `Snapshot    ${short(snapshot)}`,
      ...(problems === 0 ? [] : [`Not covered ${many(problems, 'component')} could not be assessed`]),
      ...(changes.length === 0
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
              changes.map((c) => [
                c.what,
                c.vulnerability,
                `${c.severity ?? ''}${c.exploited ? ' EXPLOITED' : ''}`,
                c.component,
                c.severity === null ? '' : (c.fixedIn ?? 'no fix'),
                c.running.join(', '),
              ]),
              view,
            ),
          ]),
      ...(runs.length === 0
        ? []
        : ['', `Next: kvitto where ${runs[0]?.vulnerability}   all that has it, and what was decided`]),
    ],
  };
}
