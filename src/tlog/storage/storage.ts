/**
 * Where a log keeps its files. Paths are relative, parts joined by `/`. There is one writer at a time; readers need no lock,
 * as what `put` made never changes. Failures are `LogError`s: `unreadable` when reading, `write-failed` when writing.
 */
export interface LogStorage {
  /** Makes a file; durable once resolved. The same bytes again succeed; other bytes throw `immutable` and change nothing. */
  put(path: string, bytes: Uint8Array): Promise<void>;
  /** Makes or replaces a file: at any moment it is the old one or the new one; durable once resolved. */
  replace(path: string, bytes: Uint8Array): Promise<void>;
  /** The bytes of a file, or null where there is none. Throws `too-large` for a file that no log has. */
  get(path: string): Promise<Uint8Array | null>;
  /** Removes a file; one that is not there is fine. */
  remove(path: string): Promise<void>;
  /**
   * What is directly in a folder, sorted: files by their path, folders by their path and a slash. `folder` is empty for the
   * top, else it ends in a slash. One that is not there is empty.
   */
  list(folder: string): Promise<string[]>;
}
