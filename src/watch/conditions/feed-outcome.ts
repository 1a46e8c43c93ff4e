/** How one feed fared in an update, as far as conditions need it. `advisories/` gives more. */
export interface FeedOutcome {
  /** `osv/Debian`, `nvd` … */
  readonly id: string;
  readonly state: 'updated' | 'unchanged' | 'failed';
  /** Why it failed: `shrunk`, `form-changed`, `invalid`, `unreachable`. */
  readonly why?: string | null;
  readonly message?: string;
}
