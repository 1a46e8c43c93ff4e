import { z } from 'zod';
import { below } from '../../http/address.ts';
import type { Line } from '../../http/post.ts';
import { requestsOver } from '../../issues/over-http.ts';
import { relabelled } from '../../issues/severity-labels.ts';
import { Halt, markerOf, type Tracker } from '../../issues/tracker.ts';
import type { Words } from '../../words/words.ts';
import { type JiraDocument, richText } from './rich-text.ts';
import { wikiText } from './wiki-text.ts';

const mostAnswerBytes = 4 * 1024 * 1024;
const prefix = 'severity-';

interface Project {
  readonly kind: 'cloud' | 'server';
  readonly project: string;
  readonly type: string;
  readonly label: string;
}

const key = z.string().regex(/^[A-Z][A-Z0-9_]{1,30}-\d{1,12}$/);
const opened = z.object({ key });
const found = z.object({ issues: z.array(z.object({ key })) });
const category = z.object({ statusCategory: z.object({ key: z.string() }) });
const one = z.object({
  fields: z.object({ summary: z.string(), labels: z.array(z.string()), status: category }),
});
const transitions = z.object({ transitions: z.array(z.object({ id: z.string().max(40), to: category })) });

/**
 * Issues of a project, by Jira's REST interface: version 3 (https://developer.atlassian.com/cloud/jira/platform/rest/v3/) with rich text, or version 2 of Data Center with wiki
 * text. A thread's key is a label: Jira has no text that is not shown. It is closed by whatever transition leads to a status of the category done.
 */
export function jiraTracker(line: Line, { kind, project, type, label }: Project): Tracker {
  const cloud = kind === 'cloud';
  const { read, readIssue, write } = requestsOver(line, {
    waitMs: ({ status, afterMs }) => (status === 429 ? (afterMs ?? 60_000) : null),
    refused: ({ status, text }) =>
      status === 413 || (status === 400 && /CONTENT_LIMIT_EXCEEDED|entered text is too long/i.test(text ?? '')),
    gone: ({ status }) => status === 404 || status === 410,
  });
  const at = (path: string): URL => below(line.url, `/rest/api/${cloud ? 3 : 2}${path}`);
  const body = (words: Words): JiraDocument | string => (cloud ? richText(words) : wikiText(words));
  // A label of Jira holds no colon that its search would take as it is.
  const labelOf = (thread: string): string => markerOf(thread).replace(':', '-');

  const move = async (issue: string, state: 'open' | 'closed'): Promise<boolean> => {
    const url = at(`/issue/${issue}/transitions`);
    const offered = await readIssue({ method: 'GET', url, mostAnswerBytes }, transitions);
    if (offered === null) return false;
    const wanted = state === 'closed' ? ['done'] : ['new', 'indeterminate'];
    const way = wanted.flatMap((c) => offered.transitions.filter((t) => t.to.statusCategory.key === c))[0];
    if (way !== undefined) return await write({ url, json: { transition: { id: way.id } } });
    const message = `${line.place} offers no transition of ${issue} to a status of the category ${wanted.join(' or ')}: move it by hand, and let the workflow allow it`;
    throw new Halt({ why: 'refused', message }, false);
  };

  return {
    find: async (thread) => {
      const jql = `project = "${project}" AND labels = "${labelOf(thread)}" ORDER BY created DESC`;
      const json = { jql, fields: ['status'], maxResults: 1 };
      const { issues } = await read({ url: at(cloud ? '/search/jql' : '/search'), json, mostAnswerBytes }, found);
      return issues[0]?.key ?? null;
    },
    open: async (thread, { title, severity }, words) => {
      const fields = {
        project: { key: project },
        issuetype: { name: type },
        summary: title,
        description: body(words),
        labels: relabelled([label, labelOf(thread)], prefix, severity),
      };
      return (await read({ url: at('/issue'), json: { fields }, once: true, mostAnswerBytes }, opened)).key;
    },
    comment: (issue, words) => {
      const url = at(`/issue/${issue}/comment`);
      const said = { ...words, lead: `${words.subject}. ${words.lead}` };
      return write({ url, json: { body: body(said) }, once: true, mostAnswerBytes });
    },
    update: async (issue, look, state) => {
      const url = at(`/issue/${issue}`);
      const asked = new URL(url);
      asked.searchParams.set('fields', 'summary,labels,status');
      const is = await readIssue({ method: 'GET', url: asked, mostAnswerBytes }, one);
      if (is === null) return false;
      const { summary, labels, status } = is.fields;
      const wanted = look === null ? labels : relabelled(labels, prefix, look.severity);
      const changes = [
        ...labels.filter((name) => !wanted.includes(name)).map((remove) => ({ remove })),
        ...wanted.filter((name) => !labels.includes(name)).map((add) => ({ add })),
      ];
      const json = {
        ...(look === null || look.title === summary ? {} : { fields: { summary: look.title } }),
        ...(changes.length === 0 ? {} : { update: { labels: changes } }),
      };
      if (Object.keys(json).length > 0 && !(await write({ method: 'PUT', url, json }))) return false;
      const isDone = status.statusCategory.key === 'done';
      return state === null || isDone === (state === 'closed') || (await move(issue, state));
    },
  };
}
