import { z } from 'zod';
import { secret } from '../../config/secret.ts';
import { address } from '../../http/address.ts';
import { endpoint } from '../../http/endpoint.ts';
import { withLine } from '../../http/post.ts';
import { deliverIssues } from '../../issues/deliver-issues.ts';
import type { Sink } from '../../sink.ts';
import { githubTracker } from './tracker.ts';

const { auth: _, headers: __, url: ___, ...connection } = endpoint;

const settings = z.strictObject({
  ...connection,
  /** Of an own server: `https://github.example.org/api/v3`. */
  url: address.default(new URL('https://api.github.com')),
  repository: z.string().regex(/^[A-Za-z0-9-]{1,39}\/[A-Za-z0-9._-]{1,100}$/, 'expected owner/repository'),
  token: secret,
  /** Carried by each issue, and what they are found by. */
  label: z
    .string()
    .min(1)
    .max(50)
    .regex(/^[^,\p{C}]+$/u)
    .default('kvitto'),
});

/** GitHub's lists may be some seconds old. */
const settleMs = 15_000;

/** Keeps an issue for each thread of alerts. */
export const github: Sink<z.output<typeof settings>> = {
  id: 'github',
  summary: 'an issue on GitHub for each thread of alerts: opened once, commented, closed',
  settings,
  audience: 'people',
  mostAtOnce: 10,
  deliver: (events, config, context) =>
    withLine({ ...config, auth: { bearer: config.token } }, context, (line) =>
      deliverIssues(events, githubTracker(line, config, context.now), context, settleMs),
    ),
};
