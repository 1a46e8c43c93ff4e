import { z } from 'zod';
import { below } from '../../http/address.ts';
import type { Answer, Line } from '../../http/post.ts';
import { carries, commentBody, issueBody } from '../../issues/body.ts';
import { requestsOver, untilSecond } from '../../issues/over-http.ts';
import { relabelled, sameLabels } from '../../issues/severity-labels.ts';
import type { Tracker } from '../../issues/tracker.ts';

const perPage = 30;
/** The newest come first: one that a killed process opened stands on the first page. */
const mostPages = 20;
/** Thirty issues of 65,536 letters, each in several bytes. */
const mostListBytes = 16 * 1024 * 1024;
const prefix = 'severity: ';

const one = z.object({
  number: z.int().positive(),
  title: z.string(),
  state: z.enum(['open', 'closed']),
  labels: z.array(z.union([z.string(), z.object({ name: z.string() }).transform((l) => l.name)])),
});
const opened = z.object({ number: z.int().positive() });
const list = z.array(
  z.object({ number: z.int().positive(), body: z.string().nullish(), pull_request: z.unknown().optional() }),
);

/** Issues of a repository, by GitHub's REST interface (https://docs.github.com/rest/issues). */
export function githubTracker(
  line: Line,
  { repository, label }: { readonly repository: string; readonly label: string },
  now: () => Date,
): Tracker {
  const { read, readIssue, write } = requestsOver(
    line,
    {
      waitMs: (answer) => waitMs(answer, now()),
      refused: ({ status }) => status === 422,
      gone: ({ status }) => status === 404 || status === 410 || status === 301,
    },
    { accept: 'application/vnd.github+json', 'x-github-api-version': '2022-11-28' },
  );
  const base = `/repos/${repository}/issues`;
  const at = (path: string, query: Readonly<Record<string, string>> = {}): URL => {
    const url = below(line.url, `${base}${path}`);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    return url;
  };
  return {
    find: async (key) => {
      for (let page = 1; page <= mostPages; page++) {
        const query = { labels: label, state: 'all', sort: 'created', direction: 'desc' };
        const url = at('', { ...query, per_page: String(perPage), page: String(page) });
        const issues = await read({ method: 'GET', url, mostAnswerBytes: mostListBytes }, list);
        const found = issues.find((issue) => issue.pull_request == null && carries(issue.body ?? null, key));
        if (found !== undefined) return String(found.number);
        if (issues.length < perPage) return null;
      }
      return null;
    },
    open: async (key, { title, severity }, words) => {
      const json = { title, body: issueBody(key, words), labels: relabelled([label], prefix, severity) };
      const { number } = await read({ url: at(''), json, once: true, mostAnswerBytes: mostListBytes }, opened);
      return String(number);
    },
    comment: (issue, words) => write({ url: at(`/${issue}/comments`), json: { body: commentBody(words) }, once: true }),
    update: async (issue, look, state) => {
      const is = await readIssue({ method: 'GET', url: at(`/${issue}`), mostAnswerBytes: mostListBytes }, one);
      if (is === null) return false;
      const labels = look === null ? is.labels : relabelled(is.labels, prefix, look.severity);
      const json = {
        ...(look === null || look.title === is.title ? {} : { title: look.title }),
        ...(sameLabels(labels, is.labels) ? {} : { labels }),
        ...(state === null || state === is.state
          ? {}
          : { state, state_reason: state === 'open' ? 'reopened' : 'completed' }),
      };
      return Object.keys(json).length === 0 || (await write({ method: 'PATCH', url: at(`/${issue}`), json }));
    },
  };
}

/** Its limits answer 403 or 429 (https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api); without any header, a minute is asked for. */
function waitMs(answer: Answer, now: Date): number | null {
  const { status, afterMs, text } = answer;
  if (status !== 403 && status !== 429) return null;
  if (afterMs !== null) return afterMs;
  if (answer.header('x-ratelimit-remaining') === '0')
    return untilSecond(answer.header('x-ratelimit-reset'), now) ?? 60_000;
  return status === 429 || /secondary rate limit|abuse detection/i.test(text ?? '') ? 60_000 : null;
}
