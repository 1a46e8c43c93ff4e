import { decodeBase64, encodeBase64 } from './base64.ts';
import { LogError, quoted } from './errors.ts';
import { hashBytes } from './hash.ts';
import { type OpenedNote, openNote, signatureTypes, signNote, type Verifier } from './note.ts';
import type { Signer } from './signer.ts';

/** The state of a log: which one, how many entries, and their root hash (c2sp.org/tlog-checkpoint). */
export interface Checkpoint {
  /** The name of the log, at best a URL without its scheme. */
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
  /** Further lines. The log writes none, and keeps those it reads. */
  readonly extensions?: readonly string[];
}

/** The text of a checkpoint, without signatures. Throws `malformed` where the text would not read back. */
export function formatCheckpoint({ origin, size, root, extensions = [] }: Checkpoint): string {
  const text = `${[origin, size, encodeBase64(root), ...extensions].join('\n')}\n`;
  const { extensions: readBack } = parseCheckpoint(text);
  if (readBack.length !== extensions.length) throw new LogError('malformed', 'an extension line has a line break');
  return text;
}

/** Reads the text of a checkpoint. Throws `malformed` with the line as place; `too-large` for sizes from 2^53. */
export function parseCheckpoint(text: string): Checkpoint & { readonly extensions: readonly string[] } {
  const [origin = '', sizeText = '', rootText = '', ...rest] = text.split('\n');
  const fail = (line: number, message: string, code: 'malformed' | 'too-large' = 'malformed') =>
    new LogError(code, `checkpoint line ${line}: ${message}`, { place: `checkpoint line ${line}` });
  if (origin === '' || /\p{Cc}/u.test(origin) || !origin.isWellFormed()) throw fail(1, 'the origin is missing');
  if (!/^(?:0|[1-9]\d{0,19})$/.test(sizeText)) throw fail(2, `${quoted(sizeText)} is no tree size`);
  const size = Number(sizeText);
  if (!Number.isSafeInteger(size))
    throw fail(2, `a tree of ${sizeText} entries is larger than can be read`, 'too-large');
  const root = decodeBase64(rootText);
  if (root === null || root.length !== hashBytes) throw fail(3, `${quoted(rootText)} is no root hash`);
  const last = 3 + rest.length;
  if (rest.pop() !== '') throw fail(last, 'the last newline is missing');
  const empty = rest.findIndex((line) => line === '' || /\p{Cc}/u.test(line) || !line.isWellFormed());
  if (empty >= 0) throw fail(4 + empty, 'an extension line is empty or has control characters');
  return { origin, size, root, extensions: rest };
}

/** A checkpoint signed by the log. Throws as `signNote`. */
export function signCheckpoint(checkpoint: Checkpoint, signer: Signer): Promise<string> {
  return signNote(formatCheckpoint(checkpoint), [signer]);
}

/** A checkpoint of which the log's own signature was verified. */
export interface OpenedCheckpoint extends Checkpoint {
  readonly extensions: readonly string[];
  readonly note: OpenedNote;
}

/**
 * Opens a signed checkpoint of the log named `origin`. A witness's cosignature is checked as well where its key is among the
 * verifiers, but does not stand for the log's signature. Throws `signature`, `malformed`, `too-large`, and `not-a-log` for a
 * checkpoint of another log.
 */
export function openCheckpoint(
  note: string | Uint8Array,
  verifiers: readonly Verifier[],
  origin: string,
): OpenedCheckpoint {
  const opened = openNote(note, verifiers);
  if (!opened.verifiedBy.some(({ verifier }) => verifier.type === signatureTypes.ed25519)) {
    throw new LogError('signature', 'the checkpoint is cosigned, but not signed by a known key of the log');
  }
  const checkpoint = parseCheckpoint(opened.text);
  if (checkpoint.origin !== origin) {
    throw new LogError('not-a-log', `this is a checkpoint of ${quoted(checkpoint.origin)}, not of ${quoted(origin)}`, {
      place: 'checkpoint line 1',
    });
  }
  return { ...checkpoint, note: opened };
}
