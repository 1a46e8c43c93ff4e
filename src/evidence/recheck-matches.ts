import { isDeepStrictEqual } from 'node:util';
import type { KnowledgeDocument } from '../ledger/document-shapes.ts';
import { keptMatch } from '../ledger/kept-match.ts';
import { match } from '../match/match.ts';
import { clip } from '../model/problem.ts';
import { recordedStore } from './recorded-store.ts';

/** A match of a document that its own records do not bear out. */
export interface Unfounded {
  /** Place in the document's `opened`. */
  readonly place: number;
  readonly message: string;
}

/**
 * Works the matches that a document opened out again from the advisory records in it, and gives those that come out in another
 * way or not at all. `only`: components to look at; null: all.
 */
export function recheckMatches(document: KnowledgeDocument, only: ReadonlySet<string> | null): Unfounded[] {
  const wanted = [...document.opened.entries()].filter(([, m]) => only === null || only.has(m.component));
  const components = [...new Set(wanted.map(([, m]) => m.component))].map((purl) => ({ purl }));
  const { matches } = match(components, recordedStore(document));
  const found = new Map(matches.map((m) => [`${m.component}\0${m.id}`, keptMatch(m)]));
  const unfounded: Unfounded[] = [];
  for (const [place, { firstKnown: _, ...recorded }] of wanted) {
    const again = found.get(`${recorded.component}\0${recorded.id}`);
    const what = `${clip(recorded.id, 60)} of ${clip(recorded.component, 160)}`;
    if (again === undefined) {
      unfounded.push({ place, message: `${what} does not follow from the advisory records` });
      continue;
    }
    const fields = (Object.keys(recorded) as (keyof typeof recorded)[]).filter(
      (key) => !isDeepStrictEqual(recorded[key], again[key]),
    );
    if (fields.length > 0) {
      unfounded.push({ place, message: `${what}: the advisory records give something else for ${fields.join(', ')}` });
    }
  }
  return unfounded;
}
