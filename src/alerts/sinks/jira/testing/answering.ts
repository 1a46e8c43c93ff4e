import { testToken } from '../../../testing/issue-acceptance.ts';
import { type Answering, type DeskIssue, json } from '../../../testing/issue-desk.ts';

/**
 * Jira's interface of issues, as https://developer.atlassian.com/cloud/jira/platform/rest/v3/ (and, for version 2, the reference of Data Center) describes it, as far
 * as it is used. Its workflow has the statuses To Do, In Progress and Done.
 */
export function jiraAnswering(
  version: 2 | 3,
  workflow: readonly string[] = ['new', 'indeterminate', 'done'],
): Answering {
  const token = version === 3 ? `Basic ${btoa(`me@acme.example:${testToken}`)}` : `Bearer ${testToken}`;
  return (desk, { method, headers, body }, url) => {
    if (headers.authorization !== token) return json(401, { errorMessages: ['Client must be authenticated'] });
    const base = `/rest/api/${version}`;
    if (!url.pathname.startsWith(`${base}/`)) return null;
    const path = url.pathname.slice(base.length);
    const asked = body === '' ? {} : JSON.parse(body);
    if (method === 'POST' && path === (version === 3 ? '/search/jql' : '/search')) {
      const label = /labels = "([^"]*)"/.exec(asked.jql)?.[1] ?? '';
      const fitting = desk.issues.filter((i) => !i.gone && i.labels.includes(label)).toReversed();
      return json(200, { issues: fitting.slice(0, asked.maxResults).map(({ name }) => ({ key: name })) });
    }
    if (method === 'POST' && path === '/issue') {
      const { summary, description, labels } = asked.fields;
      const name = `SEC-${desk.issues.length + 1}`;
      if (summary.length > 255 || (version === 3) !== (typeof description === 'object'))
        return json(400, { errors: { description: 'Operation value must be an Atlassian Document' } });
      desk.add(name, { title: summary, body: textOf(description), labels });
      return json(201, { id: '1', key: name, self: '' });
    }
    const [, name = '', action] = /^\/issue\/(SEC-\d+)(\/comment|\/transitions)?$/.exec(path) ?? [];
    const issue = desk.find(name);
    if (issue === null)
      return json(404, { errorMessages: ['Issue does not exist or you do not have permission to see it.'] });
    if (action === '/comment') {
      issue.comments.push(textOf(asked.body));
      return json(201, { id: '1' });
    }
    if (action === '/transitions' && method === 'GET') {
      const transitions = workflow.map((key, index) => ({ id: String(11 + index), to: { statusCategory: { key } } }));
      return json(200, { transitions });
    }
    if (action === '/transitions') {
      issue.open = workflow[Number(asked.transition.id) - 11] !== 'done';
      return { status: 204 };
    }
    if (method === 'PUT') {
      issue.title = asked.fields?.summary ?? issue.title;
      for (const { add, remove } of asked.update?.labels ?? []) {
        issue.labels = add === undefined ? issue.labels.filter((label) => label !== remove) : [...issue.labels, add];
      }
      return { status: 204 };
    }
    return json(200, shown(issue));
  };
}

function shown({ name, title, labels, open }: DeskIssue): object {
  const status = { name: open ? 'To Do' : 'Done', statusCategory: { key: open ? 'new' : 'done' } };
  return { key: name, fields: { summary: title, labels, status } };
}

interface Node {
  readonly type: string;
  readonly text?: string;
  readonly content?: readonly Node[];
}

/** The letters of a document; a text with its entities as they are read. */
function textOf(body: Node | string): string {
  if (typeof body === 'string') return body.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)));
  if (body.type === 'text' && (body.text ?? '') === '') throw new Error('an empty text node');
  return (body.text ?? '') + (body.content ?? []).map(textOf).join('');
}
