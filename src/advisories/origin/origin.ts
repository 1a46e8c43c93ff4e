/** What is remembered of a document from an earlier fetch. Validators hold for `url` alone. */
export interface Known {
  readonly digest: string;
  readonly url: string | null;
  readonly etag: string | null;
  readonly lastModified: string | null;
}

/** A document that is new to us, lying in a file that is ours to read until the update ends. */
export interface Fresh extends Known {
  readonly kind: 'fresh';
  readonly file: string;
  readonly sizeBytes: number;
}

export type Got = Fresh | { readonly kind: 'same' } | { readonly kind: 'absent' };

export interface GetOptions {
  /** From the last fetch; `same` is answered where nothing has changed since. */
  readonly known?: Known | undefined;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/**
 * Where feeds come from: a folder, a web server in the layout of that folder, or the public addresses. Paths are those of
 * the folder: `osv/Debian/all.zip`, `kev/known_exploited_vulnerabilities.json`.
 */
export interface Origin {
  readonly kind: 'folder' | 'http' | 'public';
  /** The base as the user named it, for messages. */
  readonly label: string;
  /**
   * Gets one document. Throws `feed-unreachable`, `feed-invalid` (answers that are no document), `limit-exceeded` or
   * `aborted`; a document that is not there is an answer.
   */
  get(path: string, options: GetOptions): Promise<Got>;
  /** The ecosystems there, sorted; null where the origin does not tell. */
  ecosystems(signal: AbortSignal): Promise<readonly string[] | null>;
  /** The NVD years there, ascending. Some may be absent, where the origin cannot list. */
  nvdYears(now: Date): Promise<readonly number[]>;
  close(): Promise<void>;
}

const ecosystemShape = /^[A-Za-z][A-Za-z0-9 ._+()-]{0,60}$/;

/** Whether a text can be the name of an OSV ecosystem without release: it becomes a part of paths and addresses. */
export function isEcosystemName(name: string): boolean {
  return ecosystemShape.test(name) && !name.includes('..');
}
