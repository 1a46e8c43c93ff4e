import type { Entry, FactKind } from '../../ledger/fact.ts';
import { formatEnd, type Instant } from '../../ledger/instant.ts';
import { CodedError } from '../../model/errors.ts';
import type { Digest } from '../../model/inventory.ts';
import type { HeldEntry } from '../shapes/entry.ts';

/** Where the documents of entries are read. Null: it is not there. */
export type ReadDocument = (digest: Digest) => Promise<Uint8Array | null>;

/** An entry of one kind with its place. */
export interface Placed<K extends FactKind> {
  readonly index: number;
  /** `recorded` in milliseconds. */
  readonly at: Instant;
  readonly fact: Extract<Entry, { kind: K }>;
}

/** What answers are worked out from: entries in the order of the log, and their documents. */
export class Ground {
  readonly entries: readonly HeldEntry[];
  /** Documents that were taken out, and the entry that says so. */
  readonly redacted: ReadonlyMap<Digest, number>;
  readonly read: ReadDocument;

  constructor(entries: readonly HeldEntry[], read: ReadDocument) {
    this.entries = entries;
    this.read = read;
    const redacted = new Map<Digest, number>();
    for (const { index, entry } of entries) if (entry.kind === 'redacted') redacted.set(entry.document, index);
    this.redacted = redacted;
  }

  /** The entries of a kind that were recorded at or before a moment. */
  of<K extends FactKind>(kind: K, until: Instant): Placed<K>[] {
    return this.entries.flatMap(({ index, entry }) => {
      const at = Date.parse(entry.recorded);
      return entry.kind === kind && at <= until ? [{ index, at, fact: entry as Extract<Entry, { kind: K }> }] : [];
    });
  }

  /** A document in its shape. Throws `document-missing` and what the shape throws, naming the entry. */
  async document<T>(digest: Digest, entry: number, shape: (bytes: Uint8Array, place: string) => T): Promise<T> {
    const place = `document ${digest} of entry ${entry}`;
    const bytes = await this.read(digest);
    if (bytes === null) throw new CodedError('document-missing', `${place} is not there`);
    return shape(bytes, place);
  }

  /** As `document`; null for one that was redacted. */
  async unlessRedacted<T>(
    digest: Digest,
    entry: number,
    shape: (bytes: Uint8Array, place: string) => T,
  ): Promise<T | null> {
    return this.redacted.has(digest) ? null : await this.document(digest, entry, shape);
  }
}

/** The end of a belief as it stood at a moment: one that ended later was open. */
export function endAsOf(knownTo: Instant, asOf: Instant): string | null {
  return knownTo > asOf ? null : formatEnd(knownTo);
}

export function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
