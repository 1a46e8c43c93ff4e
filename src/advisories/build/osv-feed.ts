import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { CodedError, messageOf } from '../../model/errors.ts';
import { clip } from '../../model/problem.ts';
import { believe, type FeedBounds } from '../bounds.ts';
import { FeedRefused } from '../feed-report.ts';
import { type FetchedOsv, osvPaths } from '../feeds/osv/fetch.ts';
import { newestIn, parseIndex } from '../feeds/osv/index-file.ts';
import { normalizeRecord } from '../feeds/osv/normalize.ts';
import type { Scorer } from '../feeds/osv/severity.ts';
import { type PartState, partState } from '../feeds/part.ts';
import { zipFiles } from '../feeds/zip.ts';
import { limits } from '../limits.ts';
import type { Fresh } from '../origin/origin.ts';
import { addRecord, emptyTally, type Tally, tallyRecord, tells } from './osv-rows.ts';
import type { PreviousStore } from './previous.ts';
import { Sorter } from './sorter.ts';
import type { StoreWriter } from './store-writer.ts';

export interface OsvContext {
  readonly writer: StoreWriter;
  readonly previous: PreviousStore | null;
  readonly scratch: string;
  readonly score: Scorer;
  readonly bounds: FeedBounds;
  /** Taken also where it is not within the bounds. */
  readonly accepted: boolean;
  readonly now: Date;
  readonly signal: AbortSignal;
  readonly onRecords: (records: number) => void;
}

/** What was read of a feed. Its `asOf` is settled when all feeds are in. */
export interface BuiltFeed {
  readonly digest: string;
  readonly records: number;
  readonly badRecords: number;
  readonly firstFault: string | null;
  /** Why it would not have been believed, had the user not accepted it. */
  readonly note: string | null;
  readonly newest: string | null;
  readonly parts: readonly PartState[];
}

const recordsBetweenBreaths = 2000;

const zipLimits = {
  entries: limits.osvRecords,
  entryBytes: limits.osvRecordBytes,
  totalBytes: limits.osvUnpackedBytes,
  ratio: limits.osvRatio,
  ratioFloorBytes: limits.osvRatioFloorBytes,
};

/** JSON of a record; null stands for bytes that are none, which `normalizeRecord` calls by their name. */
function parseRecord(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown;
  } catch {
    return null;
  }
}

/** Lets timers, signals and progress through between two stretches of work that block. */
async function pauseAt(records: number, context: OsvContext): Promise<void> {
  if (records % recordsBetweenBreaths !== 0) return;
  context.onRecords(records);
  await breathe();
  if (context.signal.aborted) throw new CodedError('aborted', 'the update was stopped');
}

async function indexState(ecosystem: string, index: Fresh | null, now: Date): Promise<PartState[]> {
  if (index === null) return [];
  const entries = parseIndex(await readFile(index.file, 'utf8'));
  const read = { records: entries.length, badRecords: 0, newest: newestIn(entries, now.toISOString()) };
  return [partState(osvPaths(ecosystem).index, index, read, now)];
}

async function readWhole(ecosystem: string, zip: Fresh, sorter: Sorter, context: OsvContext): Promise<Tally> {
  const tally = emptyTally(null);
  const now = context.now.toISOString();
  let speaking = 0;
  for (const { name, bytes } of zipFiles(zip.file, osvPaths(ecosystem).zip, zipLimits)) {
    if (!name.endsWith('.json')) continue;
    const record = normalizeRecord(parseRecord(bytes), ecosystem, context.score);
    tallyRecord(tally, clip(name.replace(/\.json$/, ''), 200), record, now);
    addRecord(sorter, record);
    if (record.named.length > 0) speaking += 1;
    await pauseAt(tally.records, context);
  }
  if (speaking === 0) throw silent(ecosystem, tally);
  return tally;
}

/** A feed that says nothing would make everything look free of holes: it is another feed's file, or no feed at all. */
function silent(ecosystem: string, { records, badRecords, firstFault }: Tally): FeedRefused {
  const held = records === 0 ? 'it has no record at all' : `none of its ${records} records is about ${ecosystem}`;
  const fault = firstFault === null ? '' : ` (${firstFault})`;
  const message = `${osvPaths(ecosystem).zip} is no feed of ${ecosystem}: ${held}${fault}`;
  return new FeedRefused(records === 0 ? 'invalid' : 'form-changed', message, { found: { records, badRecords } });
}

async function buildWhole(
  ecosystem: string,
  fetched: Extract<FetchedOsv, { kind: 'whole' }>,
  sorter: Sorter,
  context: OsvContext,
): Promise<BuiltFeed> {
  const { previous } = context;
  const path = osvPaths(ecosystem).zip;
  const feed = `osv/${ecosystem}`;
  const tally = await readWhole(ecosystem, fetched.zip, sorter, context);
  const { records, badRecords, telling, badNames } = tally;
  const before = previous?.feed(feed);
  const weightBefore = before && { ...before, telling: previous?.parts(feed).get(path)?.telling ?? null };
  const compared = weightBefore == null ? [] : [{ what: feed, before: weightBefore, found: tally }];
  const note = believe(compared, { records, badRecords }, context);
  const zip = { ...partState(path, fetched.zip, tally, context.now), telling, badNames };
  return {
    ...tally,
    note,
    digest: zip.digest,
    parts: [zip, ...(await indexState(ecosystem, fetched.index, context.now))],
  };
}

async function buildChanged(
  ecosystem: string,
  fetched: Extract<FetchedOsv, { kind: 'changed' }>,
  sorter: Sorter,
  context: OsvContext,
): Promise<BuiltFeed> {
  const { previous } = context;
  const feed = `osv/${ecosystem}`;
  const before = previous?.feed(feed);
  const zip = previous?.parts(feed).get(osvPaths(ecosystem).zip);
  if (previous == null || before == null || zip === undefined)
    throw new Error(`${feed} is to be changed, but is not there`);
  const tally = emptyTally(previous.newest(feed));
  for (const release of previous.releases(feed)) sorter.releases.add(release);
  const ids = new Set(fetched.records.map((r) => r.id));
  /** Of the changed records, those that said something before. */
  const told = new Set<string>();
  let kept = 0;
  for (const item of previous.advisories(feed)) {
    if (ids.has(item.id)) told.add(item.id);
    else sorter.add(item);
    kept += 1;
    await pauseAt(kept, context);
  }
  const digest = createHash('sha256').update(before.digest);
  let stillTelling = 0;
  for (const { id, document } of fetched.records) {
    const record = normalizeRecord(parseRecord(await readFile(document.file)), ecosystem, context.score);
    const other =
      record.id !== null && record.id !== id ? { ...record, named: [], fault: 'its id is not its name' } : record;
    tallyRecord(tally, id, other, context.now.toISOString());
    addRecord(sorter, other);
    if (told.has(id) && tells(other)) stillTelling += 1;
    digest.update(`\n${id} ${document.digest}`);
  }
  const { firstFault, newest } = tally;
  const badBefore = zip.badNames ?? [];
  const badNames = [...badBefore.filter((name) => !ids.has(name)), ...tally.badNames];
  const badRecords = before.badRecords - badBefore.length + badNames.length;
  const counts = { records: fetched.total, badRecords };
  // Few records against a whole feed: weighed against themselves, or a new form would creep in a day at a time.
  const { length: records } = fetched.records;
  const compared = {
    what: `what changed in ${feed}`,
    before: { records, badRecords: badBefore.filter((name) => ids.has(name)).length, telling: told.size },
    found: { records, badRecords: tally.badRecords, telling: stillTelling },
  };
  const note = believe([compared], counts, context);
  const telling = zip.telling === undefined ? {} : { telling: zip.telling - told.size + tally.telling };
  const parts = [{ ...zip, ...telling, badNames }, ...(await indexState(ecosystem, fetched.index, context.now))];
  return { ...counts, digest: `sha256:${digest.digest('hex')}`, firstFault, note, newest, parts };
}

/**
 * Reads what was fetched of one ecosystem and writes its rows. Throws `feed-invalid` where the documents as such cannot be
 * read; then nothing of the feed has been written.
 */
export async function buildOsv(
  ecosystem: string,
  fetched: Extract<FetchedOsv, { kind: 'whole' | 'changed' }>,
  context: OsvContext,
): Promise<BuiltFeed> {
  const sorter = new Sorter(path.join(context.scratch, 'sort.db'));
  try {
    const built =
      fetched.kind === 'whole'
        ? await buildWhole(ecosystem, fetched, sorter, context)
        : await buildChanged(ecosystem, fetched, sorter, context);
    context.writer.putAdvisories(`osv/${ecosystem}`, sorter);
    return built;
  } catch (thrown) {
    if (thrown instanceof RangeError) {
      throw new CodedError('feed-invalid', `osv/${ecosystem} cannot be read: ${messageOf(thrown)}`, { cause: thrown });
    }
    throw thrown;
  } finally {
    sorter.close();
  }
}
