import { open, readFile } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { CodedError } from '../../model/errors.ts';
import { asInstant, asObject } from '../feeds/json.ts';
import { limits } from '../limits.ts';
import type { Origin } from '../origin/origin.ts';

/** `mirror.json` of a mirrored folder: when its feeds were last confirmed at their sources. */
export interface MirrorTimes {
  readonly feeds: ReadonlyMap<string, string>;
}

/** What is said where no time was found: so old that any limit on age is exceeded. */
const unknownTime = '1970-01-01T00:00:00Z';

function earlier(a: string, b: string): string {
  return Date.parse(a) <= Date.parse(b) ? a : b;
}

function latest(times: readonly (string | null)[], now: string): string | null {
  let newest: string | null = null;
  for (const time of times) {
    if (time === null || Date.parse(time) > Date.parse(now)) continue;
    if (newest === null || Date.parse(time) > Date.parse(newest)) newest = time;
  }
  return newest;
}

/** Reads `mirror.json` where the origin has one; null where not, or where it is none. */
export async function readMirrorTimes(origin: Origin, signal: AbortSignal): Promise<MirrorTimes | null> {
  if (origin.kind === 'public') return null;
  const got = await origin.get('mirror.json', { maxBytes: limits.smallBytes, signal }).catch((thrown) => {
    // Without it, times are taken from the feeds themselves, which are older.
    if (thrown instanceof CodedError && thrown.code !== 'aborted') return null;
    throw thrown;
  });
  if (got?.kind !== 'fresh') return null;
  let document: unknown;
  try {
    document = JSON.parse(await readFile(got.file, 'utf8'));
  } catch {
    return null;
  }
  const list = asObject(asObject(document)?.['feeds']);
  if (list === null) return null;
  const feeds = new Map<string, string>();
  for (const [id, state] of Object.entries(list)) {
    const asOf = asInstant(asObject(state)?.['asOf']);
    if (asOf !== null) feeds.set(id, asOf);
  }
  return { feeds };
}

/** The first bytes of a document, unpacked where it is gzip. An end in the middle of the stream is no fault here. */
async function beginning(file: string, packed: boolean): Promise<string> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(4096), 0, 4096, 0);
    const head = buffer.subarray(0, bytesRead);
    if (!packed) return head.toString('latin1');
    return await new Promise<string>((resolve) => {
      let text = '';
      const gunzip = createGunzip();
      const done = () => resolve(text);
      gunzip.on('data', (chunk: Buffer) => {
        text += chunk.toString('latin1');
        if (text.length > 4096) gunzip.destroy();
      });
      gunzip.on('error', done).on('close', done).on('end', done);
      gunzip.end(head);
    });
  } finally {
    await handle.close();
  }
}

const peeks = [
  { path: 'epss/epss_scores-current.csv.gz', packed: true, pattern: /score_date:([^,\s]{4,40})/ },
  { path: 'kev/known_exploited_vulnerabilities.json', packed: false, pattern: /"dateReleased"\s*:\s*"([^"]{4,40})"/ },
] as const;

/** Times that feeds of a folder state about themselves, also of feeds that were not asked for: the folder is one state. */
async function statedTimes(origin: Origin, now: Date, signal: AbortSignal): Promise<(string | null)[]> {
  const times: (string | null)[] = [];
  const years = await origin.nvdYears(now);
  const nvd = years.map((year) => ({
    path: `nvd/nvdcve-2.0-${year}.json.gz`,
    packed: true,
    pattern: /"timestamp"\s*:\s*"([^"]{4,40})"/,
  }));
  for (const { path, packed, pattern } of [...peeks, ...nvd]) {
    const got = await origin.get(path, { maxBytes: limits.nvdBytes, signal }).catch(() => null);
    if (got?.kind === 'fresh') times.push(asInstant(pattern.exec(await beginning(got.file, packed))?.[1]));
  }
  return times;
}

/** The newest time that the feeds at an origin state about themselves; an answer also where they state none. */
export async function newestStated(
  origin: Origin,
  readTimes: readonly (string | null)[],
  now: Date,
  signal: AbortSignal,
): Promise<string> {
  const stated = origin.kind === 'folder' ? await statedTimes(origin, now, signal) : [];
  return latest([...readTimes, ...stated], now.toISOString()) ?? unknownTime;
}

/**
 * When a feed was last confirmed to be current, never later than the truth. The public addresses are confirmed by asking
 * them. A mirror says when it asked. A copy of unknown origin, in a folder or on a server, is as old as the newest time
 * that any of its feeds states.
 */
export async function asOfRule(
  origin: Origin,
  readTimes: readonly (string | null)[],
  now: Date,
  signal: AbortSignal,
): Promise<(feed: string) => string> {
  const instant = now.toISOString();
  if (origin.kind === 'public') return () => instant;
  const mirror = await readMirrorTimes(origin, signal);
  const inside = await newestStated(origin, readTimes, now, signal);
  return (feed) => {
    const confirmed = mirror?.feeds.get(feed);
    return confirmed === undefined ? inside : earlier(confirmed, instant);
  };
}
