import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { CodedError } from '../../../model/errors.ts';
import { limits } from '../../limits.ts';
import type { Origin } from '../../origin/origin.ts';
import { cvssScorer } from '../../severity/cvss.ts';
import { gunzipText, parseDocument } from '../documents.ts';
import type { FactFeed, FactSink, FetchContext, ReadFacts } from '../feed.ts';
import { type FetchedPart, type PartState, partState } from '../part.ts';
import { normalizeNvd } from './normalize.ts';

const yearOf = (path: string) => Number(/nvdcve-2\.0-(\d{4})\./.exec(path)?.[1]);
const documentOf = (year: number) => `nvd/nvdcve-2.0-${year}.json.gz`;
const nothingRead = { records: 0, badRecords: 0, newest: null };

/** The `sha256:` line of a `.meta` file: the digest of the unpacked document, in hexadecimal. */
export function metaDigest(text: string): string | null {
  return /^sha256:([0-9a-f]{64})\s*$/im.exec(text.slice(0, 4096))?.[1]?.toLowerCase() ?? null;
}

async function fetchYear(year: number, withMeta: boolean, context: FetchContext): Promise<FetchedPart[]> {
  const { origin, known, signal } = context;
  const lookUp = async (path: string, maxBytes: number, before: PartState | null): Promise<FetchedPart | null> => {
    const got = await origin.get(path, { known: before ?? undefined, maxBytes, signal });
    return got.kind === 'absent' ? null : { path, known: before, fresh: got.kind === 'fresh' ? got : null };
  };
  const path = documentOf(year);
  const metaPath = `nvd/nvdcve-2.0-${year}.meta`;
  const before = known.get(path) ?? null;
  const meta = withMeta ? await lookUp(metaPath, limits.smallBytes, known.get(metaPath) ?? null) : null;
  // The few bytes of `.meta` change with the document, so an old one spares the question for the large file.
  if (meta !== null && meta.fresh === null && before !== null) return [meta, { path, known: before, fresh: null }];
  const document = await lookUp(path, limits.nvdBytes, before);
  if (document === null) return [];
  // A `.meta` is read together with its document only; with an unchanged document a new one says nothing.
  return meta === null ? [document] : [meta, document];
}

async function documents(origin: Origin, now: Date) {
  const years = await origin.nvdYears(now);
  return years.map((year) => ({ path: documentOf(year), maxBytes: limits.nvdBytes }));
}

async function fetch(context: FetchContext): Promise<readonly FetchedPart[]> {
  const parts: FetchedPart[] = [];
  let withMeta = true;
  for (const year of await context.origin.nvdYears(context.now)) {
    const found = await fetchYear(year, withMeta, context);
    // Who offers one year without `.meta` offers none.
    if (found.length > 0) withMeta = found.length > 1;
    parts.push(...found);
  }
  return parts;
}

async function checkMeta(meta: FetchedPart | undefined, text: string, where: string): Promise<void> {
  if (meta?.fresh == null) return;
  const expected = metaDigest(await readFile(meta.fresh.file, 'utf8'));
  if (expected === null || expected === createHash('sha256').update(text).digest('hex')) return;
  throw new CodedError('feed-invalid', `${where} is not the document that its .meta file describes`, {
    remedy: 'NVD may just be publishing; try again in a few minutes',
  });
}

async function read(parts: readonly FetchedPart[], sink: FactSink, now: Date): Promise<ReadFacts> {
  const score = cvssScorer();
  const states: PartState[] = [];
  let firstFault: string | null = null;
  for (const part of parts) {
    const { path, known, fresh } = part;
    if (path.endsWith('.meta')) {
      const state = fresh === null ? known : partState(path, fresh, nothingRead, now);
      if (state !== null) states.push(state);
      continue;
    }
    const year = yearOf(path);
    if (fresh === null) {
      sink.keepNvdYear(year);
      if (known !== null) states.push(known);
      continue;
    }
    const text = await gunzipText(fresh.file, path, limits.nvdUnpackedBytes);
    await checkMeta(
      parts.find((p) => p.path === path.replace('.json.gz', '.meta')),
      text,
      path,
    );
    const parsed = normalizeNvd(parseDocument(text, path), year, score);
    sink.putNvdYear(year, parsed.facts);
    firstFault ??= parsed.firstFault;
    // A CVE without a score is quite usual; thousands that have lost theirs are not.
    const telling = parsed.facts.filter(({ severity }) => severity.length > 0).length;
    states.push({ ...partState(path, fresh, parsed, now), telling });
  }
  return { parts: states, firstFault };
}

/** NVD's year files of its 2.0 data feed. */
export const nvd: FactFeed = { id: 'nvd', documents, fetch, read };
