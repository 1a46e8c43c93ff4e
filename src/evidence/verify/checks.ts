import { CodedError } from '../../model/errors.ts';
import { LogError } from '../../tlog/errors.ts';

/** Something that is not as it was written, and exactly where. */
export interface Fault {
  /** The file, and the entry, row or field in it. */
  readonly place: string;
  readonly message: string;
}

/** One thing that was looked at. */
export interface Check {
  readonly id: string;
  /** What holds when it passes, in a sentence. */
  readonly says: string;
  readonly outcome: 'pass' | 'fail' | 'cannot-say';
  /** How many things were looked at. */
  readonly count: number;
  /** Clipped at 1,000. */
  readonly faults: readonly Fault[];
  /** What could not be checked, and why. */
  readonly unchecked: readonly Fault[];
}

const mostListed = 1_000;

/** A check while it is made. */
export class Checking {
  readonly #id: string;
  readonly #says: string;
  readonly #faults: Fault[] = [];
  readonly #unchecked: Fault[] = [];
  #count = 0;
  #failed = 0;

  constructor(id: string, says: string) {
    this.#id = id;
    this.#says = says;
  }

  get failed(): boolean {
    return this.#failed > 0;
  }

  looked(count = 1): void {
    this.#count += count;
  }

  fault(place: string, message: string): void {
    this.#failed++;
    if (this.#faults.length < mostListed) this.#faults.push({ place, message });
  }

  cannotSay(place: string, message: string): void {
    if (this.#unchecked.length < mostListed) this.#unchecked.push({ place, message });
  }

  /** Does something of the check; what is wrong with the input becomes a fault at `place`, and null. */
  async attempt<T>(place: string, act: () => T | Promise<T>): Promise<T | null> {
    try {
      return await act();
    } catch (thrown) {
      if (!(thrown instanceof CodedError) && !(thrown instanceof LogError)) throw thrown;
      this.fault(place, thrown.message);
      return null;
    }
  }

  done(): Check {
    const outcome = this.#failed > 0 ? 'fail' : this.#unchecked.length > 0 ? 'cannot-say' : 'pass';
    const found = { faults: this.#faults, unchecked: this.#unchecked };
    return { id: this.#id, says: this.#says, outcome, count: this.#count, ...found };
  }
}

/** What all checks together say. */
export function outcomeOf(checks: readonly Check[]): Check['outcome'] {
  if (checks.some((c) => c.outcome === 'fail')) return 'fail';
  return checks.some((c) => c.outcome === 'cannot-say') ? 'cannot-say' : 'pass';
}
