import type { Exploitation, Severity } from '../../model/advisory.ts';

/** What NVD states about one CVE. `key`: see `cveKey`. */
export interface NvdFact {
  readonly key: number;
  readonly severity: readonly Severity[];
  readonly published: string | null;
  readonly summary: string;
}

/** One entry of a catalogue of exploited vulnerabilities. */
export interface ExploitedFact {
  readonly key: number;
  readonly exploitation: Exploitation;
  readonly summary: string;
}

/** One EPSS row; both numbers are whole billionths, so that they can be stored exactly and divided back exactly. */
export interface EpssFact {
  readonly key: number;
  readonly probability: number;
  readonly percentile: number;
}

/** What came out of one document of a feed. Pure: the same bytes give the same value. */
export interface Parsed<Fact> {
  readonly facts: readonly Fact[];
  /** All entries of the document, bad and empty ones too. */
  readonly records: number;
  readonly badRecords: number;
  /** Why the first bad record is bad. */
  readonly firstFault: string | null;
  /** The newest time that the document states about itself, RFC 3339 UTC. */
  readonly newest: string | null;
}

/** Counts bad records and remembers the first reason, for a `Parsed`. */
export function faultCounter(): { readonly add: (reason: string) => void; readonly result: () => Faults } {
  let badRecords = 0;
  let firstFault: string | null = null;
  return {
    add: (reason) => {
      badRecords += 1;
      firstFault ??= reason;
    },
    result: () => ({ badRecords, firstFault }),
  };
}

type Faults = Pick<Parsed<never>, 'badRecords' | 'firstFault'>;
