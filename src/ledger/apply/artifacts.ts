import { sql } from 'kysely';
import { lookupOf } from '../../model/ecosystem.ts';
import { parsePurl } from '../../model/purl.ts';
import { unassessed } from '../document-shapes.ts';
import type { ArtifactRecorded, SnapshotLearned, VerdictGiven } from '../fact.ts';
import { forever } from '../instant.ts';
import { readInventory } from '../read-documents.ts';
import { advisoryNames } from './advisory-names.ts';
import type { ApplyContext, At } from './context.ts';
import { among, parts } from './interned.ts';

/** The number of an artifact; one that nothing but its digest is known of gets a row that says so. */
export async function artifactNumber({ numbers, rows }: ApplyContext, digest: string): Promise<number> {
  const known = await numbers.get('artifact', digest);
  if (known !== null) return known;
  const id = await numbers.give('artifact', digest);
  const unknown = { kind: null, digest_of: null, name: null, platform: null, config_digest: null, entry: null };
  rows.add('artifact', { id, digest, ...unknown });
  return id;
}

export async function applyArtifact(
  context: ApplyContext,
  { index, recorded }: At,
  fact: ArtifactRecorded,
): Promise<void> {
  const { tx, rows, documents } = context;
  const { digest, digestOf, kind, name, platform, configDigest } = fact.artifact;
  const artifact = await artifactNumber(context, digest);
  const inventory = readInventory(await documents.get(fact.inventory), fact.inventory);
  // What follows reads and changes rows of this artifact that may still wait.
  await rows.flush();
  await tx
    .updateTable('artifact')
    .set({ kind, digest_of: digestOf, name, platform, config_digest: configDigest, entry: index })
    .where('id', '=', artifact)
    .where('entry', 'is', null)
    .execute();
  await tx
    .updateTable('inventory')
    .set({ known_to: recorded })
    .where('artifact', '=', artifact)
    .where('known_to', '=', forever)
    .execute();
  const { components, problems } = fact;
  const known = { known_from: recorded, known_to: forever };
  rows.add('inventory', {
    id: index,
    artifact,
    document: fact.inventory,
    sbom: fact.sbom,
    components,
    problems,
    ...known,
  });
  await applyComponents(context, artifact, recorded, new Set(inventory.components.map((c) => c.purl)));
}

async function applyComponents(
  context: ApplyContext,
  artifact: number,
  recorded: number,
  purls: Set<string>,
): Promise<void> {
  const { tx, rows, numbers, database } = context;
  const before = await tx
    .selectFrom('artifact_component as ac')
    .innerJoin('component as c', 'c.id', 'ac.component')
    .select(['c.id', 'c.purl'])
    .where('ac.artifact', '=', artifact)
    .where('ac.known_to', '=', forever)
    .execute();
  const had = new Set(before.map((b) => b.purl));
  const gone = before.filter((b) => !purls.has(b.purl)).map((b) => b.id);
  for (const part of parts(gone)) {
    // What came and went within one instant (the clock may stand still) was never known, and may come again in it.
    const rowsOf = sql`artifact = ${artifact} AND known_to = ${forever} AND ${among(database, 'component', part)}`;
    await sql`DELETE FROM artifact_component WHERE known_from = ${recorded} AND ${rowsOf}`.execute(tx);
    await sql`UPDATE artifact_component SET known_to = ${recorded} WHERE ${rowsOf}`.execute(tx);
  }
  const added = [...purls].filter((p) => !had.has(p)).sort();
  await numbers.load('component', added);
  const lookups = added.map((purl) => {
    const parsed = parsePurl(purl);
    const lookup = parsed === null ? null : lookupOf(parsed);
    return { purl, ecosystem: lookup?.ecosystems.join('|') ?? null, name: lookup?.name ?? '' };
  });
  const names = await advisoryNames(context, lookups);
  const fresh = new Set<number>();
  for (const { purl, ecosystem, name } of lookups) {
    let component = await numbers.get('component', purl);
    if (component === null) {
      component = await numbers.give('component', purl);
      const advisory_name = ecosystem === null ? null : (names.get(`${ecosystem}\0${name}`) ?? null);
      rows.add('component', { id: component, purl, advisory_name });
      if (advisory_name !== null) fresh.add(advisory_name);
    }
    rows.add('artifact_component', { artifact, component, known_from: recorded, known_to: forever });
  }
  // What the store said of these names was never held against the new components.
  await rows.flush();
  for (const part of parts([...fresh])) {
    const ofThese = among(context.database, 'id', part);
    await tx.updateTable('advisory_name').set({ fingerprint: unassessed }).where(ofThese).execute();
  }
}

export async function applyVerdict(context: ApplyContext, { index, recorded }: At, fact: VerdictGiven): Promise<void> {
  const { verdict, policy, snapshot, report, findings, exceptions } = fact;
  const artifact = await artifactNumber(context, fact.artifact);
  const row = { id: index, artifact, verdict, policy, snapshot, report, findings, exceptions, known_from: recorded };
  context.rows.add('verdict', row);
}

/** A snapshot that two learned at once is known since the first. */
export async function applySnapshot(
  { tx, rows, numbers }: ApplyContext,
  { recorded }: At,
  { snapshot: digest, feeds }: SnapshotLearned,
): Promise<void> {
  await rows.flush();
  const known = await tx.selectFrom('snapshot').select('id').where('digest', '=', digest).executeTakeFirst();
  if (known !== undefined) return;
  rows.add('snapshot', { id: await numbers.next('snapshot'), digest, document: feeds, known_from: recorded });
}
