import { parseCheckpoint } from './checkpoint.ts';
import { cosignedMessage } from './cosigned-message.ts';
import { LogError } from './errors.ts';
import {
  formatSignature,
  type OpenedNote,
  parseSignature,
  signatureTypes,
  splitNote,
  verifierOf,
  verifyEd25519,
} from './note.ts';
import type { Signer } from './signer.ts';

/**
 * A witness's signature line for a checkpoint, with its newline (c2sp.org/tlog-cosignature). `checkpointText` is the text of
 * the note, without signatures; `posixSeconds` when the witness saw it. The witness must have checked that the checkpoint
 * follows from the last one it cosigned. Throws `malformed`, and `signature` where the signer gives a wrong one.
 */
export async function cosign(checkpointText: string, signer: Signer, posixSeconds: number): Promise<string> {
  parseCheckpoint(checkpointText);
  if (!Number.isSafeInteger(posixSeconds) || posixSeconds < 1) {
    throw new LogError('malformed', `${posixSeconds} is no time in whole seconds since 1970`);
  }
  const message = cosignedMessage(checkpointText, posixSeconds);
  const made = await signer.sign(message);
  if (!verifyEd25519(signer.publicKey, message, made)) {
    throw new LogError('signature', `the cosignature made by ${signer.name} does not fit its public key`);
  }
  const signature = new Uint8Array(8 + made.length);
  new DataView(signature.buffer).setBigUint64(0, BigInt(posixSeconds));
  signature.set(made, 8);
  return formatSignature(verifierOf(signer.name, signer.publicKey, signatureTypes.cosignature), signature);
}

/** A note with one more signature line, given with or without its newline. Throws `malformed`. */
export function addSignature(note: string, line: string): string {
  splitNote(note);
  const trimmed = line.endsWith('\n') ? line.slice(0, -1) : line;
  parseSignature(trimmed, 'signature');
  const signed = `${note}${trimmed}\n`;
  splitNote(signed);
  return signed;
}

/** The witnesses whose cosignature was verified when the note was opened, and when they saw it. */
export function cosignaturesOf(note: OpenedNote): { readonly name: string; readonly posixSeconds: number }[] {
  return note.verifiedBy
    .filter(({ verifier }) => verifier.type === signatureTypes.cosignature)
    .map(({ verifier, signature }) => ({
      name: verifier.name,
      posixSeconds: Number(new DataView(signature.buffer, signature.byteOffset).getBigUint64(0)),
    }));
}
