import { decodeBase64, encodeBase64 } from './base64.ts';
import { type OpenedCheckpoint, openCheckpoint } from './checkpoint.ts';
import { LogError, quoted } from './errors.ts';
import { hashBytes, leafHash } from './hash.ts';
import { splitNote, type Verifier } from './note.ts';
import { verifyInclusion } from './verify.ts';

/** What a `.tlog-proof` file holds (c2sp.org/tlog-proof): that an entry is in the log of a checkpoint. */
export interface ProofFile {
  readonly index: number;
  readonly hashes: readonly Uint8Array[];
  /** The signed note. */
  readonly checkpoint: string;
  /** Anything that helps to find the entry. Nothing vouches for it. */
  readonly extra?: Uint8Array;
}

const header = 'c2sp.org/tlog-proof@v1';
const maxProofBytes = 1_100_000;

/** The text of a proof file. Throws `malformed` where it would not read back. */
export function formatProof({ index, hashes, checkpoint, extra }: ProofFile): string {
  const lines = [header];
  if (extra !== undefined) lines.push(`extra ${encodeBase64(extra)}`);
  lines.push(`index ${index}`, ...hashes.map(encodeBase64), '', checkpoint);
  const text = lines.join('\n');
  parseProof(text);
  return text;
}

/** Reads a proof file. Throws `malformed` with the line as place, and `too-large`. Nothing is verified. */
export function parseProof(text: string): ProofFile {
  if (text.length > maxProofBytes)
    throw new LogError('too-large', `a proof file is larger than ${maxProofBytes} bytes`);
  const end = text.indexOf('\n\n');
  const lines = text.slice(0, Math.max(end, 0)).split('\n');
  const checkpoint = text.slice(end + 2);
  let at = 0;
  const fail = (message: string) =>
    new LogError('malformed', `proof line ${at + 1}: ${message}`, { place: `proof line ${at + 1}` });
  if (end < 0 || lines[at] !== header) throw fail(`this is no ${header} file`);
  at++;
  const extra = lines[at]?.startsWith('extra ') ? decodeBase64(lines[at]?.slice('extra '.length) ?? '') : undefined;
  if (extra === null) throw fail('the extra data are no base64');
  if (extra !== undefined) at++;
  const digits = /^index (0|[1-9]\d{0,15})$/.exec(lines[at] ?? '')?.[1];
  const index = Number(digits);
  if (digits === undefined || !Number.isSafeInteger(index)) throw fail(`${quoted(lines[at] ?? '')} is no index`);
  if (lines.length - at - 1 > 64) throw fail('the proof has more hashes than a tree can be deep');
  const hashes: Uint8Array[] = [];
  for (at++; at < lines.length; at++) {
    const hash = decodeBase64(lines[at] ?? '');
    if (hash?.length !== hashBytes) throw fail(`${quoted(lines[at] ?? '')} is no hash`);
    hashes.push(hash);
  }
  at++;
  splitNote(checkpoint);
  return { index, hashes, checkpoint, ...(extra === undefined ? {} : { extra }) };
}

/**
 * Checks that `entry` is in the log named `origin`, at the index that the proof says. Gives the opened checkpoint. Throws
 * `proof`, and what `openCheckpoint` throws.
 */
export function verifyProof(
  proof: ProofFile,
  entry: Uint8Array,
  verifiers: readonly Verifier[],
  origin: string,
): OpenedCheckpoint {
  const checkpoint = openCheckpoint(proof.checkpoint, verifiers, origin);
  const { index, hashes } = proof;
  verifyInclusion({ leaf: leafHash(entry), index, size: checkpoint.size, proof: hashes, root: checkpoint.root });
  return checkpoint;
}
