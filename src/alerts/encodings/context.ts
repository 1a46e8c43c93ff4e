import type { KvittoEvent } from '../../model/event.ts';

/** What an encoding says besides the event itself. */
export interface EncodingContext {
  /** `kvitto/0.1.0`. */
  readonly tool: string;
  /** Address of a page about an event; null where there is none. */
  readonly link: (event: KvittoEvent) => string | null;
}

/** The version in `kvitto/0.1.0`. */
export function toolVersion({ tool }: EncodingContext): string {
  return tool.slice(tool.indexOf('/') + 1);
}
