import { z } from 'zod';
import { encodeLine, encodingNames } from '../../encodings/encode.ts';
import type { Delivery, Sink } from '../../sink.ts';
import { LineWriter, type Write, writeToDescriptor } from './line-writer.ts';

const settings = z.strictObject({ format: z.enum(encodingNames).default('ecs') });

type Settings = z.infer<typeof settings>;

const standardOutput = 1;

/** The sink on an output of its own. `write`: gives how many bytes went out. */
export function stdoutSinkOn(write: Write): Sink<Settings> {
  const writer = new LineWriter(write);
  return {
    id: 'stdout',
    summary: 'JSON lines on standard output (ECS, OCSF or as they are), for the logs of containers',
    settings,
    audience: 'machines',
    mostAtOnce: 1_000,
    async deliver(events, { format }, context): Promise<Delivery> {
      if (events.length === 0) return { delivered: 0, stopped: null };
      const lines = events.map((event) => `${encodeLine(format, event, context)}\n`);
      const message = await writer.write(Buffer.from(lines.join('')), context.signal);
      if (message === null) return { delivered: events.length, stopped: null };
      return { delivered: 0, stopped: { why: 'later', message, afterMs: null } };
    },
  };
}

/** JSON lines on standard output. Delivered means: taken by whoever reads it, a pipe at the least. */
export const stdout = stdoutSinkOn(writeToDescriptor(standardOutput));
