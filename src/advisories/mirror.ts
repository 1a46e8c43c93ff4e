import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { copyFile, mkdtemp } from 'node:fs/promises';
import path from 'node:path';
import { makeFolder } from '../files/make-folder.ts';
import { replaceFile } from '../files/replace-file.ts';
import { CodedError, messageOf } from '../model/errors.ts';
import { newestStated, readMirrorTimes } from './build/as-of.ts';
import { storeWriteFailure } from './build/store-writer.ts';
import { type FeedReport, faultOf } from './feed-report.ts';
import { factFeeds } from './feeds/all.ts';
import { asObject, asText } from './feeds/json.ts';
import { osvPaths } from './feeds/osv/fetch.ts';
import { defaultFetchOptions, type FetchOptions, limits } from './limits.ts';
import { folderOrigin } from './origin/folder.ts';
import type { Known, Origin } from './origin/origin.ts';
import { chooseEcosystems, type FactFeedId, openOrigin } from './update.ts';

export interface MirrorRequest {
  /** Folder to write; made where it is missing. */
  readonly dir: string;
  readonly base: string | null;
  readonly ecosystems: readonly string[] | null;
  readonly feeds?: readonly FactFeedId[];
  readonly now: Date;
  readonly signal?: AbortSignal;
  readonly onProgress?: (feed: string) => void;
  readonly fetch?: Partial<FetchOptions>;
}

/** `mirror.json`: when each feed was last confirmed at its source, and what its files are. */
interface MirrorFile {
  readonly format: 1;
  readonly feeds: Record<string, { readonly asOf: string }>;
  readonly files: Record<string, Known>;
}

interface Wanted {
  readonly path: string;
  readonly maxBytes: number;
}

function readMirrorFile(file: string): MirrorFile {
  const empty = { format: 1, feeds: Object.create(null), files: Object.create(null) } as MirrorFile;
  let document: unknown;
  try {
    document = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return empty;
  }
  for (const [id, feed] of Object.entries(asObject(asObject(document)?.['feeds']) ?? {})) {
    const asOf = asText(asObject(feed)?.['asOf']);
    if (asOf !== null) empty.feeds[id] = { asOf };
  }
  for (const [name, state] of Object.entries(asObject(asObject(document)?.['files']) ?? {})) {
    const entry = asObject(state);
    const digest = asText(entry?.['digest']);
    if (entry === null || digest === null) continue;
    const [url, etag, lastModified] = [entry['url'], entry['etag'], entry['lastModified']].map(asText);
    empty.files[name] = { digest, url: url ?? null, etag: etag ?? null, lastModified: lastModified ?? null };
  }
  return empty;
}

async function isWhole(file: string, digest: string): Promise<boolean> {
  if (!existsSync(file)) return false;
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 })) hash.update(chunk as Buffer);
  return `sha256:${hash.digest('hex')}` === digest;
}

async function wantedFiles(id: string, origin: Origin, now: Date) {
  const fact = factFeeds.find((feed) => feed.id === id);
  if (fact !== undefined) return fact.documents(origin, now);
  return [{ path: osvPaths(id.slice('osv/'.length)).zip, maxBytes: limits.osvZipBytes }];
}

class Mirror {
  readonly #dir: string;
  readonly #origin: Origin;
  readonly #signal: AbortSignal;
  readonly state: MirrorFile;
  /** Paths of the files that this run found at the origin. */
  readonly taken = new Set<string>();

  constructor(dir: string, origin: Origin, signal: AbortSignal) {
    this.#dir = dir;
    this.#origin = origin;
    this.#signal = signal;
    this.state = readMirrorFile(path.join(dir, 'mirror.json'));
  }

  /** Brings one file up to date; null where the origin has none. */
  async #take(wanted: Wanted): Promise<'updated' | 'unchanged' | null> {
    const target = path.join(this.#dir, wanted.path);
    const recorded = Object.hasOwn(this.state.files, wanted.path) ? this.state.files[wanted.path] : undefined;
    const known = recorded !== undefined && (await isWhole(target, recorded.digest)) ? recorded : undefined;
    const got = await this.#origin.get(wanted.path, { known, maxBytes: wanted.maxBytes, signal: this.#signal });
    if (got.kind === 'absent') return null;
    if (got.kind === 'same') return 'unchanged';
    makeFolder(path.dirname(target));
    const aside = `${target}.${process.pid}.part`;
    try {
      await copyFile(got.file, aside);
      replaceFile(aside, target);
    } finally {
      rmSync(aside, { force: true });
    }
    const { digest, url, etag, lastModified } = got;
    this.state.files[wanted.path] = { digest, url, etag, lastModified };
    return 'updated';
  }

  async takeFeed(id: string, now: Date): Promise<FeedReport> {
    const counts = { records: 0, badRecords: 0, before: null, found: null };
    try {
      const states: string[] = [];
      for (const wanted of await wantedFiles(id, this.#origin, now)) {
        const state = await this.#take(wanted);
        if (state === null) continue;
        states.push(state);
        this.taken.add(wanted.path);
      }
      if (states.length === 0) throw new CodedError('feed-unreachable', `${this.#origin.label} has no ${id}`);
      return { id, state: states.includes('updated') ? 'updated' : 'unchanged', why: null, ...counts };
    } catch (thrown) {
      if (!(thrown instanceof CodedError) || thrown.code === 'aborted') throw thrown;
      return { id, state: 'failed', why: faultOf(thrown, true), ...counts, message: thrown.message };
    }
  }

  save(): void {
    const file = path.join(this.#dir, 'mirror.json');
    const aside = `${file}.${process.pid}.part`;
    writeFileSync(aside, `${JSON.stringify(this.state, null, 2)}\n`);
    replaceFile(aside, file);
  }
}

/**
 * What a feed's time is where the origin has no `mirror.json`. A copy of a copy is as old as what it was copied from; of a
 * server only what was taken in this run counts, because other files in the folder may come from elsewhere.
 */
async function asOfInside(
  mirror: Mirror,
  request: MirrorRequest,
  origin: Origin,
  signal: AbortSignal,
): Promise<string> {
  if (origin.kind === 'public') return request.now.toISOString();
  if (origin.kind === 'folder') return newestStated(origin, [], request.now, signal);
  const here = folderOrigin(request.dir);
  const get: Origin['get'] = async (wanted, options) =>
    mirror.taken.has(wanted) ? here.get(wanted, options) : { kind: 'absent' };
  return newestStated({ ...here, get }, [], request.now, signal);
}

/**
 * Copies feeds into a folder in the layout that `--feeds` takes, each file replaced in one step, and writes `mirror.json` with
 * the time at which each feed was last confirmed. Files that are up to date are not fetched again. Records are not read, so
 * the reports count none. Throws `usage`, `feed-unreachable`, `output-unwritable`, `disk-full`, `aborted`.
 */
export async function mirrorFeeds(request: MirrorRequest): Promise<readonly FeedReport[]> {
  const signal = request.signal ?? new AbortController().signal;
  let scratch: string;
  try {
    makeFolder(request.dir);
    scratch = await mkdtemp(path.join(request.dir, '.download-'));
  } catch (thrown) {
    const why = `${request.dir} cannot be written to: ${messageOf(thrown)}`;
    const remedy = 'name a folder that may be written to';
    throw new CodedError('output-unwritable', why, { remedy, cause: thrown });
  }
  try {
    const origin = openOrigin(request.base, scratch, { ...defaultFetchOptions, ...request.fetch });
    try {
      const mirror = new Mirror(request.dir, origin, signal);
      const facts = request.feeds ?? (['nvd', 'kev', 'eukev', 'epss'] as const);
      const ecosystems = await chooseEcosystems(origin, request.ecosystems, signal);
      const times = await readMirrorTimes(origin, signal);
      const reports: FeedReport[] = [];
      for (const id of [...ecosystems.map((e) => `osv/${e}`), ...facts]) {
        request.onProgress?.(id);
        reports.push(await mirror.takeFeed(id, request.now));
      }
      const inside = await asOfInside(mirror, request, origin, signal);
      for (const { id, state } of reports) {
        if (state !== 'failed') mirror.state.feeds[id] = { asOf: times?.feeds.get(id) ?? inside };
      }
      mirror.save();
      return reports;
    } finally {
      await origin.close();
    }
  } catch (thrown) {
    throw storeWriteFailure(request.dir, thrown);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
