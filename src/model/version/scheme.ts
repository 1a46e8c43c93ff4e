/** The order of versions of one ecosystem. */
export interface VersionScheme {
  /** Folder-like name: `deb`, `apk`, `semver`, `pep440`, `go`. */
  readonly id: string;
  /** Whether the text is a version of this scheme. Callers compare only what is valid; the input may be an attacker's. */
  valid(version: string): boolean;
  /** Below zero, zero or above zero, for a before, equal to or after b. Both must be valid. */
  compare(a: string, b: string): number;
}
