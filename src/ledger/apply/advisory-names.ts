import { sql } from 'kysely';
import { unassessed } from '../document-shapes.ts';
import type { ApplyContext } from './context.ts';
import { among, parts } from './interned.ts';

interface Lookup {
  readonly ecosystem: string | null;
  readonly name: string;
}

/** The numbers of looked-up names, by `ecosystem\0name`; new ones get rows. */
export async function advisoryNames(context: ApplyContext, lookups: readonly Lookup[]): Promise<Map<string, number>> {
  const { rows, numbers } = context;
  await rows.flush();
  const byEcosystem = new Map<string, Set<string>>();
  for (const { ecosystem, name } of lookups) {
    if (ecosystem === null) continue;
    const names = byEcosystem.get(ecosystem) ?? new Set();
    byEcosystem.set(ecosystem, names.add(name));
  }
  const found = new Map<string, number>();
  for (const [ecosystem, names] of byEcosystem) {
    for (const { id, name } of await known(context, ecosystem, [...names])) found.set(`${ecosystem}\0${name}`, id);
    for (const name of names) {
      if (found.has(`${ecosystem}\0${name}`)) continue;
      const id = await numbers.next('advisory_name');
      found.set(`${ecosystem}\0${name}`, id);
      rows.add('advisory_name', { id, ecosystem, name, fingerprint: unassessed });
    }
  }
  return found;
}

async function known({ tx, database }: ApplyContext, ecosystem: string, names: readonly string[]) {
  const found: { readonly id: number; readonly name: string }[] = [];
  for (const part of parts(names)) {
    const { rows } = await sql<{ id: number; name: string }>`SELECT id, name FROM advisory_name
      WHERE ecosystem = ${ecosystem} AND ${among(database, 'name', part)}`.execute(tx);
    found.push(...rows);
  }
  return found;
}
