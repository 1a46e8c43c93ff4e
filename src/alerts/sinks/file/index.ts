import { z } from 'zod';
import { encodingNames } from '../../encodings/encode.ts';
import { lineParts } from '../../encodings/line-parts.ts';
import type { Delivery, Sink } from '../../sink.ts';
import { appendDurably } from './append.ts';

const settings = z.strictObject({
  path: z
    .string()
    .min(1)
    .max(4096)
    .refine((path) => path.startsWith('/') && !path.includes('\0'), 'expected an absolute path'),
  format: z.enum(encodingNames).default('ecs'),
  /** Permissions of a file that is made. */
  mode: z
    .string()
    .regex(/^0?[0-7]{3}$/, 'expected permissions as chmod writes them, in quotes: "0640"')
    .default('0640')
    .transform((octal) => Number.parseInt(octal, 8)),
});

type Settings = z.infer<typeof settings>;

/** JSON lines in a file that something else rotates. Delivered means: on the disk, in the file that has this name. */
export const file: Sink<Settings> = {
  id: 'file',
  summary: 'JSON lines in a file (ECS, OCSF or as they are), safe with logrotate',
  settings,
  audience: 'machines',
  mostAtOnce: 1_000,
  async deliver(events, { path, format, mode }, context): Promise<Delivery> {
    let delivered = 0;
    for (const { count, bytes } of lineParts(events, format, context)) {
      const message = await appendDurably(path, bytes, { mode, signal: context.signal });
      if (message !== null) return { delivered, stopped: { why: 'later', message, afterMs: null } };
      delivered += count;
    }
    return { delivered, stopped: null };
  },
};
