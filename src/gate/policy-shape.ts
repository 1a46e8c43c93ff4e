import { z } from 'zod';
import { severityLevels } from '../model/advisory.ts';
import { vexStatuses } from '../model/decision.ts';
import { parsePurl } from '../model/purl.ts';
import { leftToOthers, settingsKeys } from '../model/settings-file.ts';
import { endOfDay, parseDuration } from './dates.ts';

const durationWords = 'expected a number of hours, days or weeks, such as 12h, 5d or 2w';

const duration = z
  .string(durationWords)
  .refine((text) => parseDuration(text) !== null, durationWords)
  .transform((text) => parseDuration(text) ?? 0);

const name = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9-]{0,63}$/,
    'expected a short name of small letters, digits and hyphens, such as no-critical',
  );

const words = z.string().trim().min(1, 'expected some text').max(2000);

const level = z.enum(severityLevels.filter((l) => l !== 'unknown'));

const rule = z.strictObject({
  name,
  severity: level.optional(),
  unknown: z.enum(['cannot-say', 'fail', 'ignore']).optional(),
  fixable: z.boolean().optional(),
  exploited: z.boolean().optional(),
  epss: z.number().min(0).max(1).optional(),
  olderThan: duration.optional(),
  onlyNew: z.boolean().optional(),
  direct: z.boolean().optional(),
  types: z
    .array(z.string().regex(/^[a-z][a-z0-9.+-]*$/, 'expected a purl type such as npm or deb'))
    .min(1)
    .optional(),
  informational: z.boolean().optional(),
});

const exception = z.strictObject({
  id: words,
  component: z
    .string()
    .refine((text) => parsePurl(text) !== null, 'expected a package URL such as pkg:deb/debian/openssl')
    .optional(),
  owner: words,
  reason: words,
  until: z.string().refine((text) => endOfDay(text) !== null, 'expected a day such as 2026-12-31'),
});

const decisions = z.strictObject({
  fourEyes: z.array(z.enum(vexStatuses)).optional(),
  longest: duration.optional(),
});

/** The shape of `kvitto.yaml`, as far as it is a policy. */
export const policyShape = z.strictObject({
  version: z.literal(1, 'expected 1, the only version of the policy format so far'),
  maxDbAge: duration.optional(),
  allowIncomplete: z.boolean().optional(),
  rules: z.array(rule).max(1000).optional(),
  exceptions: z.array(exception).max(100_000).optional(),
  decisions: decisions.optional(),
  ...leftToOthers(settingsKeys.alerts),
});

/** The keys of a rule. */
export const ruleKeys = Object.keys(rule.shape);

export type PolicyDocument = z.infer<typeof policyShape>;
