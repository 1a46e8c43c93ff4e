import { createPublicKey, verify } from 'node:crypto';
import { decodeBase64, encodeBase64 } from './base64.ts';
import { cosignedMessage } from './cosigned-message.ts';
import { LogError, quoted } from './errors.ts';
import { sha256 } from './hash.ts';
import { isKeyName } from './key-name.ts';
import type { Signer } from './signer.ts';

/** Signature types of c2sp.org/signed-note: Ed25519 over the text, and the time-stamped cosignature of a witness. */
export const signatureTypes = { ed25519: 0x01, cosignature: 0x04 } as const;

/** A key that notes are checked with. */
export interface Verifier {
  readonly name: string;
  /** The first 4 bytes of SHA-256(name ‖ 0x0A ‖ type ‖ public key), as a number. */
  readonly keyId: number;
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  readonly type: number;
}

/** One signature line. `signature` is what follows the key id. */
export interface NoteSignature {
  readonly name: string;
  readonly keyId: number;
  readonly signature: Uint8Array;
}

/** A note of which at least one signature was verified and none failed. */
export interface OpenedNote {
  /** The signed text with its last newline. */
  readonly text: string;
  /** The verifiers whose signature holds, each with its signature. */
  readonly verifiedBy: readonly { readonly verifier: Verifier; readonly signature: Uint8Array }[];
  /** Signatures by keys that are not known here: they say nothing. */
  readonly unverified: readonly NoteSignature[];
}

const maxNoteBytes = 1_000_000;
const maxSignatures = 100;
const signatureLine = /^— (\S+) (\S+)$/u;

/** The id of a key. */
export function keyIdOf(name: string, publicKey: Uint8Array, type: number): number {
  const digest = sha256(Buffer.concat([Buffer.from(`${name}\n`), Uint8Array.of(type), publicKey]));
  return new DataView(digest.buffer, digest.byteOffset).getUint32(0);
}

/** The verifier of a public key; `type` is that of a log's own signatures unless given. Throws `malformed`. */
export function verifierOf(name: string, publicKey: Uint8Array, type: number = signatureTypes.ed25519): Verifier {
  if (!isKeyName(name)) throw new LogError('malformed', `${quoted(name)} is no key name: no spaces, no plus sign`);
  if (publicKey.length !== 32) throw new LogError('malformed', `the public key of ${name} is not of 32 bytes`);
  return { name, keyId: keyIdOf(name, publicKey, type), publicKey, type };
}

/** `<name>+<hex key id>+<base64(type ‖ key)>`. */
export function formatVkey(key: { name: string; publicKey: Uint8Array; type?: number }): string {
  const { name, keyId, publicKey, type } = verifierOf(key.name, key.publicKey, key.type);
  return `${name}+${idHex(keyId)}+${encodeBase64(Buffer.concat([Uint8Array.of(type), publicKey]))}`;
}

/** Reads a verifier key. Throws `malformed` for anything but an Ed25519 key or that of a cosigner, and for a wrong key id. */
export function parseVkey(text: string): Verifier {
  const [, name, id, encoded] = /^([^+]{1,256})\+([0-9a-f]{8})\+([A-Za-z0-9+/=]{1,100})$/.exec(text) ?? [];
  const bytes = decodeBase64(encoded ?? '');
  if (name === undefined || bytes === null) throw new LogError('malformed', `${quoted(text)} is no verifier key`);
  const type = bytes[0];
  if (type !== signatureTypes.ed25519 && type !== signatureTypes.cosignature) {
    throw new LogError('malformed', `the verifier key of ${quoted(name)} is of a type that is not supported: ${type}`);
  }
  const verifier = verifierOf(name, bytes.slice(1), type);
  if (idHex(verifier.keyId) !== id) {
    throw new LogError('malformed', `the verifier key of ${quoted(name)} does not fit its key id ${id}`);
  }
  return verifier;
}

/** Signs a text, which ends in a newline. Throws `malformed` for text that may not stand in a note, `signature` where a signer gives a wrong one. */
export async function signNote(text: string, signers: readonly Signer[]): Promise<string> {
  checkText(text);
  let note = `${text}\n`;
  for (const signer of signers) {
    const verifier = verifierOf(signer.name, signer.publicKey);
    const signature = await signer.sign(new TextEncoder().encode(text));
    // A signature that nobody can verify must never be published, whatever device made it.
    if (!holds(verifier, text, signature)) {
      throw new LogError('signature', `the signature made by ${signer.name} does not fit its public key`);
    }
    note += formatSignature(verifier, signature);
  }
  return note;
}

/** A signature line with its newline. */
export function formatSignature({ name, keyId }: { name: string; keyId: number }, signature: Uint8Array): string {
  const id = new Uint8Array(4);
  new DataView(id.buffer).setUint32(0, keyId);
  return `— ${name} ${encodeBase64(Buffer.concat([id, signature]))}\n`;
}

/** Reads a note without checking its signatures. Throws `malformed`, `too-large`. */
export function splitNote(note: string | Uint8Array): { text: string; signatures: NoteSignature[] } {
  const whole = typeof note === 'string' ? note : decodeText(note);
  if (whole.length > maxNoteBytes || Buffer.byteLength(whole) > maxNoteBytes) {
    throw new LogError('too-large', `a note has more than ${maxNoteBytes} bytes`);
  }
  const split = whole.lastIndexOf('\n\n');
  if (split < 0 || !whole.endsWith('\n') || split + 2 >= whole.length) {
    throw new LogError('malformed', 'a note lacks its empty line and the signatures behind it');
  }
  const text = whole.slice(0, split + 1);
  checkText(text);
  const lines = whole.slice(split + 2, -1).split('\n');
  if (lines.length > maxSignatures) throw new LogError('too-large', `a note has more than ${maxSignatures} signatures`);
  const first = text.split('\n').length + 1;
  return { text, signatures: lines.map((line, index) => parseSignature(line, `line ${first + index}`)) };
}

/** Reads one signature line, without its newline. Throws `malformed`. */
export function parseSignature(line: string, place: string): NoteSignature {
  const [, name, encoded] = signatureLine.exec(line) ?? [];
  const bytes = decodeBase64(encoded ?? '');
  if (name === undefined || !isKeyName(name) || bytes === null || bytes.length < 5) {
    throw new LogError('malformed', `${quoted(line)} is no signature line`, { place });
  }
  return { name, keyId: new DataView(bytes.buffer, bytes.byteOffset).getUint32(0), signature: bytes.slice(4) };
}

/**
 * Opens a note (c2sp.org/signed-note). Signatures by unknown keys are set aside. Throws `malformed`, `too-large`, and
 * `signature` where a known key's signature fails or none is by a known key.
 */
export function openNote(note: string | Uint8Array, verifiers: readonly Verifier[]): OpenedNote {
  const { text, signatures } = splitNote(note);
  const verifiedBy: { verifier: Verifier; signature: Uint8Array }[] = [];
  const unverified: NoteSignature[] = [];
  for (const found of signatures) {
    // Two keys may share a name and, by chance or by work, an id: the signature has to fit one of them.
    const known = verifiers.filter(({ name, keyId }) => name === found.name && keyId === found.keyId);
    const verifier = known.find((key) => holds(key, text, found.signature));
    if (known.length === 0) unverified.push(found);
    else if (verifier === undefined) {
      throw new LogError('signature', `the signature by ${quoted(found.name)} (${idHex(found.keyId)}) does not hold`, {
        place: found.name,
      });
    } else verifiedBy.push({ verifier, signature: found.signature });
  }
  if (verifiedBy.length === 0) {
    const names = signatures.map(({ name, keyId }) => `${quoted(name)} (${idHex(keyId)})`).slice(0, 3);
    throw new LogError('signature', `no signature is by a known key: the note is signed by ${names.join(', ')}`);
  }
  return { text, verifiedBy, unverified };
}

function holds({ publicKey, type }: Verifier, text: string, signature: Uint8Array): boolean {
  const bytes = new TextEncoder().encode(text);
  if (type === signatureTypes.ed25519) return verifyEd25519(publicKey, bytes, signature);
  if (type !== signatureTypes.cosignature || signature.length !== 8 + 64) return false;
  const seconds = new DataView(signature.buffer, signature.byteOffset).getBigUint64(0);
  return verifyEd25519(publicKey, cosignedMessage(text, seconds), signature.subarray(8));
}

/** Whether an Ed25519 signature (64 bytes) over `message` is by the key with these 32 bytes. */
export function verifyEd25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (signature.length !== 64 || publicKey.length !== 32) return false;
  const key = { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(publicKey).toString('base64url') };
  return verify(null, message, createPublicKey({ key, format: 'jwk' }), signature);
}

function checkText(text: string): void {
  if (!text.isWellFormed() || /[^\P{Cc}\n]/u.test(text) || !text.endsWith('\n')) {
    throw new LogError('malformed', 'the text of a note has a control character or no newline at its end');
  }
}

function decodeText(bytes: Uint8Array): string {
  if (bytes.length > maxNoteBytes) throw new LogError('too-large', `a note has more than ${maxNoteBytes} bytes`);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (thrown) {
    throw new LogError('malformed', 'a note is not UTF-8', { cause: thrown });
  }
}

const idHex = (keyId: number) => keyId.toString(16).padStart(8, '0');
