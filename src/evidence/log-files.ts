import { formatProof } from '../tlog/proof-file.ts';

/** The state of the log that a pack rests on. */
export interface LogParts {
  /** The signed note. */
  readonly checkpoint: string;
  readonly log: { readonly size: number; readonly root: Uint8Array };
}

/** `log/proofs/<index>.tlog-proof`: c2sp.org/tlog-proof. */
export function proofText(index: number, hashes: readonly Uint8Array[], checkpoint: string): string {
  return formatProof({ index, hashes, checkpoint });
}

/**
 * `log/consistency/<size>.txt`: that the log of an earlier size is the beginning of this one, as a witness is told
 * (c2sp.org/tlog-witness, the body of add-checkpoint): `old <size>`, one base64 hash a line, an empty line, the checkpoint.
 */
export function consistencyText(oldSize: number, hashes: readonly Uint8Array[], checkpoint: string): string {
  return [`old ${oldSize}`, ...hashes.map((h) => Buffer.from(h).toString('base64')), '', checkpoint].join('\n');
}

/** Reads the hashes back; null where the text is none of it. Whether they prove anything is for the verifier. */
export function readConsistency(text: string, oldSize: number, checkpoint: string): Uint8Array[] | null {
  const head = `old ${oldSize}\n`;
  const tail = `\n${checkpoint}`;
  if (!text.startsWith(head) || !text.endsWith(tail) || text.length < head.length + tail.length) return null;
  const lines = text
    .slice(head.length, -tail.length)
    .split('\n')
    .filter((line) => line !== '');
  const hashes = lines.slice(0, 100).map((line) => new Uint8Array(Buffer.from(line, 'base64')));
  // The one way to write it: what reads back otherwise was altered.
  return consistencyText(oldSize, hashes, checkpoint) === text ? hashes : null;
}

/** `keys/log.pub`: verifier keys of the log, oldest first, one a line. */
export function keysText(keys: readonly string[]): string {
  return keys.map((key) => `${key}\n`).join('');
}
