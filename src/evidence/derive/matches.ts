import type { KnownMatch } from '../../ledger/document-shapes.ts';
import { forever, type Instant } from '../../ledger/instant.ts';
import type { Digest } from '../../model/inventory.ts';
import { heldKnowledge } from '../shapes/documents.ts';
import type { Ground } from './ground.ts';

/** That a component has a vulnerability, as it was known from `knownFrom` to `knownTo`. */
export interface Form {
  readonly match: KnownMatch;
  readonly firstKnown: Instant;
  readonly knownFrom: Instant;
  knownTo: Instant;
  closed: 'gone' | 'withdrawn' | 'changed' | null;
  readonly snapshot: Digest;
  readonly source: { readonly entry: number; readonly document: Digest; readonly place: number };
}

/** All that was learned of some components until a moment, and under which names. */
export interface Matches {
  /** Forms by component and vulnerability, oldest first. */
  readonly forms: ReadonlyMap<string, readonly Form[]>;
  /** Every name under which a vulnerability was known, by its main one; with the entry that first said so. */
  readonly names: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** The complete passes over an artifact, or over all, by their last entries. */
  readonly passes: readonly {
    readonly entry: number;
    readonly at: Instant;
    readonly scope: Digest | 'all';
    readonly snapshot: Digest;
    readonly problems: number;
  }[];
}

/** Reads what the passes of the ground opened and closed for some components, as known at a moment. */
export async function matchesOf(ground: Ground, components: ReadonlySet<string>, asOf: Instant): Promise<Matches> {
  const forms = new Map<string, Form[]>();
  const names = new Map<string, Map<string, number>>();
  const passes = ground.of('rescanned', asOf);
  for (const { index, at, fact } of passes) {
    for (const document of fact.documents) {
      const { opened, closed } = await ground.document(document, index, heldKnowledge);
      for (const { component, id, why } of closed) {
        const last = forms.get(`${component}\0${id}`)?.at(-1);
        if (last === undefined || last.knownTo !== forever) continue;
        last.knownTo = at;
        last.closed = why;
      }
      for (const [place, match] of opened.entries()) {
        const known = names.get(match.id) ?? new Map<string, number>();
        names.set(match.id, known);
        for (const name of [match.id, ...match.aliases]) if (!known.has(name)) known.set(name, index);
        if (!components.has(match.component)) continue;
        const key = `${match.component}\0${match.id}`;
        const firstKnown = match.firstKnown === null ? at : Date.parse(match.firstKnown);
        const source = { entry: index, document, place };
        const form = { match, firstKnown, knownFrom: at, knownTo: forever, closed: null, source };
        forms.set(key, [...(forms.get(key) ?? []), { ...form, snapshot: fact.snapshot }]);
      }
    }
  }
  return {
    forms,
    names,
    passes: passes
      .filter(({ fact }) => fact.part === null)
      .map(({ index, at, fact: { scope, snapshot, problems } }) => ({ entry: index, at, scope, snapshot, problems })),
  };
}
