import { sql } from 'kysely';
import { severityLevels } from '../../model/advisory.ts';
import type { KnowledgeDocument, KnownMatch } from '../document-shapes.ts';
import type { Rescanned } from '../fact.ts';
import { forever } from '../instant.ts';
import { readKnowledge } from '../read-documents.ts';
import { advisoryNames } from './advisory-names.ts';
import type { ApplyContext, At } from './context.ts';
import { among, parts } from './interned.ts';

/** Gives numbers and names to the vulnerabilities of a list. An alias that was not known before is added. */
async function nameVulnerabilities(
  context: ApplyContext,
  recorded: number,
  opened: readonly KnownMatch[],
): Promise<void> {
  const { tx, rows, numbers, database } = context;
  await numbers.load('vulnerability', new Set(opened.map((m) => m.id)));
  const wanted = new Map<string, Set<string>>();
  for (const { id, aliases } of opened) {
    const names = wanted.get(id) ?? new Set([id]);
    for (const alias of aliases) names.add(alias);
    wanted.set(id, names);
  }
  const known = new Set<string>();
  for (const part of parts([...wanted.keys()])) {
    const { rows: held } = await sql<{
      main: string;
      name: string;
    }>`SELECT v.name AS main, n.name AS name FROM vulnerability v
      JOIN vulnerability_name n ON n.vulnerability = v.id WHERE ${among(database, 'v.name', part)}`.execute(tx);
    for (const { main, name } of held) known.add(`${main}\0${name}`);
  }
  for (const [id, names] of wanted) {
    let vulnerability = await numbers.get('vulnerability', id);
    if (vulnerability === null) {
      vulnerability = await numbers.give('vulnerability', id);
      rows.add('vulnerability', { id: vulnerability, name: id, fingerprint: null });
    }
    for (const name of names) {
      if (!known.has(`${id}\0${name}`)) rows.add('vulnerability_name', { name, vulnerability, known_from: recorded });
    }
  }
}

async function close(context: ApplyContext, recorded: number, closed: KnowledgeDocument['closed']): Promise<void> {
  const { tx, numbers, database } = context;
  await numbers.load('component', new Set(closed.map((c) => c.component)));
  await numbers.load('vulnerability', new Set(closed.map((c) => c.id)));
  const pairs: [number, number][] = [];
  for (const { component, id } of closed) {
    const [c, v] = [await numbers.get('component', component), await numbers.get('vulnerability', id)];
    if (c !== null && v !== null) pairs.push([c, v]);
  }
  if (pairs.length === 0) return;
  if (database.kind === 'postgres') {
    await sql`UPDATE component_match SET known_to = ${recorded} FROM unnest(${pairs.map((p) => p[0])}::bigint[], ${pairs.map((p) => p[1])}::bigint[]) AS gone (c, v)
      WHERE component = c AND vulnerability = v AND known_to = ${forever}`.execute(tx);
    return;
  }
  await sql`UPDATE component_match SET known_to = ${recorded} FROM json_each(${JSON.stringify(pairs)}) AS gone
    WHERE component = gone.value ->> 0 AND vulnerability = gone.value ->> 1 AND known_to = ${forever}`.execute(tx);
}

async function noteFingerprints(context: ApplyContext, { names, ids }: KnowledgeDocument): Promise<void> {
  const { tx, rows, numbers, database } = context;
  const numbered = await advisoryNames(
    context,
    names.map(([ecosystem, name]) => ({ ecosystem, name })),
  );
  await rows.flush();
  await numbers.load(
    'vulnerability',
    ids.map(([id]) => id),
  );
  const ofNames = names.map(([e, n, print]) => [numbered.get(`${e}\0${n}`) ?? 0, print] as const);
  const ofIds: (readonly [number, string | null])[] = [];
  for (const [id, print] of ids) {
    const number = await numbers.get('vulnerability', id);
    if (number !== null) ofIds.push([number, print]);
  }
  for (const [table, list] of [
    ['advisory_name', ofNames],
    ['vulnerability', ofIds],
  ] as const) {
    if (list.length === 0) continue;
    if (database.kind === 'postgres') {
      await sql`UPDATE ${sql.table(table)} SET fingerprint = new.print FROM unnest(${list.map((l) => l[0])}::bigint[], ${list.map((l) => l[1])}::text[]) AS new (number, print)
        WHERE id = new.number`.execute(tx);
      continue;
    }
    await sql`UPDATE ${sql.table(table)} SET fingerprint = new.value ->> 1 FROM json_each(${JSON.stringify(list)}) AS new
      WHERE ${sql.ref(`${table}.id`)} = new.value ->> 0`.execute(tx);
  }
}

function knownSince(match: KnownMatch, recorded: number): number {
  return match.firstKnown === null ? recorded : Date.parse(match.firstKnown);
}

export async function applyRescan(context: ApplyContext, { index, recorded }: At, fact: Rescanned): Promise<void> {
  const { tx, rows, numbers, documents } = context;
  await rows.flush();
  const found = await tx.selectFrom('snapshot').select('id').where('digest', '=', fact.snapshot).executeTakeFirst();
  const snapshot = found?.id ?? 0;
  for (const [document, digest] of fact.documents.entries()) {
    const knowledge = context.written?.get(digest) ?? readKnowledge(await documents.get(digest), digest);
    await close(context, recorded, knowledge.closed);
    await nameVulnerabilities(context, recorded, knowledge.opened);
    await numbers.load('component', new Set(knowledge.opened.map((m) => m.component)));
    for (const [place, match] of knowledge.opened.entries()) {
      const component = await numbers.get('component', match.component);
      const vulnerability = await numbers.get('vulnerability', match.id);
      if (component === null || vulnerability === null) continue;
      rows.add('component_match', {
        component,
        vulnerability,
        known_from: recorded,
        known_to: forever,
        first_known: knownSince(match, recorded),
        opened: index,
        document,
        place,
        snapshot,
        severity: severityLevels.indexOf(match.severity.level),
        score: match.severity.score === null ? null : Math.round(match.severity.score * 10),
        exploited: match.exploitation.length > 0 ? 1 : 0,
        fixed_in: match.fixedIn,
        advisories: match.advisories.join(' '),
      });
    }
    await rows.flush();
    await noteFingerprints(context, knowledge);
  }
  if (fact.part !== null) return;
  const artifact = fact.scope === 'all' ? null : await numbers.get('artifact', fact.scope);
  const { components, opened, closed, problems } = fact;
  rows.add('rescan', { id: index, snapshot, artifact, components, opened, closed, problems, known_from: recorded });
}
