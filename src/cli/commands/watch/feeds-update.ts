import { spawn } from 'node:child_process';
import type { FeedReport } from '../../../advisories/feed-report.ts';
import { updateStore } from '../../../advisories/update.ts';
import { CodedError, messageOf } from '../../../model/errors.ts';
import { clip } from '../../../model/problem.ts';
import type { UpdateDocument } from '../db.ts';

/** What an update of the advisory store left. */
export interface FeedsUpdate {
  readonly feeds: readonly FeedReport[];
  readonly warnings: readonly string[];
}

export interface FeedsRequest {
  readonly home: string;
  /** A folder or an address; null: the public addresses. */
  readonly base: string | null;
  readonly ecosystems: readonly string[];
  readonly now: Date;
  /** The file that this program is started with; null: no process of its own can be started. */
  readonly entry: string | null;
  readonly signal: AbortSignal;
}

/** Of what the process may write: reports of all feeds there are take less. */
const mostBytes = 4 * 1024 * 1024;
const longestTold = 1_000;
const timeLimit = '2h';

/**
 * Brings the store up to date, in a process of its own where it can: what reading the feeds takes of memory goes with it, and deliveries are not held up meanwhile. Throws what
 * `updateStore` throws.
 */
export async function updateFeeds(request: FeedsRequest): Promise<FeedsUpdate> {
  if (request.entry !== null) return await updateElsewhere(request, request.entry);
  const { perFeed, warnings } = await updateStore(request);
  return { feeds: perFeed, warnings };
}

async function updateElsewhere({ home, base, ecosystems, signal }: FeedsRequest, entry: string): Promise<FeedsUpdate> {
  const words = ['db', 'update', '--format', 'json', '--quiet', '--timeout', timeLimit];
  words.push('--ecosystems', ecosystems.join(','));
  if (base !== null) words.push('--feeds', base);
  const child = spawn(process.execPath, [...process.execArgv, entry, ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, KVITTO_HOME: home },
  });
  const stop = () => child.kill('SIGTERM');
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  let [said, told] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (said.length < mostBytes) said += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    told = (told + text).slice(-longestTold);
  });
  try {
    const code = await new Promise<number | string | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (status, name) => resolve(status ?? name));
    });
    if (signal.aborted) throw new CodedError('aborted', 'the update of the feeds was stopped');
    return readUpdate(said, `the update of the feeds ended with ${code}: ${clip(told, longestTold)}`);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** What the process printed. Throws the failure that it met, and `store-unreadable` with `otherwise` where it printed none. */
function readUpdate(text: string, otherwise: string): FeedsUpdate {
  let document: UpdateDocument | null = null;
  try {
    const read: UpdateDocument | null = JSON.parse(text);
    if (read?.schema === 'kvitto-update-1') document = read;
  } catch (thrown) {
    throw new CodedError('store-unreadable', otherwise, { cause: messageOf(thrown) });
  }
  if (document === null) throw new CodedError('store-unreadable', otherwise);
  const { feeds, warnings, error } = document;
  if (error === null) return { feeds, warnings };
  throw new CodedError(error.code, error.message, error.remedy === null ? {} : { remedy: error.remedy });
}
