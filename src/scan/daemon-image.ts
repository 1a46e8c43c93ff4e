import { CodedError, messageOf } from '../model/errors.ts';
import { clip } from '../model/problem.ts';
import { openImageStream } from './archive/image-stream.ts';
import { type DaemonPlace, formatPlace } from './daemon-place.ts';
import { askDaemon, type DaemonAnswer, type DaemonRequest, type DaemonWords } from './daemon-socket.ts';
import { isRecord, type JsonRecord, parseJsonRecord, stringsOf } from './json.ts';
import { parsePlatform } from './platform.ts';
import type { ImageSource, SourceOptions } from './source.ts';

/** A daemon that speaks the image part of the Docker Engine API: https://docs.docker.com/reference/api/engine/ */
export interface Daemon {
  readonly words: DaemonWords;
  /** Tried in order; the first that anything listens at is asked. */
  readonly places: readonly DaemonPlace[];
  /** What else the image may be called, should the daemon not know it by the name that the user gave. */
  otherNames(target: string): readonly string[];
  /** What fetches an image: `docker pull`. */
  readonly pullCommand: string;
}

const absences: ReadonlySet<string> = new Set(['source-unreachable', 'source-unauthorized']);
const mostInspectBytes = 8 * 1024 * 1024;
/** `save` writes the whole image to its own disk before it sends the first byte of it. */
const leastFirstByteMs = 10 * 60_000;

/**
 * Opens an image that the daemon holds, by name, digest or id. Its layers come out of one `save` stream.
 * Throws `source-not-found`, `source-unreachable`, `source-unauthorized`, `usage` with what to do.
 */
export async function openDaemonImage(daemon: Daemon, target: string, options: SourceOptions): Promise<ImageSource> {
  checkName(target);
  const { place, image } = await findImage(daemon, target, options);
  // By id: a name may come to mean another image meanwhile, and a bare one would save all tags of it.
  const path = `/images/${encodeURIComponent(image.id)}/get${image.platformQuery}`;
  const stream = await openImageStream({ name: target, reference: null, platform: options.platform }, (signal) =>
    save(daemon, place, path, options, signal),
  );
  return {
    kind: 'image',
    layers: (signal) => stream.layers(signal),
    reopen: (key, signal) => stream.reopen(key, signal),
    close: () => stream.close(),
    describe: async () => {
      const facts = await stream.describe();
      return { ...facts, artifact: { ...facts.artifact, references: image.references } };
    },
  };
}

interface FoundImage {
  readonly id: string;
  readonly references: readonly string[];
  /** Empty where the daemon is too old to choose a platform. */
  readonly platformQuery: string;
}

async function findImage(
  daemon: Daemon,
  target: string,
  options: SourceOptions,
): Promise<{ place: DaemonPlace; image: FoundImage }> {
  const { words, places } = daemon;
  let failure: CodedError | undefined;
  for (const place of places) {
    if (options.offline && place.kind === 'tcp' && !isLoopback(place.host)) {
      throw new CodedError(
        'source-unreachable',
        `${words.name} at ${formatPlace(place)} cannot be asked with --offline.`,
        {
          remedy: 'Save the image to a file and scan that, or leave --offline out.',
        },
      );
    }
    try {
      return { place, image: await inspect(daemon, place, target, options) };
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

async function inspect(
  daemon: Daemon,
  place: DaemonPlace,
  target: string,
  options: SourceOptions,
): Promise<FoundImage> {
  const { words } = daemon;
  const where = `${words.name} at ${formatPlace(place)}`;
  let told = '';
  for (const name of [target, ...daemon.otherNames(target)]) {
    const encoded = name.split('/').map(encodeURIComponent).join('/');
    const answer = await askDaemon(place, request(daemon, `/images/${encoded}/json`, options.idleTimeoutMs, options));
    const bytes = await readAll(answer, where);
    if (answer.status === 200) {
      const json = inspection(bytes, `${where}: image ${clip(target)}`);
      const { Id: id, RepoTags: tags, RepoDigests: digests } = json;
      if (typeof id !== 'string' || !/^(?:sha256:)?[0-9a-f]{64}$/.test(id)) {
        throw new CodedError('source-unsupported', `${where}: it names no id for ${clip(target)}.`, {
          remedy: 'Save the image to a file and scan that.',
        });
      }
      const references = [...stringsOf(tags), ...stringsOf(digests)].filter((text) => !text.includes('<none>'));
      return { id, references: [...new Set(references)].sort(), platformQuery: platformQuery(answer, options) };
    }
    if (answer.status !== 404) throw refused(answer, bytes, where);
    told ||= messageIn(bytes);
  }
  throw new CodedError('source-not-found', `${where}: no image ${clip(target)}${told && ` (${told})`}.`, {
    remedy: `${daemon.pullCommand} ${clip(target)}, or scan it in its registry with registry:${clip(target)}.`,
  });
}

function inspection(bytes: Uint8Array, where: string): JsonRecord {
  try {
    return parseJsonRecord(bytes, where, mostInspectBytes);
  } catch (cause) {
    throw new CodedError('source-unreachable', messageOf(cause), {
      remedy: 'Check that a container daemon listens there.',
      cause,
    });
  }
}

/** Since version 1.48 of the API one name can hold an image for each platform. */
function platformQuery(answer: DaemonAnswer, options: SourceOptions): string {
  const [major = 0, minor = 0] = (answer.header('api-version') ?? '').split('.').map(Number);
  if (options.platform === null || !(major > 1 || (major === 1 && minor >= 48))) return '';
  const { os, architecture, variant } = parsePlatform(options.platform);
  const platform = { os, architecture, ...(variant === null ? {} : { variant }) };
  return `?platform=${encodeURIComponent(JSON.stringify(platform))}`;
}

async function* save(
  daemon: Daemon,
  place: DaemonPlace,
  path: string,
  options: SourceOptions,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const firstByteMs = Math.max(options.idleTimeoutMs, leastFirstByteMs);
  const both = { ...options, signal: AbortSignal.any([signal, options.signal]) };
  const answer = await askDaemon(place, request(daemon, path, firstByteMs, both));
  if (answer.status === 200) yield* answer.body;
  else {
    const where = `${daemon.words.name} at ${formatPlace(place)}`;
    throw refused(answer, await readAll(answer, where), where);
  }
}

function request(
  daemon: Daemon,
  path: string,
  firstByteMs: number,
  options: Pick<SourceOptions, 'idleTimeoutMs' | 'signal'>,
): DaemonRequest {
  const { idleTimeoutMs, signal } = options;
  return { words: daemon.words, path, firstByteMs, idleTimeoutMs, signal };
}

async function readAll(answer: DaemonAnswer, where: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer.body) {
    size += chunk.length;
    if (size > mostInspectBytes) {
      throw new CodedError('limit-exceeded', `${where}: its answer has more than ${mostInspectBytes} bytes.`, {
        remedy: 'Check that a container daemon listens there.',
      });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function refused(answer: DaemonAnswer, bytes: Uint8Array, where: string): CodedError {
  const told = messageIn(bytes);
  const code = answer.status === 401 || answer.status === 403 ? 'source-unauthorized' : 'source-unreachable';
  return new CodedError(code, `${where}: status ${answer.status}${told && ` (${told})`}.`, {
    remedy: 'Look into the log of the daemon, or save the image to a file and scan that.',
  });
}

/** `message` of the API's error document, fit for a message of ours; empty where there is none. */
function messageIn(bytes: Uint8Array): string {
  try {
    const json: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    return isRecord(json) && typeof json['message'] === 'string' ? clip(json['message'].replace(/\.$/, ''), 160) : '';
  } catch {
    return '';
  }
}

function checkName(target: string): void {
  const parts = target.split('/');
  const good =
    /^[A-Za-z0-9[][A-Za-z0-9._:@/[\]-]{0,1023}$/.test(target) && parts.every((p) => p !== '' && !/^\.+$/.test(p));
  if (good) return;
  throw new CodedError('usage', `"${clip(target)}" names no image of a daemon.`, {
    remedy: 'Give a name as docker images prints it (repository:tag), or an image id.',
  });
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}
