import { testToken } from '../../../testing/issue-acceptance.ts';
import { type Answering, type DeskIssue, json } from '../../../testing/issue-desk.ts';

/** GitLab's interface of issues, as https://docs.gitlab.com/api/issues/ describes it, as far as it is used. */
export const gitlabAnswering: Answering = (desk, { method, headers, body }, url) => {
  if (headers.authorization !== `Bearer ${testToken}`) return json(401, { message: '401 Unauthorized' });
  const at = /^\/api\/v4\/projects\/acme%2Fshop\/issues(?:\/(\d+)(\/notes)?)?$/.exec(url.pathname);
  if (at === null) return null;
  const [, name, notes] = at;
  const asked = body === '' ? {} : JSON.parse(body);
  const listed = (labels: unknown) => (typeof labels === 'string' ? labels.split(',') : []);
  if (name === undefined && method === 'POST') {
    if (typeof asked.title !== 'string' || asked.title.length > 255 || typeof asked.confidential !== 'boolean')
      return json(400, { message: { title: ['is too long'] } });
    const { title, description } = asked;
    return json(
      201,
      shown(desk.add(String(desk.issues.length + 1), { title, body: description, labels: listed(asked.labels) })),
    );
  }
  if (name === undefined) {
    const query = url.searchParams;
    const fitting = desk.issues
      .filter((i) => !i.gone && listed(query.get('labels')).every((label) => i.labels.includes(label)))
      .filter((i) => query.get('in') === 'description' && i.body.includes(query.get('search') ?? ''))
      .toReversed();
    return json(200, fitting.slice(0, Number(query.get('per_page'))).map(shown));
  }
  const issue = desk.find(name);
  if (issue === null) return json(404, { message: '404 Issue Not Found' });
  if (notes !== undefined && method === 'POST') {
    issue.comments.push(asked.body);
    return json(201, { id: issue.comments.length });
  }
  if (method === 'PUT') {
    issue.title = asked.title ?? issue.title;
    const removed = listed(asked.remove_labels);
    issue.labels = [...issue.labels.filter((label) => !removed.includes(label)), ...listed(asked.add_labels)];
    if (asked.state_event !== undefined) issue.open = asked.state_event === 'reopen';
  }
  return json(200, shown(issue));
};

function shown({ name, title, body, labels, open }: DeskIssue): object {
  return {
    iid: Number(name),
    id: 70_000 + Number(name),
    title,
    description: body,
    state: open ? 'opened' : 'closed',
    labels,
  };
}
