/**
 * What is wrong with a place: `altered` (it does not lead to the signed root), `missing`, `malformed` (not to be read as what
 * its name says), `foreign` (no file of a log), `signature`, `undecided` (two places disagree, and the signed root does not
 * tell which of them was altered).
 */
export type FaultKind = 'altered' | 'missing' | 'malformed' | 'foreign' | 'signature' | 'undecided';

/** One thing that is wrong with a log. */
export interface LogFault {
  /** `tile/0/x001/002`, `entry 517 in tile/entries/002`, `checkpoint line 3`. */
  readonly place: string;
  readonly kind: FaultKind;
  readonly message: string;
}

const maxFaults = 1000;

/** The faults found so far; once full, a check ends. */
export class FaultList {
  readonly #faults: LogFault[] = [];

  get listed(): readonly LogFault[] {
    return this.#faults;
  }

  get isFull(): boolean {
    return this.#faults.length >= maxFaults;
  }

  add(fault: LogFault): void {
    if (!this.isFull) this.#faults.push(fault);
  }
}
