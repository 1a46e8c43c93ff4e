import type { ConfiguredSink } from '../../../alerts/config/config.ts';
import { attempt } from '../../../alerts/relay/attempt.ts';
import type { ThreadMemory } from '../../../alerts/sink.ts';
import { testEvent } from '../../../alerts/test-event.ts';
import { didYouMean } from '../../../model/did-you-mean.ts';
import { CodedError } from '../../../model/errors.ts';
import { clip } from '../../../model/problem.ts';
import { alertConfigFrom } from '../../alert-config.ts';
import { checkFormat, writeAnswer } from '../../answers/answer.ts';
import type { CallContext } from '../../call-context.ts';
import { parseDuration } from '../../environment.ts';
import { exitCodes } from '../../exit-codes.ts';

interface TestFlags {
  readonly config?: string;
  readonly timeout: string;
  readonly format: string;
  readonly output?: string;
}

/** A sink of the configuration. Throws `usage` with the name that was probably meant. */
export function sinkNamed(sinks: readonly ConfiguredSink[], name: string): ConfiguredSink {
  const found = sinks.find((s) => s.name === name);
  if (found !== undefined) return found;
  const names = sinks.map((s) => s.name);
  const meant = didYouMean(name, names);
  throw new CodedError('usage', `no sink is named ${clip(name, 80)}`, {
    remedy:
      meant !== null
        ? `did you mean ${meant}?`
        : names.length === 0
          ? 'kvitto.yaml names none under "sinks"; docs/alerts.md has an example'
          : `there are: ${names.join(', ')}`,
  });
}

/** `kvitto alerts test SINK`: a marked event through the real sink. Nothing is recorded. 0: it was taken, 4: it was not. */
export async function testSinkCommand(
  name: string,
  flags: TestFlags,
  { version, clock }: CallContext,
): Promise<number> {
  checkFormat(flags);
  const timeoutMs = parseDuration(flags.timeout, '--timeout');
  const sink = sinkNamed(alertConfigFrom(flags.config).sinks, name);
  const event = testEvent(name, clock());
  const context = {
    name,
    tool: `kvitto/${version}`,
    now: clock,
    signal: AbortSignal.timeout(timeoutMs + 5_000),
    link: () => null,
    memory: memoryOfOne(),
  };
  const { delivered, stopped } = await attempt(sink, [event], context, timeoutMs);
  const taken = delivered === 1;
  const answer = stopped === null ? null : stopped.message;
  writeAnswer(flags, {
    document: {
      schema: 'kvitto-alerts-test-1',
      sink: name,
      type: sink.sink.id,
      event: event.id,
      delivered: taken,
      outcome: taken ? 'delivered' : (stopped?.why ?? 'later'),
      message: answer,
    },
    lines: ({ paint }) => [
      paint.heading(`${name} (${sink.sink.id}): ${taken ? 'it was delivered' : 'NOT delivered'}`),
      ...(answer === null ? [] : [`Answer      ${clip(answer, 1000)}`]),
      `Event       ${event.id}, marked as a test; nothing was recorded`,
      ...(taken
        ? ['The receiver confirmed it. Look there whether it is shown as you want it.']
        : [
            stopped?.why === 'refused'
              ? 'The receiver will never take it: a real event would be a dead letter (kvitto alerts dead).'
              : 'A real event would be tried again until it is taken, or becomes a dead letter after keepTrying.',
          ]),
    ],
  });
  return taken ? exitCodes.done : exitCodes.failure;
}

function memoryOfOne(): ThreadMemory {
  const kept = new Map<string, string>();
  return {
    get: async (thread) => kept.get(thread) ?? null,
    set: async (thread, value) => {
      if (value === null) kept.delete(thread);
      else kept.set(thread, value);
    },
  };
}
