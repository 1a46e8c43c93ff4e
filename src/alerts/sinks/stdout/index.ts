import { z } from 'zod';
import { encodingNames } from '../../encodings/encode.ts';
import { lineParts } from '../../encodings/line-parts.ts';
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
      let delivered = 0;
      for (const { count, bytes } of lineParts(events, format, context)) {
        const message = await writer.write(bytes, context.signal);
        if (message !== null) return { delivered, stopped: { why: 'later', message, afterMs: null } };
        delivered += count;
      }
      return { delivered, stopped: null };
    },
  };
}

/** JSON lines on standard output. Delivered means: taken by whoever reads it, a pipe at the least. */
export const stdout = stdoutSinkOn(writeToDescriptor(standardOutput));
