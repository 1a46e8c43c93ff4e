import type { Exploitation, Severity } from './advisory.ts';

/** Why a component matched: enough to check it by hand against the advisory record. */
export interface MatchReason {
  /** Whether the component's own name was looked up, or its source package. */
  readonly by: 'purl' | 'source-package';
  /** Id of the advisory record. */
  readonly advisory: string;
  readonly ecosystem: string;
  /** Name and version that were compared. */
  readonly name: string;
  readonly version: string;
  /** The range that holds the version: `>=1.2.0 <1.4.7`, or `=1.3.0` from the list of versions. */
  readonly range: string;
  /** First version of this record's range that is not affected any more. */
  readonly fixed: string | null;
}

/** Component × vulnerability, free of context. Aliases are joined: one vulnerability is one match. */
export interface Match {
  /** CVE where there is one, else GHSA, else the record's own id. */
  readonly id: string;
  /** All other ids of the same vulnerability, sorted, without `id`. */
  readonly aliases: readonly string[];
  /** Ids of the records that say so (`DSA-5417-1`), sorted. */
  readonly advisories: readonly string[];
  /** purl of the component. */
  readonly component: string;
  readonly name: string;
  readonly installed: string;
  /** Lowest version that fixes it on this release line; null where none is known. */
  readonly fixedIn: string | null;
  readonly summary: string;
  /** The severity that counts: distribution before GHSA before NVD; `unknown` where nobody says. */
  readonly severity: Severity;
  /** All that the sources say, the one that counts first. */
  readonly severities: readonly Severity[];
  readonly epss: { readonly probability: number; readonly percentile: number } | null;
  readonly exploitation: readonly Exploitation[];
  /** First publication that is known (RFC 3339); null where no source tells. */
  readonly published: string | null;
  readonly references: readonly string[];
  /** Set for records that are no vulnerability (`unmaintained`). */
  readonly informational: string | null;
  readonly matchedBy: readonly MatchReason[];
}

/** Looked up and not affected, with the reason. */
export interface Dismissal {
  readonly component: string;
  readonly advisory: string;
  readonly reason: 'not-in-range' | 'withdrawn' | 'owned-by-os-package' | 'git-range-only';
  /** One sentence for people: `3.0.17 is not below 3.0.15`. */
  readonly detail: string;
}

/** A match in the context of one artifact: where the component lies, and what the policy made of it. */
export interface Finding extends Match {
  readonly direct: boolean | null;
  readonly locations: readonly { readonly path: string; readonly layer: string | null }[];
  /** Set when an exception of the policy or an ignore file covers it. */
  readonly excepted: { readonly by: string; readonly reason: string; readonly until: string | null } | null;
}
