import { Cron } from 'croner';
import { z } from 'zod';
import { severityLevels } from '../../model/advisory.ts';
import { changeKinds, eventTypes } from '../../model/event.ts';
import { leftToOthers, settingsKeys } from '../../model/settings-file.ts';
import { duration, timeOfDay, timezone } from './durations.ts';

/** What rules and sinks may be called. */
export const namePattern = /^[a-z0-9][a-z0-9-]{0,63}$/;
export const nameWords = 'expected a short name of small letters, digits and hyphens, such as central-log';

const name = z.string().regex(namePattern, nameWords);

const pattern = z
  .string()
  .trim()
  .min(1, 'expected a name, in which * stands for any letters')
  .max(256)
  .transform((text) => text.normalize('NFC'));
const patterns = z.array(pattern).min(1).max(1000);

function isSchedule(text: string): boolean {
  const fields = text.trim().split(/\s+/).length;
  if (text.length > 200 || fields < 5 || fields > 6) return false;
  try {
    // A pattern that no calendar meets (31 February) has no next run.
    return new Cron(text, { paused: true, timezone: 'UTC' }).nextRun() !== null;
  } catch {
    return false;
  }
}

const probability = z.number().min(0).max(1);

function isBase(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : null;
  return (
    url !== null && (url.protocol === 'https:' || url.protocol === 'http:') && url.username === '' && url.hash === ''
  );
}

const watch = z.strictObject({
  schedule: z
    .string()
    .refine(
      isSchedule,
      'expected a cron expression of five or six fields that comes true some day, such as "*/30 * * * *"',
    )
    .optional(),
  timezone: timezone.optional(),
  jitter: duration.optional(),
  ecosystems: z
    .array(
      z.string().regex(/^[\p{L}\p{N}][\p{L}\p{N} :._-]{0,99}$/u, 'expected an OSV ecosystem such as Debian or npm'),
    )
    .min(1)
    .max(100)
    .optional(),
  epss: probability.optional(),
  scanOverdue: duration.optional(),
  link: z
    .string()
    .max(2000)
    .refine(isBase, 'expected the address of a site, such as https://kvitto.example')
    .transform((text) => text.replace(/\/+$/, ''))
    .optional(),
});

const owner = z.strictObject({
  service: pattern,
  environment: pattern.optional(),
  owner: z
    .string()
    .trim()
    .regex(
      /^[\p{L}\p{N}][\p{L}\p{M}\p{N}._/:@+-]{0,127}$/u,
      'expected a role or team without spaces, such as team-shop',
    ),
});

const quiet = z.strictObject({ from: timeOfDay, until: timeOfDay, timezone: timezone.optional() });

const sinkNames = z.array(z.string()).max(100);

const rule = z.strictObject({
  name,
  changes: z.array(z.enum(changeKinds)).min(1).optional(),
  severity: z.enum(severityLevels.filter((l) => l !== 'unknown')).optional(),
  unknown: z.boolean().optional(),
  exploited: z.boolean().optional(),
  epss: probability.optional(),
  fixable: z.boolean().optional(),
  services: patterns.optional(),
  environments: patterns.optional(),
  owners: patterns.optional(),
  send: sinkNames.optional(),
  by: z.enum(['service', 'vulnerability']).optional(),
  every: duration.optional(),
  quiet: quiet.optional(),
  escalate: z.strictObject({ after: duration, send: sinkNames.min(1) }).optional(),
});

/** As the gate reads it: of any length. */
function ageMs(text: string): number {
  const unitMs = { h: 3_600_000, d: 86_400_000, w: 604_800_000 };
  return Number(text.slice(0, -1)) * unitMs[text.at(-1) as keyof typeof unitMs];
}

/** The shape of `kvitto.yaml`, as far as it is about watching and telling. What stands under a sink's name is looked at by the sink. */
export const alertShape = z.strictObject({
  version: z.literal(1, 'expected 1, the only version of the format so far'),
  ...leftToOthers(settingsKeys.gate),
  maxDbAge: z
    .string()
    .regex(/^\d{1,5}[hdw]$/, 'expected a number of hours, days or weeks, such as 12h, 5d or 2w')
    .transform(ageMs)
    .optional(),
  watch: watch.optional(),
  owners: z.array(owner).max(10_000).optional(),
  sinks: z.unknown().optional(),
  alerts: z.array(rule).max(200).optional(),
});

/** What every sink has besides its own settings. */
export const sinkShape = z.looseObject({
  type: z.string(),
  events: z.array(z.enum(eventTypes)).max(eventTypes.length).optional(),
  keepTrying: duration.optional(),
});

export type AlertSettings = z.infer<typeof alertShape>;
export type RuleSettings = NonNullable<AlertSettings['alerts']>[number];
