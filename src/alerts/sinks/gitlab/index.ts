import { z } from 'zod';
import { secret } from '../../config/secret.ts';
import { address } from '../../http/address.ts';
import { endpoint } from '../../http/endpoint.ts';
import { withLine } from '../../http/post.ts';
import { deliverIssues } from '../../issues/deliver-issues.ts';
import type { Sink } from '../../sink.ts';
import { gitlabTracker } from './tracker.ts';

const { auth: _, headers: __, url: ___, ...connection } = endpoint;

const settings = z.strictObject({
  ...connection,
  /** Of an own server: `https://gitlab.example.org`. */
  url: address.default(new URL('https://gitlab.com')),
  /** `group/project`, or its number. */
  project: z
    .string()
    .regex(
      /^(?:\d{1,12}|[A-Za-z0-9_][\w.-]{0,99}(?:\/[A-Za-z0-9_][\w.-]{0,99}){1,20})$/,
      'expected group/project, or its number',
    ),
  token: secret,
  /** Read by the members of the project alone: who reads what runs unmended may be anybody otherwise. */
  confidential: z.boolean().default(true),
  /** Carried by each issue, and what they are found by. */
  label: z
    .string()
    .min(1)
    .max(50)
    .regex(/^[^,\p{C}]+$/u)
    .default('kvitto'),
});

const settleMs = 15_000;

/** Keeps an issue for each thread of alerts. */
export const gitlab: Sink<z.output<typeof settings>> = {
  id: 'gitlab',
  summary: 'an issue on GitLab for each thread of alerts: opened once, commented, closed',
  settings,
  audience: 'people',
  mostAtOnce: 10,
  deliver: (events, config, context) =>
    withLine({ ...config, auth: { bearer: config.token } }, context, (line) =>
      deliverIssues(events, gitlabTracker(line, config, context.now), context, settleMs),
    ),
};
