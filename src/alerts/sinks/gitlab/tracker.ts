import { z } from 'zod';
import { below } from '../../http/address.ts';
import type { Answer, Line } from '../../http/post.ts';
import { carries, commentBody, issueBody } from '../../issues/body.ts';
import { requestsOver, untilSecond } from '../../issues/over-http.ts';
import { relabelled } from '../../issues/severity-labels.ts';
import { markerOf, type Tracker } from '../../issues/tracker.ts';

/** The search is for the marker: more than one page would be the work of somebody who copies issues. */
const perPage = 20;
const mostListBytes = 32 * 1024 * 1024;
/** Scoped: where GitLab knows them, one takes the place of the other. */
const prefix = 'severity::';

const one = z.object({
  iid: z.int().positive(),
  title: z.string(),
  state: z.enum(['opened', 'closed']),
  labels: z.array(z.string()),
});
const opened = z.object({ iid: z.int().positive() });
const list = z.array(z.object({ iid: z.int().positive(), description: z.string().nullish() }));

/** Issues of a project, by GitLab's REST interface (https://docs.gitlab.com/api/issues/). */
export function gitlabTracker(
  line: Line,
  {
    project,
    label,
    confidential,
  }: { readonly project: string; readonly label: string; readonly confidential: boolean },
  now: () => Date,
): Tracker {
  const { read, readIssue, write } = requestsOver(line, {
    waitMs: (answer) => waitMs(answer, now()),
    refused: ({ status }) => status === 422 || status === 413,
    gone: ({ status }) => status === 404 || status === 410,
  });
  const base = `/api/v4/projects/${encodeURIComponent(project)}/issues`;
  const at = (path: string, query: Readonly<Record<string, string>> = {}): URL => {
    const url = below(line.url, `${base}${path}`);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    return url;
  };
  return {
    find: async (key) => {
      const query = { labels: label, search: markerOf(key), in: 'description', state: 'all', scope: 'all' };
      const url = at('', { ...query, order_by: 'created_at', sort: 'desc', per_page: String(perPage) });
      const issues = await read({ method: 'GET', url, mostAnswerBytes: mostListBytes }, list);
      const found = issues.find((issue) => carries(issue.description ?? null, key));
      return found === undefined ? null : String(found.iid);
    },
    open: async (key, { title, severity }, words) => {
      const labels = relabelled([label], prefix, severity).join(',');
      const json = { title, description: issueBody(key, words), labels, confidential };
      const { iid } = await read({ url: at(''), json, once: true, mostAnswerBytes: mostListBytes }, opened);
      return String(iid);
    },
    comment: (issue, words) => write({ url: at(`/${issue}/notes`), json: { body: commentBody(words) }, once: true }),
    update: async (issue, look, state) => {
      const is = await readIssue({ method: 'GET', url: at(`/${issue}`), mostAnswerBytes: mostListBytes }, one);
      if (is === null) return false;
      const labels = look === null ? is.labels : relabelled(is.labels, prefix, look.severity);
      const added = labels.filter((name) => !is.labels.includes(name));
      const removed = is.labels.filter((name) => !labels.includes(name));
      const isOpen = is.state === 'opened';
      const json = {
        ...(look === null || look.title === is.title ? {} : { title: look.title }),
        ...(added.length === 0 ? {} : { add_labels: added.join(',') }),
        ...(removed.length === 0 ? {} : { remove_labels: removed.join(',') }),
        ...(state === null || isOpen === (state === 'open') ? {} : { state_event: isOpen ? 'close' : 'reopen' }),
      };
      return Object.keys(json).length === 0 || (await write({ method: 'PUT', url: at(`/${issue}`), json }));
    },
  };
}

/** https://docs.gitlab.com/administration/settings/user_and_ip_rate_limits/#response-headers */
function waitMs({ status, afterMs, header }: Answer, now: Date): number | null {
  if (status !== 429) return null;
  return afterMs ?? untilSecond(header('ratelimit-reset'), now) ?? 60_000;
}
