import { z } from 'zod';
import { secret } from '../../config/secret.ts';
import { endpoint } from '../../http/endpoint.ts';
import { withLine } from '../../http/post.ts';
import { deliverIssues } from '../../issues/deliver-issues.ts';
import type { Sink } from '../../sink.ts';
import { jiraTracker } from './tracker.ts';

const { auth: _, headers: __, ...connection } = endpoint;

const settings = z.strictObject({
  ...connection,
  /** `cloud`: version 3 of the interface, user and token. `server`: version 2 of Data Center, a token alone. */
  kind: z.enum(['cloud', 'server']).default('cloud'),
  project: z.string().regex(/^[A-Z][A-Z0-9_]{1,30}$/, 'expected the key of a project: SEC'),
  /** Name of the type of issue. */
  type: z.string().min(1).max(100).default('Task'),
  /** Mail address of the account that the token is of; none for a personal access token of Data Center. */
  user: z.string().min(1).max(254).optional(),
  token: secret,
  label: z
    .string()
    .regex(/^[^\s\p{C}"\\]{1,50}$/u, 'expected a label without blanks')
    .default('kvitto'),
});

/** What was made is found by Jira's search some seconds later. */
const settleMs = 60_000;

/** Keeps an issue for each thread of alerts. */
export const jira: Sink<z.output<typeof settings>> = {
  id: 'jira',
  summary: 'an issue in Jira for each thread of alerts: opened once, commented, closed',
  settings,
  audience: 'people',
  mostAtOnce: 10,
  deliver: (events, config, context) => {
    const { user, token } = config;
    const auth = user === undefined ? { bearer: token } : { user, password: token };
    return withLine({ ...config, auth }, context, (line) =>
      deliverIssues(events, jiraTracker(line, config), context, settleMs),
    );
  },
};
