import { coversSubject, type DecisionSubject, Purls, strongest } from '../../ledger/decision-scope.ts';
import type { DecisionRecord } from '../../ledger/document-shapes.ts';
import type { DecisionsMade, Envelope } from '../../ledger/fact.ts';
import { forever, type Instant } from '../../ledger/instant.ts';
import { heldDecisions } from '../shapes/documents.ts';
import type { Ground } from './ground.ts';
import type { Matches } from './matches.ts';

/** A decision's number is its entry's index times this, plus its place. */
const mostDecisions = 65_536;

/** A decision as it was known. */
export interface Decision {
  readonly id: number;
  readonly entry: number;
  readonly place: number;
  readonly record: DecisionRecord;
  readonly fact: DecisionsMade & Envelope;
  readonly knownFrom: Instant;
  knownTo: Instant;
  supersededBy: number | null;
  /** From when on the one that took its place holds: until then this one did. */
  replacedFrom: Instant;
  expired: number | null;
}

function scopeOf({ service, environment, component, artifact }: DecisionRecord): string {
  return [service, environment, component, artifact].map((s) => s ?? '').join('\0');
}

function namesGiven({ vulnerability, aliases }: DecisionRecord): Set<string> {
  return new Set([vulnerability, ...aliases]);
}

/** All decisions of the ground, as known at a moment, in the order in which they were made. */
export async function decisionsOf(
  ground: Ground,
  { names }: Pick<Matches, 'names'>,
  asOf: Instant,
): Promise<Decision[]> {
  const all: Decision[] = [];
  const standing = new Map<string, Decision>();
  const mains = new Map<string, [name: string, since: number][][]>();
  for (const known of names.values()) {
    const list = [...known];
    for (const name of known.keys()) mains.set(name, [...(mains.get(name) ?? []), list]);
  }
  const alsoCalled = (name: string, before: number): string[] => {
    const lists = mains.get(name) ?? [];
    const then = lists.map((list) => list.filter(([, since]) => since < before).map(([other]) => other));
    return [name, ...then.filter((list) => list.includes(name)).flat()];
  };
  for (const { index, at, fact } of ground.of('decisions-made', asOf)) {
    const { decisions } = await ground.document(fact.decisions, index, heldDecisions);
    for (const [place, record] of decisions.entries()) {
      const id = index * mostDecisions + place;
      const decision = { id, entry: index, place, record, fact, knownFrom: at, knownTo: forever };
      const made: Decision = { ...decision, supersededBy: null, replacedFrom: forever, expired: null };
      const scope = scopeOf(record);
      for (const name of new Set([...namesGiven(record)].flatMap((n) => alsoCalled(n, index)))) {
        const superseded = standing.get(`${name}\0${scope}`);
        // Found by several of its names.
        if (superseded === undefined || superseded.supersededBy !== null) continue;
        superseded.knownTo = at;
        superseded.supersededBy = id;
        superseded.replacedFrom = Date.parse(record.from);
      }
      for (const name of namesGiven(record)) standing.set(`${name}\0${scope}`, made);
      all.push(made);
    }
  }
  const byId = new Map(all.map((d) => [d.id, d]));
  for (const { index, fact } of ground.of('decisions-expired', asOf)) {
    for (const id of fact.decisions) {
      const decision = byId.get(id);
      if (decision !== undefined) decision.expired = index;
    }
  }
  return all;
}

/** Finds the decisions about a vulnerability of a component that runs somewhere. */
export class Decided {
  readonly #byName = new Map<string, Decision[]>();
  readonly #purls = new Purls();

  constructor(decisions: readonly Decision[]) {
    for (const decision of decisions) {
      for (const name of namesGiven(decision.record)) {
        this.#byName.set(name, [...(this.#byName.get(name) ?? []), decision]);
      }
    }
  }

  /** All that are or were about it, whenever they hold. */
  about(names: Iterable<string>, subject: DecisionSubject): Set<Decision> {
    const found = [...names].flatMap((name) => this.#byName.get(name) ?? []);
    return new Set(found.filter(({ record }) => coversSubject(record, subject, this.#purls)));
  }
}

/** The decision of several that is in force at a moment. */
export function inForce(decisions: Iterable<Decision>, at: Instant): Decision | null {
  const candidates = [...decisions].filter(({ record, replacedFrom }) => {
    const until = record.until === null ? forever : Date.parse(record.until);
    return Date.parse(record.from) <= at && at < Math.min(until, replacedFrom);
  });
  const best = strongest(candidates.map(({ id, knownFrom, record }) => ({ ...record, id, knownFrom })));
  return candidates.find(({ id }) => id === best?.id) ?? null;
}
