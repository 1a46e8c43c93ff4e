import type { KvittoEvent } from '../../model/event.ts';
import type { EncodingContext } from './context.ts';
import { ecsOf } from './ecs.ts';
import { ocsfOf } from './ocsf.ts';
import { shortened, shortenings } from './shorten.ts';

/** How an event is written for machines. `json`: as Kvitto's own model has it. */
export const encodingNames = ['ecs', 'ocsf', 'json'] as const;
export type EncodingName = (typeof encodingNames)[number];

const encoders: Readonly<Record<EncodingName, (event: KvittoEvent, context: EncodingContext) => object>> = {
  ecs: ecsOf,
  ocsf: ocsfOf,
  json: (event) => event,
};

/** What some readers of lines take for the end of one, and terminals for a command: legal in JSON, and escaped all the same. */
const loose = /[\u007f-\u009f\u2028\u2029]/g;

/** One line of JSON without its end: no control character in it, and no half of a surrogate pair. Event texts are an attacker's. */
export function encodeLine(encoding: EncodingName, event: KvittoEvent, context: EncodingContext): string {
  return toLine(encoders[encoding](event, context));
}

function toLine(value: object): string {
  let line = JSON.stringify(value);
  // JSON.stringify writes \ud… for a lone surrogate alone, which many readers refuse. (A literal backslash comes here too, and stays what it is.)
  if (line.includes('\\ud')) {
    line = JSON.stringify(value, (_, v: unknown) => (typeof v === 'string' ? v.toWellFormed() : v));
  }
  return line.replace(loose, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** What marks a document that had to be made shorter. */
const marks: Readonly<Record<EncodingName, (document: Record<string, unknown>) => object>> = {
  ecs: (document) => ({ ...document, kvitto: { ...Object(document['kvitto']), shortened: true } }),
  ocsf: (document) => ({ ...document, metadata: { ...Object(document['metadata']), is_truncated: true } }),
  json: (document) => ({ ...document, shortened: true }),
};

/** Of JSON, everything that is not ASCII as `\\u…`: it says the same. */
function inAscii(json: string): string {
  return json.replace(/[^\0-~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/**
 * As `encodeLine`, but of at most so many bytes of UTF-8: texts and lists are made shorter, step by step, until it fits, and the document says so. Still
 * valid JSON, with its id, type and time whole. Null where it does not fit even so.
 */
export function encodeLineWithin(
  mostBytes: number,
  encoding: EncodingName,
  event: KvittoEvent,
  context: EncodingContext,
): string | null {
  return firstWithin(mostBytes, encoding, event, context, (json) => json);
}

/** As `encodeLineWithin`, in ASCII. */
export function encodeAsciiWithin(
  mostBytes: number,
  encoding: EncodingName,
  event: KvittoEvent,
  context: EncodingContext,
): string | null {
  return firstWithin(mostBytes, encoding, event, context, inAscii);
}

function firstWithin(
  mostBytes: number,
  encoding: EncodingName,
  event: KvittoEvent,
  context: EncodingContext,
  write: (json: string) => string,
): string | null {
  const fits = (json: string): string | null => {
    // Written, it is no shorter.
    if (json.length > mostBytes) return null;
    const line = write(json);
    return Buffer.byteLength(line) <= mostBytes ? line : null;
  };
  const whole = fits(encodeLine(encoding, event, context));
  if (whole !== null) return whole;
  for (const step of shortenings) {
    const document = encoders[encoding](shortened(event, step), context);
    const line = fits(toLine(marks[encoding](Object(document))));
    if (line !== null) return line;
  }
  return null;
}
