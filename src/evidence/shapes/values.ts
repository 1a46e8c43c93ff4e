import { z } from 'zod';
import { CodedError } from '../../model/errors.ts';
import { clip } from '../../model/problem.ts';

/** `sha256:` and 64 lower-case hex digits. */
export const digest = z.templateLiteral(['sha256:', z.string().regex(/[0-9a-f]{64}/)]);

/** RFC 3339 in UTC with milliseconds, as the ledger writes it, and a moment of the calendar. */
export const instant = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  .refine((text) => new Date(Date.parse(text)).getTime() >= 0, 'is no time');

/** RFC 3339 as others write it. */
export const time = z.string().refine((text) => !Number.isNaN(Date.parse(text)), 'is no time');

/** A JSON document that may be an attacker's. Throws `document-invalid` naming `place`. */
export function readJson(bytes: Uint8Array, place: string): unknown {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return JSON.parse(text);
  } catch {
    throw new CodedError('document-invalid', `${place} is not JSON in UTF-8`);
  }
}

/** A value of a shape. Throws `document-invalid` naming `place` and the field that is wrong. */
export function parseShape<T>(shape: z.ZodType<T>, value: unknown, place: string): T {
  const parsed = shape.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = clip(issue?.path.map(String).join('.') || 'the top', 120);
  throw new CodedError('document-invalid', `${place} at ${field}: ${clip(issue?.message ?? 'another shape', 160)}`);
}
