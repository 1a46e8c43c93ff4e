/** The answer of the gate. */
export type VerdictKind = 'pass' | 'fail' | 'cannot-say';

/** A finding, named shortly enough to stand in a list. */
export interface FindingRef {
  readonly id: string;
  readonly component: string;
}

/** One rule of the policy and what it made of the findings. */
export interface RuleOutcome {
  /** Name of the rule in the policy. */
  readonly rule: string;
  /** The rule in words: `severity at least high, with a fix`. */
  readonly says: string;
  readonly outcome: VerdictKind;
  /** What it matched, sorted by component, then id. */
  readonly matched: readonly FindingRef[];
  /** What would make it pass. */
  readonly remedy: string | null;
}

/** An exception of the policy, and whether it was of use. */
export interface ExceptionOutcome {
  readonly id: string;
  readonly component: string | null;
  readonly owner: string | null;
  readonly reason: string;
  /** Date (YYYY-MM-DD) after which it no longer holds. */
  readonly until: string | null;
  readonly state: 'used' | 'expiring' | 'expired' | 'unused';
  readonly matched: readonly FindingRef[];
  /** Where it stands: `kvitto.yaml:14`, `.trivyignore:3`. */
  readonly at: string;
}

export interface Verdict {
  readonly kind: VerdictKind;
  /** Digest of the policy's bytes and where it came from; null for the built-in default. */
  readonly policy: { readonly digest: string; readonly source: string } | null;
  readonly rules: readonly RuleOutcome[];
  readonly exceptions: readonly ExceptionOutcome[];
  /** Sentences for people: why it is not a pass, and what is only a warning. */
  readonly reasons: readonly string[];
  readonly warnings: readonly string[];
}
