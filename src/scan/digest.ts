import { hash } from 'node:crypto';
import { CodedError } from '../model/errors.ts';
import type { Digest } from '../model/inventory.ts';
import { clip } from '../model/problem.ts';

const pattern = /^sha256:[0-9a-f]{64}$/;

/** Whether a value is a sha256 digest in its one valid form. */
export function isDigest(value: unknown): value is Digest {
  return typeof value === 'string' && value.length === 71 && pattern.test(value);
}

/** The sha256 digest of bytes that are at hand. */
export function digestOf(bytes: Uint8Array): Digest {
  return `sha256:${hash('sha256', bytes, 'hex')}`;
}

/** Throws `digest-mismatch` where the bytes are not those that the digest names. */
export function checkDigest(bytes: Uint8Array, expected: Digest, where: string): void {
  const actual = digestOf(bytes);
  if (actual !== expected) {
    throw new CodedError('digest-mismatch', `${clip(where)}: the bytes have the digest ${actual}, not ${expected}.`, {
      remedy: 'The copy is damaged or was changed: fetch or save the image again.',
    });
  }
}
