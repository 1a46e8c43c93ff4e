import { statSync } from 'node:fs';
import type { AlertConfig } from '../../../alerts/config/config.ts';
import { beginCursor } from '../../../alerts/relay/cursors.ts';
import type { Ledger } from '../../../ledger/ledger.ts';
import { CodedError } from '../../../model/errors.ts';
import { Leases } from '../../../watch/jobs/leases.ts';
import { newOwner } from '../../../watch/jobs/owner.ts';
import { cronSchedule, everySchedule, type Schedule } from '../../../watch/jobs/schedule.ts';
import { actorOf } from '../../actor.ts';
import { alertConfigFrom } from '../../alert-config.ts';
import type { CallContext } from '../../call-context.ts';
import { parseDuration } from '../../environment.ts';
import type { LedgerFlags } from '../../ledger-options.ts';
import { pipelineOf } from '../../pipeline.ts';
import { withLedger } from '../../with-ledger.ts';
import { CycleLoop } from './cycle-loop.ts';
import { goOn } from './go-on.ts';
import { parseListen, tokenOf } from './http.ts';
import { journalOn } from './journal.ts';
import type { Office } from './office.ts';
import { once } from './once.ts';
import { passRules } from './rules-loop.ts';
import { Wake } from './wake.ts';
import { beat, lastSeen } from './watchman.ts';

export interface WatchFlags extends Pick<LedgerFlags, 'ledger' | 'wait' | 'quiet'> {
  readonly by?: string;
  readonly once?: boolean;
  readonly config?: string;
  readonly schedule?: string;
  readonly every?: string;
  readonly feeds?: string;
  /** False with --no-update. */
  readonly update: boolean;
  readonly relayOnly?: boolean;
  readonly listen?: string;
}

const defaultListen = '127.0.0.1:9464';
/** How long a process that hangs, or whose end nobody can see, keeps its jobs. */
const leaseMs = 30_000;
const leastEveryMs = 1_000;

/** `kvitto watch`. */
export async function watchCommand(flags: WatchFlags, context: CallContext): Promise<number> {
  const config = alertConfigFrom(flags.config);
  const schedule = scheduleOf(flags, config);
  const address = parseListen(flags.listen ?? defaultListen);
  const token = tokenOf(process.env);
  checkFeeds(flags);
  const ending = new AbortController();
  const end = () => ending.abort(new CodedError('aborted', 'ended by a signal'));
  const asked = new Wake();
  const again = () => asked.wake();
  process.once('SIGTERM', end).once('SIGINT', end);
  // Always: Node's own answer to it is to end.
  process.on('SIGHUP', again);
  try {
    return await withLedger(
      flags,
      context,
      { command: 'watch', mode: 'create' },
      async (ledger, { env, home, progress }) => {
        progress.done();
        const journal = journalOn(process.stderr, context.clock, flags.quiet === true);
        const actor = await actorOf(flags.by, env, pipelineOf(env), ledger);
        const leases = new Leases(ledger, { owner: newOwner(), leaseMs });
        const tool = `kvitto/${context.version}`;
        const news = new Wake();
        const signal = ending.signal;
        const office: Office = { ledger, config, leases, schedule, journal, tool, home, actor, signal, news, asked };
        const silentSince = await silence(office);
        await begin(ledger, config);
        // So do the rules.
        if (flags.relayOnly !== true) await passRules(office);
        await beat(ledger, leases);
        const entry = context.entry ?? null;
        const cycles = new CycleLoop(
          office,
          { base: flags.feeds ?? null, entry, noUpdate: !flags.update },
          silentSince,
        );
        const relayOnly = flags.relayOnly === true;
        if (flags.once === true) return await once(office, relayOnly ? null : cycles);
        return await goOn(office, {
          cycles: relayOnly ? null : cycles,
          folder: flags.update && isFolder(flags.feeds) ? (flags.feeds ?? null) : null,
          version: context.version,
          http: address === null ? null : { ...address, token, named: flags.listen !== undefined },
        });
      },
    );
  } finally {
    process.removeListener('SIGTERM', end).removeListener('SIGINT', end).removeListener('SIGHUP', again);
  }
}

function scheduleOf(flags: WatchFlags, { watch }: AlertConfig): Schedule {
  const { schedule, every } = flags;
  if (every === undefined) {
    const { timezone, jitterMs } = watch;
    // Who names a time on the command line means it.
    if (schedule !== undefined) return cronSchedule({ schedule, timezone, jitterMs: 0, key: '--schedule' });
    return cronSchedule({ schedule: watch.schedule, timezone, jitterMs, key: 'watch.schedule' });
  }
  if (schedule !== undefined) {
    throw new CodedError('usage', '--every and --schedule both say when', { remedy: 'give one of them' });
  }
  const everyMs = parseDuration(every, '--every');
  if (everyMs < leastEveryMs) throw new CodedError('usage', '--every is less than 1s', { remedy: 'write 10s or 5m' });
  return everySchedule(everyMs, `every ${every}`);
}

function checkFeeds({ feeds, update }: WatchFlags): void {
  if (feeds === undefined) return;
  if (!update) {
    throw new CodedError('usage', '--feeds names what --no-update does not read', { remedy: 'give one of them' });
  }
  if (/^https?:\/\//i.test(feeds) || isFolder(feeds)) return;
  throw new CodedError('usage', `--feeds ${feeds}: there is no such folder`, {
    remedy: 'a folder as `kvitto db mirror` writes it, or an address that begins with https://',
  });
}

function isFolder(text: string | undefined): boolean {
  return text !== undefined && statSync(text, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** New sinks begin here: before anything is recorded that they should be told. */
async function begin(ledger: Ledger, { sinks }: AlertConfig): Promise<void> {
  for (const { name } of sinks) await beginCursor(ledger, name, ledger.parts.clock().getTime());
}

/** Since when nobody watched, where that is longer than two times from one cycle to the next; null else. */
async function silence({ ledger, leases, schedule }: Office): Promise<number | null> {
  const seen = await lastSeen(ledger);
  if (seen === null) return null;
  const now = await leases.now();
  const mayBeMs = 2 * schedule.periodMs(now) + schedule.jitterMs;
  return now - seen > mayBeMs ? seen : null;
}
