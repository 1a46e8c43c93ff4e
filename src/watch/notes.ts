import { type KnowledgeDocument, unassessed } from '../ledger/document-shapes.ts';
import type { NameState, VulnerabilityState } from '../ledger/queries/changed-components.ts';
import type { AdvisoryStore } from '../model/advisory.ts';
import { factsFingerprint, keyText, lookupKey } from './lookup-key.ts';
import type { Pass } from './pass.ts';

/** The fingerprints that differ from what the ledger holds. */
export type Notes = Pick<KnowledgeDocument, 'names' | 'ids'>;

type Stored = ReadonlyMap<string, string | null>;

function byFirst(a: readonly unknown[], b: readonly unknown[]): number {
  const [x, y] = [a.slice(0, 2).join('\0'), b.slice(0, 2).join('\0')];
  return x < y ? -1 : x > y ? 1 : 0;
}

/** By `keyText`. */
export function storedPrints(names: readonly NameState[]): Map<string, string | null> {
  return new Map(names.map((n) => [keyText(n), n.fingerprint]));
}

function namesOf(pass: Pass, stored: Stored, isWhole: (text: string, whole: boolean) => boolean | null) {
  const noted: [string, string, string | null][] = [];
  for (const [text, { key, fingerprint, whole }] of pass.names) {
    const judged = isWhole(text, whole);
    if (judged === null) continue;
    const print = judged ? fingerprint : unassessed;
    if (print !== stored.get(text)) noted.push([key.ecosystem, key.name, print]);
  }
  return noted.sort(byFirst);
}

/** After the components of one artifact, and those of the same names. `fresh`: components that the ledger did not know. */
export function notesOfArtifact(
  store: AdvisoryStore,
  pass: Pass,
  names: readonly NameState[],
  fresh: ReadonlySet<string>,
): Notes {
  const stored = storedPrints(names);
  for (const purl of fresh) {
    const key = lookupKey(purl);
    // The entry that records the artifact leaves this for a name with a new component.
    if (key !== null) stored.set(keyText(key), unassessed);
  }
  const ids: [string, string | null][] = [];
  for (const id of new Set([...pass.met, ...pass.unsure])) {
    const known = pass.vulnerabilities.get(id);
    if (known === undefined) continue;
    let print = factsFingerprint(store, known.names);
    // Other components with it were not looked at.
    const partly = known.stored !== undefined && known.stored !== print;
    if (partly || pass.unsure.has(id)) print = unassessed;
    if (print !== (known.stored ?? null) || (known.stored === undefined && print !== null)) ids.push([id, print]);
  }
  return { names: namesOf(pass, stored, (_, whole) => whole), ids: ids.sort(byFirst) };
}

/** What a part of a pass over everything was about. */
export interface PartNotes {
  /** Names (`keyText`) of which all components were held against the store, up to this one; the others were not all looked at. */
  readonly complete: ReadonlySet<string>;
  /** Names of which something was left undecided before. */
  readonly undecided: ReadonlySet<string>;
  readonly stored: Stored;
}

/**
 * After some of the components of a pass over everything. Of a vulnerability that the facts say something else of than when the
 * pass began nothing is noted here: other components have it, and the pass's last entry notes it (`notesOfMoved`).
 */
export function notesOfPart(store: AdvisoryStore, pass: Pass, { complete, undecided, stored }: PartNotes): Notes {
  const names = namesOf(pass, stored, (text, whole) => {
    if (complete.has(text)) return whole && !undecided.has(text);
    return whole ? null : false;
  });
  const ids: [string, string | null][] = [];
  for (const id of new Set([...pass.met, ...pass.unsure])) {
    const known = pass.vulnerabilities.get(id);
    if (known === undefined) continue;
    const { stored: before, names: all, known: count } = known;
    if (pass.unsure.has(id)) {
      if (before !== unassessed) ids.push([id, unassessed]);
      continue;
    }
    const print = factsFingerprint(store, all);
    if (print === (before ?? null)) continue;
    // Another name of it was learned, and nothing else: what is known of others with it rests on records that do not name it.
    const learned = before !== undefined && all.size > count;
    const same = learned && factsFingerprint(store, [...all].slice(0, count)) === before;
    if (before === undefined || same) ids.push([id, print]);
  }
  return { names, ids: ids.sort(byFirst) };
}

/** Of the vulnerabilities of which all components were held against the store. `names`: all that each is known by. */
export function notesOfMoved(
  store: AdvisoryStore,
  moved: readonly Pick<VulnerabilityState, 'name' | 'fingerprint' | 'names'>[],
): Notes['ids'] {
  const ids: [string, string | null][] = [];
  for (const { name, fingerprint, names } of moved) {
    const print = factsFingerprint(store, names);
    if (print !== fingerprint) ids.push([name, print]);
  }
  return ids.sort(byFirst);
}

/** Notes of two kinds about vulnerabilities, the second where both speak of one. */
export function joinedIds(first: Notes['ids'], second: Notes['ids']): Notes['ids'] {
  const joined = new Map([...first, ...second].map((note) => [note[0], note]));
  return [...joined.values()].sort(byFirst);
}
