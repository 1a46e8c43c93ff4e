import type { KvittoEvent } from '../../model/event.ts';

/** Stands in until the encodings are there. */
export const encodingNames = ['ecs', 'ocsf', 'json'] as const;
export type EncodingName = (typeof encodingNames)[number];

export interface EncodingContext {
  readonly tool: string;
  readonly link: (event: KvittoEvent) => string | null;
}

export function encodeLine(_encoding: EncodingName, event: KvittoEvent, _context: EncodingContext): string {
  return JSON.stringify(event);
}

export function encodeLineWithin(
  mostBytes: number,
  _encoding: EncodingName,
  event: KvittoEvent,
  _context: EncodingContext,
): string | null {
  const line = JSON.stringify(event);
  return Buffer.byteLength(line) <= mostBytes ? line : null;
}

export function weightOf(event: KvittoEvent): 'critical' | 'high' | 'medium' | 'low' | 'info' | 'unknown' {
  return event.type === 'alert' ? 'critical' : 'info';
}

export function toolVersion({ tool }: EncodingContext): string {
  return tool.slice(tool.indexOf('/') + 1);
}
