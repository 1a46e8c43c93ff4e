import type { SeverityLevel } from '../../model/advisory.ts';
import type { Delivery } from '../sink.ts';
import type { Words } from '../words/words.ts';

export type Stopped = NonNullable<Delivery['stopped']>;

/** What an issue is to look like. */
export interface IssueLook {
  readonly title: string;
  readonly severity: SeverityLevel;
}

/** An issue tracker, as far as threads of alerts need one. All throw `Halt` for what the tracker does, and nothing else. */
export interface Tracker {
  /** The newest issue that carries the thread's key, open or closed, by its number or name there; null where there is none. Bounded. */
  find(key: string): Promise<string | null>;
  /** Opens one that carries the key. Sent once. */
  open(key: string, look: IssueLook, words: Words): Promise<string>;
  /** False where the issue is not there any more. */
  comment(issue: string, words: Words): Promise<boolean>;
  /** Makes it look so, where it does not; null leaves it as it is. False where it is not there any more. */
  update(issue: string, look: IssueLook | null, state: 'open' | 'closed' | null): Promise<boolean>;
}

/** Why a delivery ends here. */
export class Halt extends Error {
  readonly stopped: Stopped;
  /** Whether it may have been done all the same: there was no answer, or one that leaves it open. */
  readonly maybe: boolean;

  constructor(stopped: Stopped, maybe: boolean) {
    super(stopped.message);
    this.stopped = stopped;
    this.maybe = maybe;
  }
}

/** What makes an issue that of a thread; in its text, where nobody sees it, or among its labels. */
export function markerOf(key: string): string {
  return `kvitto-thread:${key}`;
}
