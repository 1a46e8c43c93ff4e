import type { OwnerRule } from '../../../alerts/config/config.ts';
import type { EventSource } from '../../../alerts/event-source.ts';
import { attempt } from '../../../alerts/relay/attempt.ts';
import { threadMemory } from '../../../alerts/relay/thread-memory.ts';
import { type DeadLetter, deadLetters, type SinkState, sinkStates } from '../../../alerts/told.ts';
import { writeBeside } from '../../../ledger/beside.ts';
import { formatInstant } from '../../../ledger/instant.ts';
import type { Ledger } from '../../../ledger/ledger.ts';
import type { KvittoEvent } from '../../../model/event.ts';
import { clip } from '../../../model/problem.ts';
import { alertConfigFrom } from '../../alert-config.ts';
import { checkFormat, writeAnswer } from '../../answers/answer.ts';
import { grid } from '../../answers/grid.ts';
import { many, minute, when } from '../../answers/words.ts';
import type { CallContext } from '../../call-context.ts';
import { exitCodes } from '../../exit-codes.ts';
import type { LedgerFlags } from '../../ledger-options.ts';
import { withLedger } from '../../with-ledger.ts';
import { ask } from '../ask/question.ts';
import { sinkNamed } from './alerts-test.ts';
import { eventSource } from './event-source.ts';

/** `kvitto alerts sinks`: where each stands. */
export async function sinksCommand(
  flags: LedgerFlags & { readonly config?: string },
  context: CallContext,
): Promise<number> {
  const { sinks } = alertConfigFrom(flags.config);
  return await ask('alerts sinks', flags, context, async (ledger) => {
    const states = await sinkStates(ledger, sinks);
    return {
      document: { schema: 'kvitto-alerts-sinks-1', sinks: states.map(stateDocument) },
      lines: (view) => [
        view.paint.heading(states.length === 0 ? 'No sinks: kvitto.yaml names none' : many(states.length, 'sink')),
        ...(states.length === 0
          ? []
          : [
              '',
              ...grid(
                [
                  { head: 'SINK' },
                  { head: 'TYPE' },
                  { head: 'TAKES BY ITSELF', flexible: true },
                  { head: 'BEHIND' },
                  { head: 'DELIVERED' },
                  { head: 'DEAD' },
                  { head: 'STATE', flexible: true },
                ],
                states.map((s) => [
                  s.name,
                  s.type ?? '-',
                  s.events === null ? '-' : s.events.join(' ') || 'alerts that name it',
                  String(s.behind),
                  String(s.delivered),
                  String(s.deadLetters),
                  stateWords(s),
                ]),
                view,
              ),
            ]),
        '',
        states.some((s) => s.deadLetters > 0)
          ? 'Next: kvitto alerts dead   what was given up, and why'
          : 'Next: kvitto alerts test SINK   send a test through one of them',
      ],
    };
  });
}

function stateDocument({ failing, moved, ...rest }: SinkState): object {
  const times =
    failing === null ? null : { since: formatInstant(failing.since), nextAt: formatInstant(failing.nextAt) };
  return {
    ...rest,
    moved: moved === null ? null : formatInstant(moved),
    failing: failing === null ? null : { ...failing, ...times },
  };
}

function stateWords({ type, entry, failing }: SinkState): string {
  if (type === null) return 'not in kvitto.yaml any more: nobody delivers to it';
  if (entry === null) return 'not served yet: kvitto watch begins at the end of the log';
  if (failing === null) return 'delivers';
  return `fails since ${minute(failing.since)}, ${many(failing.attempts, 'attempt')}: ${clip(failing.error, 300)}`;
}

interface DeadFlags extends LedgerFlags {
  readonly config?: string;
  readonly sink?: string;
  readonly retry?: boolean;
}

/** `kvitto alerts dead [--retry]`: what a sink never took. With `--retry` 0 where all was taken now, else 4. */
export async function deadCommand(flags: DeadFlags, context: CallContext): Promise<number> {
  checkFormat(flags);
  const retry = flags.retry === true;
  const { sinks, owners } = alertConfigFrom(flags.config);
  const access = { command: 'alerts dead', mode: retry ? ('write' as const) : ('read' as const) };
  return await withLedger(flags, context, access, async (ledger, { progress }) => {
    const before = await deadLetters(ledger, flags.sink ?? null);
    if (retry) {
      for (const [name, letters] of Map.groupBy(before, (l) => l.sink)) {
        progress.step(`sending ${many(letters.length, 'event')} to ${name} again`);
        await sendAgain(ledger, sinkNamed(sinks, name), letters, owners, context);
      }
    }
    const left = retry ? await deadLetters(ledger, flags.sink ?? null) : before;
    progress.done();
    const taken = before.length - left.length;
    writeAnswer(flags, {
      document: {
        schema: 'kvitto-alerts-dead-1',
        taken: retry ? taken : null,
        letters: left.map((l) => ({ ...l, at: formatInstant(l.at) })),
      },
      lines: (view) => [
        view.paint.heading(
          `${retry ? `${many(taken, 'event')} taken now; ` : ''}${left.length === 0 ? 'no dead letters' : many(left.length, 'dead letter')}`,
        ),
        ...(left.length === 0
          ? []
          : [
              '',
              ...grid(
                [{ head: 'SINK' }, { head: 'EVENT' }, { head: 'GIVEN UP (UTC)' }, { head: 'WHY', flexible: true }],
                left.map((l) => [l.sink, l.event, when(l.at), l.reason]),
                view,
              ),
              '',
              'Next: kvitto alerts dead --retry   send them again, now',
            ]),
      ],
    });
    return retry && left.length > 0 ? exitCodes.failure : exitCodes.done;
  });
}

const timeoutMs = 60_000;

/** One at a time, in the order of the log: what stands in the way of one is told of it. Ends where the receiver is not there. */
async function sendAgain(
  ledger: Ledger,
  sink: ReturnType<typeof sinkNamed>,
  letters: readonly DeadLetter[],
  owners: readonly OwnerRule[],
  { version, clock }: CallContext,
): Promise<void> {
  const { name } = sink;
  const source = eventSource(ledger, owners);
  for (const letter of letters) {
    const event = await eventAt(source, letter);
    if (event === null) continue;
    const memory = threadMemory(ledger, name);
    const signal = AbortSignal.timeout(timeoutMs * 2);
    const context = { name, tool: `kvitto/${version}`, now: clock, signal, link: () => null, memory };
    const { delivered, stopped } = await attempt(sink, [event], context, timeoutMs);
    const reason = stopped?.message ?? '';
    await writeBeside(ledger, async (tx) => {
      const ours = { sink: name, event: letter.event };
      if (delivered === 1)
        await tx.deleteFrom('dead_letter').where('sink', '=', ours.sink).where('event', '=', ours.event).execute();
      else
        await tx
          .updateTable('dead_letter')
          .set({ reason: clip(reason, 2000), at: clock().getTime() })
          .where('sink', '=', ours.sink)
          .where('event', '=', ours.event)
          .execute();
    });
    if (delivered === 0 && stopped?.why === 'later') return;
  }
}

async function eventAt(source: EventSource, { entry, place }: DeadLetter): Promise<KvittoEvent | null> {
  for await (const event of source(entry, place)) return event;
  return null;
}
