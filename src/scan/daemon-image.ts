import { CodedError, messageOf } from '../model/errors.ts';
import { clip } from '../model/problem.ts';
import { openImageStream } from './archive/image-stream.ts';
import { askFirstPlace, messageIn, readAnswer, refusal } from './daemon-answer.ts';
import { type DaemonPlace, formatPlace } from './daemon-place.ts';
import { askDaemon, type DaemonAnswer, type DaemonRequest, type DaemonWords } from './daemon-socket.ts';
import { type JsonRecord, parseJsonRecord, stringsOf } from './json.ts';
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
  const ask = (place: DaemonPlace) => inspect(daemon, place, target, options);
  const { place, answer } = await askFirstPlace(daemon.words, daemon.places, options.offline, ask);
  return { place, image: answer };
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
    const bytes = await readAnswer(answer, where, mostInspectBytes);
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
    if (answer.status !== 404) throw refusal(words, answer, bytes, where);
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
    throw refusal(daemon.words, answer, await readAnswer(answer, where, mostInspectBytes), where);
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

function checkName(target: string): void {
  const parts = target.split('/');
  const good =
    /^[A-Za-z0-9[][A-Za-z0-9._:@/[\]-]{0,1023}$/.test(target) && parts.every((p) => p !== '' && !/^\.+$/.test(p));
  if (good) return;
  throw new CodedError('usage', `"${clip(target)}" names no image of a daemon.`, {
    remedy: 'Give a name as docker images prints it (repository:tag), or an image id.',
  });
}
