import type { Origin } from '../origin/origin.ts';
import type { EpssFact, ExploitedFact, NvdFact } from './facts.ts';
import type { FetchedPart, PartState } from './part.ts';

/** Where the facts of a feed go: the store that is being written. */
export interface FactSink {
  /** Takes one NVD year over from the store as it was. */
  keepNvdYear(year: number): void;
  putNvdYear(year: number, facts: readonly NvdFact[]): void;
  putEpss(facts: readonly EpssFact[]): void;
  putExploited(feed: string, facts: readonly ExploitedFact[]): void;
}

export interface FetchContext {
  readonly origin: Origin;
  /** Parts of this feed as the store holds them, by path. */
  readonly known: ReadonlyMap<string, PartState>;
  readonly now: Date;
  readonly signal: AbortSignal;
}

/** What reading the fetched parts gave: their new states, all of them, in order of path. */
export interface ReadFacts {
  readonly parts: readonly PartState[];
  readonly firstFault: string | null;
}

/** A feed of facts about vulnerability ids. OSV is not one of these: it is read per ecosystem. */
export interface FactFeed {
  /** Equals its folder under `feeds/`. */
  readonly id: 'nvd' | 'kev' | 'eukev' | 'epss';
  /** What it is made of; a document that is absent at the origin is none. */
  documents(origin: Origin, now: Date): Promise<readonly { readonly path: string; readonly maxBytes: number }[]>;
  /** Looks its documents up. Empty where the origin has none. Throws what `Origin.get` throws. */
  fetch(context: FetchContext): Promise<readonly FetchedPart[]>;
  /** Reads them into the sink. Throws `feed-invalid` where a document is none, after which the sink is worth nothing. */
  read(parts: readonly FetchedPart[], sink: FactSink, now: Date): Promise<ReadFacts>;
}
