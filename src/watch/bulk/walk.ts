import type { Documents } from '../../ledger/documents.ts';
import { componentsNamed, type NameState, nameStates, type Source } from '../../ledger/queries/changed-components.ts';
import type { Problem } from '../../model/problem.ts';
import { keyText, lookupKey } from '../lookup-key.ts';
import { type Notes, notesOfPart, storedPrints } from '../notes.ts';
import { Pass } from '../pass.ts';
import { Reach } from '../reach.ts';
import { Rests } from '../rests.ts';
import type { Held, PartWork } from './plan.ts';

/** How far a stretch goes: components, and what they open and close. The lock is held for as long as that takes to write. */
export interface Stride {
  readonly components: number;
  readonly changes: number;
}

/** What some components of a part gave. */
export interface Stretch {
  readonly pass: Pass;
  readonly rests: Rests;
  readonly notes: Notes;
  readonly problems: readonly Problem[];
  readonly assessed: readonly string[];
  readonly undecided: readonly string[];
  /** Whether nothing of the part is left. */
  readonly isLast: boolean;
}

/**
 * A way through the components of a part, a stretch at a time: a few kernels have as many matches as all else. A stretch counts only
 * when it was appended (`took`); until then, the next one begins at the same place, with what is then known.
 */
export class Walk {
  readonly #held: Held;
  readonly #work: PartWork;
  readonly #done = new Set<string>();
  readonly #undecided = new Set<string>();
  /** What is noted of the part's names, by `keyText`; null before the first stretch. */
  #prints: Map<string, string | null> | null = null;

  constructor(held: Held, work: PartWork) {
    this.#held = held;
    this.#work = work;
  }

  async next(source: Source, documents: Documents, stride: Stride): Promise<Stretch> {
    const { store, standing } = this.#held;
    const own = await nameStates(source, { ids: this.#work.names });
    const rests = await Rests.of(source, { names: own, purls: this.#work.purls });
    this.#restartWhereNoted(own);
    const wanted = await componentsNamed(source, this.#work.names);
    for (const purl of this.#work.purls) wanted.add(purl);
    const reach = new Reach(store, standing);
    const [todo, left]: [string[], string[]] = [[], []];
    for (const purl of [...wanted].sort()) {
      const key = lookupKey(purl);
      if (key === null || this.#done.has(purl)) continue;
      (reach.mayChange(key) ? todo : left).push(purl);
    }
    const pass = new Pass(source, documents, store);
    const some = todo.slice(0, stride.components);
    const came = await pass.assess(some, stride.changes);
    const isLast = came === todo.length;
    if (isLast) await pass.leave(left);
    const complete = new Set(own.map(keyText));
    for (const purl of todo.slice(came)) {
      const key = lookupKey(purl);
      if (key !== null) complete.delete(keyText(key));
    }
    const others = [...pass.names.values()].map(({ key }) => key).filter((key) => !complete.has(keyText(key)));
    const stored = storedPrints([...own, ...(await nameStates(source, others))]);
    const notes = notesOfPart(store, pass, { complete, undecided: this.#undecided, stored });
    const problems = pass.problems.filter((p) => p.code !== 'ecosystem-unsupported');
    const undecided = [...pass.names].flatMap(([text, { whole }]) => (whole ? [] : [text]));
    return { pass, rests, notes, problems, assessed: todo.slice(0, came), undecided, isLast };
  }

  /** Somebody else who held components under these names against another store has noted that: all begins anew. */
  #restartWhereNoted(own: readonly NameState[]): void {
    const prints = storedPrints(own);
    const before = this.#prints;
    if (before !== null && [...prints].some(([text, print]) => before.get(text) !== print)) {
      this.#done.clear();
      this.#undecided.clear();
    }
    this.#prints = prints;
  }

  /** The stretch was appended. */
  took({ assessed, undecided, notes }: Stretch): void {
    for (const [ecosystem, name, print] of notes.names) this.#prints?.set(keyText({ ecosystem, name }), print);
    for (const purl of assessed) this.#done.add(purl);
    for (const text of undecided) this.#undecided.add(text);
  }
}
