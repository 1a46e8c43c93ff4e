import { type Got, type HttpReceiver, type Reply, startHttpReceiver } from './http-receiver.ts';

/** What goes wrong with a document; null: nothing. */
export interface ItemError {
  readonly status: number;
  readonly type: string;
  readonly reason: string;
}

export interface BulkReceiver extends HttpReceiver {
  /** Documents by id, in the order in which they were created. */
  readonly documents: ReadonlyMap<string, unknown>;
}

/**
 * Answers `_bulk` with `create` as Elasticsearch documents it: an item for each action in its order, each with its status; one failure does
 * not end the others; an id that is there is a conflict. It is none: it has no mappings, shards or limits.
 */
export async function startBulkReceiver(
  faultOf: (id: string, stored: number) => ItemError | null,
): Promise<BulkReceiver> {
  const documents = new Map<string, unknown>();
  const create = (id: string, document: unknown, index: string): Record<string, unknown> => {
    const common = { _index: index, _id: id };
    const there = {
      status: 409,
      type: 'version_conflict_engine_exception',
      reason: `[${id}]: version conflict, document already exists`,
    };
    const fault = documents.has(id) ? there : faultOf(id, documents.size);
    if (fault !== null) {
      const { status, type, reason } = fault;
      return { ...common, status, error: { type, reason, index_uuid: 'x', shard: '0', index } };
    }
    documents.set(id, document);
    return { ...common, _version: 1, result: 'created', _shards: { total: 2, successful: 1, failed: 0 }, status: 201 };
  };
  const reply = ({ method, path, headers, body }: Got): Reply => {
    const url = new URL(path, 'http://host');
    const [, index = ''] = /^\/([^/]+)\/_bulk$/.exec(url.pathname) ?? [];
    if (method !== 'POST' || index === '') return { status: 404 };
    const wrong = {
      status: 400,
      body: '{"error":{"type":"illegal_argument_exception","reason":"malformed"},"status":400}',
    };
    if (headers['content-type'] !== 'application/x-ndjson' || !body.endsWith('\n')) return wrong;
    const lines = body
      .slice(0, -1)
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    const items: { create: Record<string, unknown> }[] = [];
    for (let at = 0; at < lines.length; at += 2) {
      const { create: action } = Object(lines[at]) as { create?: { _id?: unknown } };
      if (typeof action?._id !== 'string' || at + 1 === lines.length) return wrong;
      items.push({ create: create(action._id, lines[at + 1], index) });
    }
    const errors = items.some(({ create: { status } }) => status !== 201);
    return {
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(filtered({ took: 3, errors, items }, url)),
    };
  };
  const receiver = await startHttpReceiver(reply);
  return { ...receiver, documents };
}

/** `filter_path`, as far as the tests use it. */
function filtered(
  answer: { errors: boolean; items: { create: Record<string, unknown> }[]; took: number },
  url: URL,
): unknown {
  const paths = url.searchParams.get('filter_path');
  if (paths === null) return answer;
  if (paths !== 'errors,items.*.status,items.*.error.type,items.*.error.reason')
    throw new Error(`filter_path ${paths}`);
  const items = answer.items.map(({ create: { status, error } }) => {
    const { type, reason } = Object(error) as Partial<ItemError>;
    return { create: { status, ...(error === undefined ? {} : { error: { type, reason } }) } };
  });
  return { errors: answer.errors, items };
}
