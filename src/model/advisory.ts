/** One event of an OSV range, in the order of the record. Exactly one key is set. */
export type RangeEvent =
  | { readonly introduced: string }
  | { readonly fixed: string }
  | { readonly last_affected: string }
  | { readonly limit: string };

/** https://ossf.github.io/osv-schema/#affectedranges-field */
export interface Range {
  readonly type: 'SEMVER' | 'ECOSYSTEM' | 'GIT';
  readonly events: readonly RangeEvent[];
}

/** The part of an OSV `affected[]` entry that matching needs. Ecosystem and name are those of the look-up. */
export interface Affected {
  readonly ranges: readonly Range[];
  /** Exact versions that are affected. */
  readonly versions: readonly string[];
  /** CVSS vectors and distribution words that hold for this entry only. */
  readonly severity: readonly Severity[];
}

/** A severity as its source states it; scored when the advisory store is built. */
export interface Severity {
  /** Who says so: `Debian`, `GHSA`, `NVD`, `Bitnami`, `RustSec` … */
  readonly source: string;
  readonly level: SeverityLevel;
  /** CVSS base score 0.0 to 10.0, where there is a vector. */
  readonly score: number | null;
  /** `CVSS:3.1/AV:N/…`; null where the source gives only a word. */
  readonly vector: string | null;
}

/** From worst to least; `unknown` stands last and is never read as harmless. */
export const severityLevels = ['critical', 'high', 'medium', 'low', 'negligible', 'unknown'] as const;
export type SeverityLevel = (typeof severityLevels)[number];

/**
 * One advisory as the store hands it out for one ecosystem and name: only the `affected` entries for that name.
 * Shape and meaning of the fields: https://ossf.github.io/osv-schema/
 */
export interface Advisory {
  readonly id: string;
  readonly aliases: readonly string[];
  /** Vulnerabilities that this record passes on (a DSA names CVEs). */
  readonly upstream: readonly string[];
  /** RFC 3339 UTC. */
  readonly modified: string;
  readonly published: string | null;
  readonly withdrawn: string | null;
  readonly summary: string;
  /** Severity that holds for the whole record. */
  readonly severity: readonly Severity[];
  readonly affected: readonly Affected[];
  /** An informational record (RustSec `unmaintained`, `notice`): reported, but not a vulnerability. */
  readonly informational: string | null;
  /** At most a few links, advisory first. */
  readonly references: readonly string[];
}

/** What other feeds know about a vulnerability id (mostly a CVE), whatever the component. */
export interface VulnerabilityFacts {
  readonly id: string;
  /** NVD's own or its CNA's CVSS, best first; empty where NVD has none. */
  readonly severity: readonly Severity[];
  /** RFC 3339; NVD's date of first publication. */
  readonly published: string | null;
  /** One line, from NVD or a catalogue. */
  readonly summary: string;
  readonly epss: Epss | null;
  readonly exploitation: readonly Exploitation[];
}

/** Probability 0 to 1 of exploitation in the next 30 days, and its rank. https://www.first.org/epss/ */
export interface Epss {
  readonly probability: number;
  readonly percentile: number;
}

/** An entry in a catalogue of exploited vulnerabilities. */
export interface Exploitation {
  readonly source: 'CISA KEV' | 'EU KEV';
  /** Date (YYYY-MM-DD) on which the catalogue took it up. */
  readonly since: string;
  /** Date by which CISA wants it handled. */
  readonly due: string | null;
  readonly ransomware: boolean;
}

/** One feed as it stands in the store. */
export interface FeedState {
  /** `osv/Debian`, `nvd`, `kev`, `eukev`, `epss`. */
  readonly id: string;
  /** When the source was last confirmed to be in this state (RFC 3339 UTC). What `maxDbAge` is measured against. */
  readonly asOf: string;
  /** Digest over the feed's bytes. */
  readonly digest: string;
  readonly records: number;
  /** Records that could not be read and are therefore missing. */
  readonly badRecords: number;
}

/** One state of all feeds. */
export interface SnapshotInfo {
  /** `sha256:…` over the content of the store: the same feeds built by the same revision give the same digest. */
  readonly digest: string;
  readonly feeds: readonly FeedState[];
}

/** Read side of the advisory store: the port between `advisories`, which implements it, and `match`, which asks. */
export interface AdvisoryStore {
  readonly snapshot: SnapshotInfo;
  /** Whether the store can speak of this OSV ecosystem: it holds the feed and, where a release is named (`:12`), any record for it. */
  covers(ecosystem: string): boolean;
  /** Advisories that have an `affected` entry for exactly this ecosystem string and name. Empty where there is none. */
  byName(ecosystem: string, name: string): readonly Advisory[];
  /** What the other feeds know about an id; null where none does. */
  facts(id: string): VulnerabilityFacts | null;
  /** What EPSS says of many ids at once, without reading what else is known of them; ids without a score are left out. */
  epssOf(ids: Iterable<string>): ReadonlyMap<string, Epss>;
  /**
   * A short text (132 bits of SHA-256) that stands for what `byName` answers, so that two stores can be held against each other
   * for the same question without reading a record: the same text means the same answer. Another text may also come of a
   * change that `byName` does not show: of another release's entries in the same feed (`Debian:11` when `Debian:12` is asked
   * for), or of a store of another format revision. null exactly where `byName` is empty, also where the store does not
   * cover the ecosystem. Quickest when names are asked for in order.
   */
  fingerprint(ecosystem: string, name: string): string | null;
  /**
   * The same for `facts`, without EPSS, which changes every day for every id: null where no other feed knows the id.
   * What only EPSS says is never shown by it.
   */
  factsFingerprint(id: string): string | null;
  close(): void;
}
