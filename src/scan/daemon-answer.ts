import { CodedError } from '../model/errors.ts';
import { clip } from '../model/problem.ts';
import { type DaemonPlace, formatPlace } from './daemon-place.ts';
import type { DaemonAnswer, DaemonWords } from './daemon-socket.ts';
import { isRecord } from './json.ts';

const absences: ReadonlySet<string> = new Set(['source-unreachable', 'source-unauthorized']);

/**
 * What `ask` answers at the first of the places that anything listens at. Throws what `ask` throws, of places where nothing
 * listens the first; and `source-unreachable` where `offline` forbids a place in the network.
 */
export async function askFirstPlace<T>(
  words: DaemonWords,
  places: readonly DaemonPlace[],
  offline: boolean,
  ask: (place: DaemonPlace) => Promise<T>,
): Promise<{ place: DaemonPlace; answer: T }> {
  let failure: CodedError | undefined;
  for (const place of places) {
    if (offline && place.kind === 'tcp' && !isLoopback(place.host)) {
      throw new CodedError(
        'source-unreachable',
        `${words.name} at ${formatPlace(place)} cannot be asked with --offline.`,
        { remedy: `Leave --offline out, or ${words.instead}.` },
      );
    }
    try {
      return { place, answer: await ask(place) };
    } catch (error) {
      // Where nothing listens, the next place may do. A socket that may not be used says more than one that is not there.
      if (!(error instanceof CodedError) || !absences.has(error.code)) throw error;
      if (failure === undefined || (error.code === 'source-unauthorized' && failure.code !== error.code))
        failure = error;
    }
  }
  throw (
    failure ?? new CodedError('source-unreachable', `No place of ${words.name} is known.`, { remedy: words.whenAbsent })
  );
}

/** The whole body of an answer. Throws `limit-exceeded` above `mostBytes`. */
export async function readAnswer(answer: DaemonAnswer, where: string, mostBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer.body) {
    size += chunk.length;
    if (size > mostBytes) {
      throw new CodedError('limit-exceeded', `${where}: its answer has more than ${mostBytes} bytes.`, {
        remedy: 'Check that a container daemon listens there.',
      });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The failure that an answer with a status of refusal tells. */
export function refusal(words: DaemonWords, answer: DaemonAnswer, bytes: Uint8Array, where: string): CodedError {
  const told = messageIn(bytes);
  const code = answer.status === 401 || answer.status === 403 ? 'source-unauthorized' : 'source-unreachable';
  return new CodedError(code, `${where}: status ${answer.status}${told && ` (${told})`}.`, {
    remedy: `Look into the log of the daemon, or ${words.instead}.`,
  });
}

/** `message` of the API's error document, fit for a message of ours; empty where there is none. */
export function messageIn(bytes: Uint8Array): string {
  try {
    const json: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    return isRecord(json) && typeof json['message'] === 'string' ? clip(json['message'].replace(/\.$/, ''), 160) : '';
  } catch {
    return '';
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}
