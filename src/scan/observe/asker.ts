import { CodedError, messageOf } from '../../model/errors.ts';
import { clip } from '../../model/problem.ts';
import { readAnswer, refusal } from '../daemon-answer.ts';
import { type DaemonPlace, formatPlace } from '../daemon-place.ts';
import { askDaemon, type DaemonAnswer, type DaemonWords } from '../daemon-socket.ts';
import { isRecord } from '../json.ts';

/** Asks one daemon. Every question throws a `CodedError` where it is not answered in time, or with a refusal. */
export interface DaemonAsker {
  /**
   * The JSON value that a path is answered with, or `undefined` for status 404. `what` names the answer in messages. Throws
   * `document-invalid` for no JSON and `limit-exceeded` for too much of it.
   */
  json(path: string, what: string): Promise<unknown>;
  /** When a file of a container was last written, as text; null where the daemon does not tell. */
  fileTime(container: string, path: string): Promise<string | null>;
}

/** Asks the daemon at a place; answers have at most `mostBytes`. */
export function daemonAsker(
  place: DaemonPlace,
  words: DaemonWords,
  idleTimeoutMs: number,
  signal: AbortSignal,
  mostBytes: number,
): DaemonAsker {
  const where = `${words.name} at ${formatPlace(place)}`;
  const ask = (path: string): Promise<DaemonAnswer> =>
    askDaemon(place, { words, path, firstByteMs: idleTimeoutMs, idleTimeoutMs, signal });
  return {
    async json(path, what) {
      const answer = await ask(path);
      const bytes = await readAnswer(answer, `${where}: ${what}`, mostBytes);
      if (answer.status === 404) return undefined;
      if (answer.status !== 200) throw refusal(words, answer, bytes, `${where}: ${what}`);
      try {
        return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown;
      } catch (cause) {
        throw new CodedError('document-invalid', `${where}: ${what}: not JSON: ${clip(messageOf(cause), 120)}.`, {
          remedy: 'Check that a container daemon listens there.',
          cause,
        });
      }
    },
    async fileTime(container, path) {
      const answer = await ask(`/containers/${container}/archive?path=${encodeURIComponent(path)}`);
      // Closes the connection: only the header is of use, the body is the file in a tar.
      for await (const _ of answer.body) break;
      return answer.status === 200 ? timeIn(answer.header('x-docker-container-path-stat')) : null;
    },
  };
}

function timeIn(header: string | undefined): string | null {
  try {
    const json: unknown = JSON.parse(Buffer.from(header ?? '', 'base64').toString('utf8'));
    return isRecord(json) && typeof json['mtime'] === 'string' ? json['mtime'] : null;
  } catch {
    return null;
  }
}
