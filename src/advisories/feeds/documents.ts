import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { CodedError, messageOf } from '../../model/errors.ts';
import { limits } from '../limits.ts';
import type { Parsed } from './facts.ts';
import type { FactSink, FetchContext, ReadFacts } from './feed.ts';
import { type FetchedPart, partState } from './part.ts';

const gunzipBytes = promisify(gunzip);

/** The text behind gzip, at most `maxBytes` of it. Throws `feed-invalid`; `where` names the document. */
export async function gunzipText(file: string, where: string, maxBytes: number): Promise<string> {
  try {
    return (await gunzipBytes(await readFile(file), { maxOutputLength: maxBytes })).toString('utf8');
  } catch (thrown) {
    const why =
      (thrown as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE'
        ? `more than ${maxBytes} bytes`
        : messageOf(thrown);
    throw new CodedError('feed-invalid', `${where} cannot be unpacked: ${why}`, { cause: thrown });
  }
}

/** A JSON document. Throws `feed-invalid`; `where` names the document. */
export function parseDocument(text: string, where: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (thrown) {
    throw new CodedError('feed-invalid', `${where} is no JSON: ${messageOf(thrown)}`, { cause: thrown });
  }
}

/** `fetch` and `read` of a feed that is one document. */
export function singleDocument<Fact>(feed: {
  readonly path: string;
  readonly maxBytes: number;
  readonly parse: (file: string, where: string) => Promise<Parsed<Fact>>;
  readonly put: (sink: FactSink, facts: readonly Fact[]) => void;
}) {
  const { path } = feed;
  return {
    documents: async () => [{ path, maxBytes: feed.maxBytes }],
    fetch: async ({ origin, known, signal }: FetchContext): Promise<readonly FetchedPart[]> => {
      const before = known.get(path) ?? null;
      const got = await origin.get(path, { known: before ?? undefined, maxBytes: feed.maxBytes, signal });
      if (got.kind === 'absent') return [];
      return [{ path, known: before, fresh: got.kind === 'fresh' ? got : null }];
    },
    read: async (parts: readonly FetchedPart[], sink: FactSink, now: Date): Promise<ReadFacts> => {
      const fresh = parts[0]?.fresh;
      if (fresh == null) throw new Error(`${path} was to be read without having been fetched`);
      const parsed = await feed.parse(fresh.file, path);
      feed.put(sink, parsed.facts);
      return { parts: [partState(path, fresh, parsed, now)], firstFault: parsed.firstFault };
    },
  };
}

/** Parses a plain JSON document of a feed. */
export async function readJson(file: string, where: string): Promise<unknown> {
  return parseDocument(await readFile(file, 'utf8'), where);
}

/** The limit for a `singleDocument` that is plain JSON. */
export const jsonBytes = limits.kevBytes;
