import { lookupOf } from '../../model/ecosystem.ts';
import { parsePurl } from '../../model/purl.ts';
import type { ArtifactRecorded, SnapshotLearned, VerdictGiven } from '../fact.ts';
import { forever } from '../instant.ts';
import { readInventory } from '../read-documents.ts';
import { advisoryNames } from './advisory-names.ts';
import type { ApplyContext, At } from './context.ts';

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
  const { tx, rows, numbers, documents } = context;
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
  void numbers;
}

async function applyComponents(
  context: ApplyContext,
  artifact: number,
  recorded: number,
  purls: Set<string>,
): Promise<void> {
  const { tx, rows, numbers } = context;
  const before = await tx
    .selectFrom('artifact_component as ac')
    .innerJoin('component as c', 'c.id', 'ac.component')
    .select(['c.id', 'c.purl'])
    .where('ac.artifact', '=', artifact)
    .where('ac.known_to', '=', forever)
    .execute();
  const had = new Set(before.map((b) => b.purl));
  for (const { id, purl } of before) {
    if (purls.has(purl)) continue;
    await tx
      .updateTable('artifact_component')
      .set({ known_to: recorded })
      .where('artifact', '=', artifact)
      .where('component', '=', id)
      .where('known_to', '=', forever)
      .execute();
  }
  // Recorded again within the same millisecond: at no moment was it known that these were in it.
  await tx
    .deleteFrom('artifact_component')
    .where('artifact', '=', artifact)
    .where('known_from', '=', recorded)
    .where('known_to', '=', recorded)
    .execute();
  const added = [...purls].filter((p) => !had.has(p)).sort();
  await numbers.load('component', added);
  const lookups = added.map((purl) => {
    const parsed = parsePurl(purl);
    const lookup = parsed === null ? null : lookupOf(parsed);
    return { purl, ecosystem: lookup?.ecosystems.join('|') ?? null, name: lookup?.name ?? '' };
  });
  const names = await advisoryNames(context, lookups);
  for (const { purl, ecosystem, name } of lookups) {
    let component = await numbers.get('component', purl);
    if (component === null) {
      component = await numbers.give('component', purl);
      const advisory_name = ecosystem === null ? null : (names.get(`${ecosystem}\0${name}`) ?? null);
      rows.add('component', { id: component, purl, advisory_name });
    }
    rows.add('artifact_component', { artifact, component, known_from: recorded, known_to: forever });
  }
}

export async function applyVerdict(context: ApplyContext, { index, recorded }: At, fact: VerdictGiven): Promise<void> {
  const { verdict, policy, snapshot, report, findings, exceptions } = fact;
  const artifact = await artifactNumber(context, fact.artifact);
  const row = { id: index, artifact, verdict, policy, snapshot, report, findings, exceptions, known_from: recorded };
  context.rows.add('verdict', row);
}

export async function applySnapshot(
  { rows, numbers }: ApplyContext,
  { recorded }: At,
  fact: SnapshotLearned,
): Promise<void> {
  const id = await numbers.next('snapshot');
  rows.add('snapshot', { id, digest: fact.snapshot, document: fact.feeds, known_from: recorded });
}
