import { testToken } from '../../../testing/issue-acceptance.ts';
import { type Answering, type DeskIssue, json } from '../../../testing/issue-desk.ts';

/** GitHub's interface of issues, as https://docs.github.com/rest/issues describes it, as far as it is used. */
export const githubAnswering: Answering = (desk, { method, headers, body }, url) => {
  if (headers.authorization !== `Bearer ${testToken}`) return json(401, { message: 'Bad credentials' });
  const at = /^\/repos\/acme\/shop\/issues(?:\/(\d+)(\/comments)?)?$/.exec(url.pathname);
  if (at === null) return null;
  const [, name, comments] = at;
  const asked = body === '' ? {} : JSON.parse(body);
  if (name === undefined && method === 'POST') {
    if (typeof asked.title !== 'string' || asked.title.length > 256 || asked.body.length > 65_536)
      return json(422, { message: 'Validation Failed' });
    return json(
      201,
      shown(desk.add(String(desk.issues.length + 1), { title: asked.title, body: asked.body, labels: asked.labels })),
    );
  }
  if (name === undefined && method === 'GET') {
    const query = url.searchParams;
    const page = Number(query.get('page'));
    const size = Number(query.get('per_page'));
    const fitting = desk.issues
      .filter((i) => !i.gone && i.labels.includes(query.get('labels') ?? ''))
      .filter((i) => query.get('state') === 'all' || i.open)
      .toReversed();
    return json(200, fitting.slice((page - 1) * size, page * size).map(shown));
  }
  const issue = desk.find(name ?? '');
  if (issue === null) return json(410, { message: 'This issue was deleted' });
  if (comments !== undefined && method === 'POST') {
    issue.comments.push(asked.body);
    return json(201, { id: issue.comments.length });
  }
  if (method === 'PATCH') {
    issue.title = asked.title ?? issue.title;
    issue.labels = asked.labels ?? issue.labels;
    issue.open = asked.state === undefined ? issue.open : asked.state === 'open';
  }
  return json(200, shown(issue));
};

function shown({ name, title, body, labels, open }: DeskIssue): object {
  const state = open ? 'open' : 'closed';
  return { number: Number(name), title, body, state, labels: labels.map((label) => ({ id: 1, name: label })) };
}
