import { decodeBase64, encodeBase64 } from './base64.ts';
import { LogError } from './errors.ts';
import { formatVkey, parseVkey, signatureTypes, type Verifier, verifyEd25519 } from './note.ts';
import type { Signer } from './signer.ts';

/** That the key of a log is followed by another: said by both keys. */
export interface KeyRotation {
  /** Verifier keys, as `formatVkey` writes them. */
  readonly from: string;
  readonly to: string;
  /** Base64 of the Ed25519 signatures over `rotationStatement(from, to)`. */
  readonly byOld: string;
  readonly byNew: string;
}

/**
 * What both keys sign when one follows the other. The first line keeps a signature from meaning anything else; a
 * checkpoint is never read so, as its second line is a number.
 */
export function rotationStatement(fromVkey: string, toVkey: string): Uint8Array {
  return new TextEncoder().encode(`kvitto/key-rotation/v1\n${fromVkey}\n${toVkey}\n`);
}

/** The rotation of a log's key. Throws `malformed` for keys of different names and for a key that follows itself. */
export async function signRotation(from: Signer, to: Signer): Promise<KeyRotation> {
  const vkeys = { from: formatVkey(from), to: formatVkey(to) };
  const statement = rotationStatement(vkeys.from, vkeys.to);
  const rotation = {
    ...vkeys,
    byOld: encodeBase64(await from.sign(statement)),
    byNew: encodeBase64(await to.sign(statement)),
  };
  verifyRotation(rotation);
  return rotation;
}

/**
 * Checks that the old key named the new one, and that whoever rotated had the new one. Gives the verifier of the new key;
 * whether the old key was the log's is for the caller to know. Throws `malformed`, and `signature` naming the key that did
 * not sign.
 */
export function verifyRotation(rotation: KeyRotation): Verifier {
  const from = parseVkey(rotation.from);
  const to = parseVkey(rotation.to);
  if (from.type !== signatureTypes.ed25519 || to.type !== signatureTypes.ed25519) {
    throw new LogError('malformed', 'a log is signed with Ed25519 keys, not with those of a witness');
  }
  if (from.name !== to.name)
    throw new LogError('malformed', `the key of ${from.name} cannot be followed by one of ${to.name}`);
  if (rotation.from === rotation.to) throw new LogError('malformed', 'a key cannot follow itself');
  const statement = rotationStatement(rotation.from, rotation.to);
  for (const [key, signature, place] of [
    [from, rotation.byOld, 'old key'],
    [to, rotation.byNew, 'new key'],
  ] as const) {
    const bytes = decodeBase64(signature);
    if (bytes !== null && verifyEd25519(key.publicKey, statement, bytes)) continue;
    throw new LogError('signature', `the rotation of ${from.name} is not signed by its ${place}`, { place });
  }
  return to;
}
