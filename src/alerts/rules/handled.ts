import { sql } from 'kysely';
import type { Reader } from '../../ledger/database/database.ts';
import type { DecisionRow } from '../../ledger/database/tables.ts';
import { coversSubject, type DecisionSubject, Purls, strongest } from '../../ledger/decision-scope.ts';
import type { Instant } from '../../ledger/instant.ts';
import type { ChangeEvent } from '../../model/event.ts';

type Row = Pick<
  DecisionRow,
  | 'id'
  | 'service'
  | 'environment'
  | 'component'
  | 'artifact'
  | 'status'
  | 'valid_from'
  | 'valid_to'
  | 'known_from'
  | 'known_to'
> & {
  /** When what took its place began to hold; null for nothing. */
  readonly replaced_from: number | null;
};

type Held = Row & { readonly knownFrom: Instant };

/** Who looks again at what nobody has to do anything about any more. */
const settling: ReadonlySet<string> = new Set(['not_affected', 'fixed']);

/** Decisions, by every name that they give their vulnerability: what they settle is no alarm. */
export class Handled {
  readonly #byName = new Map<string, Held[]>();
  readonly #purls = new Purls();

  /** Reads the decisions that were in force at some time since a moment. */
  static async since(reader: Reader, since: Instant): Promise<Handled> {
    const { rows } = await sql<Row & { name: string }>`SELECT dn.name, d.id, d.service, d.environment, d.component,
        d.artifact, d.status, d.valid_from, d.valid_to, d.known_from, d.known_to, s.valid_from AS replaced_from
      FROM decision d JOIN decision_name dn ON dn.decision = d.id LEFT JOIN decision s ON s.id = d.superseded_by
      WHERE d.valid_to > ${since} AND (d.known_to > ${since} OR s.valid_from > ${since})`.execute(reader);
    const handled = new Handled();
    for (const { name, ...row } of rows) {
      const list = handled.#byName.get(name);
      const held = { ...row, knownFrom: row.known_from };
      if (list === undefined) handled.#byName.set(name, [held]);
      else list.push(held);
    }
    return handled;
  }

  get size(): number {
    return this.#byName.size;
  }

  /** Whether the decision that counts for a vulnerability (by any of its names) here says that nothing is to be done. */
  settles(names: Iterable<string>, subject: DecisionSubject, at: Instant): boolean {
    const found = new Map<number, Held>();
    for (const name of names) {
      for (const d of this.#byName.get(name) ?? []) {
        const inForce = d.valid_from <= at && d.valid_to > at && d.known_from <= at;
        const standing = d.known_to > at || (d.replaced_from ?? 0) > at;
        if (inForce && standing && coversSubject(d, subject, this.#purls)) found.set(d.id, d);
      }
    }
    return settling.has(strongest(found.values())?.status ?? '');
  }

  /** As `settles`, of a change. A decision about one artifact settles nothing where several are touched. */
  settlesChange(
    { vulnerability, component, service, environment, artifact, artifacts }: ChangeEvent,
    at: Instant,
  ): boolean {
    if (this.#byName.size === 0 || vulnerability === null || component === null) return false;
    const one = artifacts === 1 ? (artifact ?? '') : '';
    const names = new Set([vulnerability.id, ...vulnerability.aliases]);
    return this.settles(names, { service, environment, artifact: one, component }, at);
  }
}
