import type { Line } from '../../http/post.ts';
import type { Delivery } from '../../sink.ts';

/** What `_bulk` says of one document. */
interface Item {
  readonly status: number;
  /** `type: reason` of its error; empty without one. */
  readonly type: string;
  readonly reason: string;
}

/** The fields of the answer that are read; a setting of the request, so that a large batch has a small answer. */
export const filterPath = 'errors,items.*.status,items.*.error.type,items.*.error.reason';

/** The items of an answer in the order of the request; null where it is none to that many documents. */
export function itemsOf(text: string, count: number): Item[] | null {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    return null;
  }
  const { items } = Object(answer) as { items?: unknown };
  if (!Array.isArray(items) || items.length !== count) return null;
  const read = items.map(itemOf);
  return read.every((item) => item !== null) ? read : null;
}

function itemOf(raw: unknown): Item | null {
  const { create } = Object(raw) as { create?: unknown };
  const { status, error } = Object(create) as { status?: unknown; error?: unknown };
  if (!Number.isSafeInteger(status)) return null;
  const { type, reason } = Object(error) as { type?: unknown; reason?: unknown };
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  return { status: Number(status), type: text(type), reason: text(reason) };
}

/** Errors of status 400 that another index, mapping or setting cures for all documents alike. */
const ofTheIndex: ReadonlySet<string> = new Set([
  'invalid_index_name_exception',
  'index_closed_exception',
  'invalid_alias_name_exception',
]);

/** 409: a document of that id is there, which is the one of a former try. */
function isThere({ status }: Item): boolean {
  return (status >= 200 && status < 300) || status === 409;
}

/** How far a bulk came. Those after the first that was not taken may be there: sent again, they are a conflict. */
export function deliveryOf(items: readonly Item[], line: Pick<Line, 'place' | 'quote'>): Delivery {
  const delivered = items.findIndex((item) => !isThere(item));
  const failed = items[delivered];
  if (failed === undefined) return { delivered: items.length, stopped: null };
  const { status, type } = failed;
  const words = line.quote(type === '' ? failed.reason : `${type}: ${failed.reason}`);
  const message = `${line.place} answered ${status} for one document${hintOf(failed)}${words === '' ? '' : `: ${words}`}`;
  const refused = (status === 400 && !ofTheIndex.has(type)) || status === 413;
  return { delivered, stopped: refused ? { why: 'refused', message } : { why: 'later', message, afterMs: null } };
}

function hintOf({ status, type }: Item): string {
  if (type === 'cluster_block_exception') return ' (the index takes nothing: is the disk full?)';
  if (status === 401 || status === 403)
    return ' (not allowed: the key needs the privileges create_doc and auto_configure)';
  if (status === 404) return ' (no such index: create it, or a template for a data stream)';
  if (ofTheIndex.has(type)) return ' (check the setting index)';
  return '';
}
