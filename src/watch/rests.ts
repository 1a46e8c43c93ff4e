import { sql } from 'kysely';
import { among, parts } from '../ledger/apply/interned.ts';
import type { Reader } from '../ledger/database/database.ts';
import { forever } from '../ledger/instant.ts';
import { type NameKey, nameStates, type Source } from '../ledger/queries/changed-components.ts';
import type { AdvisoryStore } from '../model/advisory.ts';
import { factsFingerprint } from './lookup-key.ts';
import type { Pass } from './pass.ts';

/*
 * What is worked out while others write is appended only where what it rests on is still as it was read. A busy ledger changes all
 * the time, so it is not enough that something changed: it has to be something that was read.
 */

/** How many entries there are. */
export async function entriesNow(reader: Reader): Promise<number> {
  const { rows } = await sql<{ size: number }>`SELECT size FROM ledger`.execute(reader);
  return rows[0]?.size ?? 0;
}

/** Of the entries from a number on: those that changed what is known, or what there is to know it of. */
export async function learnedSince(reader: Reader, from: number): Promise<number[]> {
  const { rows } = await sql<{ entry: number }>`SELECT entry FROM outbox
    WHERE entry >= ${from} AND kind IN ('rescanned', 'artifact-recorded')`.execute(reader);
  return rows.map((r) => r.entry);
}

/** The names that are looked at with all their components, and other components. */
export interface Looked {
  readonly names: readonly NameKey[];
  readonly purls: readonly string[];
}

/** Open matches of components: another text where one was opened or closed since, for entries only grow. */
async function openOf({ reader, database }: Source, column: string, values: readonly (string | number)[]) {
  const found: string[] = [];
  for (const part of parts(values)) {
    const { rows } = await sql<{ count: number; sum: number | null }>`SELECT count(*) AS count, sum(m.opened) AS sum
      FROM component c JOIN component_match m ON m.component = c.id
      WHERE m.known_to = ${forever} AND ${among(database, column, part)}`.execute(reader);
    found.push(rows.map((r) => `${r.count} ${r.sum ?? 0}`).join());
  }
  return found.join();
}

/** A text for what is known of names and components: the same text means that nothing of it was changed. */
async function stateOf(source: Source, { names, purls }: Looked): Promise<string> {
  const { reader, database } = source;
  const states = await nameStates(source, names);
  const ids = states.map((n) => n.id);
  // A newer snapshot may take from a store the right to change anything.
  const last = await reader.selectFrom('snapshot').select('id').orderBy('id', 'desc').limit(1).executeTakeFirst();
  const found = [`${last?.id ?? 0}`, ...states.map((n) => `${n.id}=${n.fingerprint ?? ''}`)];
  for (const part of parts(ids)) {
    const { rows } = await sql<{ count: number; last: number | null }>`SELECT count(*) AS count, max(id) AS last
      FROM component WHERE ${among(database, 'advisory_name', part)}`.execute(reader);
    found.push(rows.map((r) => `${r.count} ${r.last ?? 0}`).join());
  }
  found.push(await openOf(source, 'c.advisory_name', ids), await openOf(source, 'c.purl', purls));
  return found.join('\n');
}

/** What work rests on, as it was before anything was read. */
export class Rests {
  readonly #looked: Looked;
  readonly #size: number;
  readonly #state: string;

  private constructor(looked: Looked, size: number, state: string) {
    this.#looked = looked;
    this.#size = size;
    this.#state = state;
  }

  /** Before anything is read. */
  static async of(source: Source, looked: Looked): Promise<Rests> {
    const size = await entriesNow(source.reader);
    return new Rests(looked, size, await stateOf(source, looked));
  }

  /**
   * Whether a pass may be appended: nothing that it read was changed meanwhile, or only to what this store says as well.
   * `source`: where nobody else writes.
   */
  async hold(source: Source, store: AdvisoryStore, pass: Pass): Promise<boolean> {
    if ((await learnedSince(source.reader, this.#size)).length === 0) return true;
    if ((await stateOf(source, this.#looked)) !== this.#state) return false;
    const met = [...new Set([...pass.met, ...pass.unsure])];
    const now = new Map<string, string | null>();
    for (const part of parts(met)) {
      const { rows } = await sql<{ name: string; fingerprint: string | null }>`SELECT name, fingerprint
        FROM vulnerability WHERE ${among(source.database, 'name', part)}`.execute(source.reader);
      for (const { name, fingerprint } of rows) now.set(name, fingerprint);
    }
    return met.every((id) => {
      const read = pass.vulnerabilities.get(id);
      if (read === undefined || now.get(id) === read.stored) return true;
      return now.get(id) === factsFingerprint(store, read.names);
    });
  }
}
