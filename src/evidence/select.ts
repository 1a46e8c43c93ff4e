import type { FactKind } from '../ledger/fact.ts';
import type { Digest } from '../model/inventory.ts';
import type { PackRequest } from './answer.ts';
import { beliefsOf, inPeriod } from './derive/beliefs.ts';
import { contentsOf } from './derive/contents.ts';
import { lastPass } from './derive/coverage.ts';
import { Ground, type ReadDocument } from './derive/ground.ts';
import { observationsIn } from './derive/ran.ts';
import { alertsOf, conditionsOf } from './derive/told.ts';
import { namedDocuments } from './layout.ts';
import { heldDecisions, heldKnowledge } from './shapes/documents.ts';
import { type HeldEntry, readEntry } from './shapes/entry.ts';

/** Kinds that every pack has all of: what is needed to trust the log, and what is missing from it. */
const always: ReadonlySet<FactKind> = new Set(['ledger-created', 'key-rotated', 'checkpoint-stamped', 'repaired']);
/** Kinds of which deployments of other services are most. */
const ofDeployments: ReadonlySet<FactKind> = new Set([
  'deployment-started',
  'deployment-stopped',
  'deployment-corrected',
]);

/**
 * Chooses the entries that the answer to a request rests on, from all entries of a log: those of the service's deployments in
 * the period, of their artifacts, of what was learned and decided about their components, and of who looked. In the log's order.
 */
export async function select(
  log: AsyncIterable<Uint8Array>,
  read: ReadDocument,
  request: PackRequest,
): Promise<HeldEntry[]> {
  const held = await ofService(log, request.service);
  const all = new Ground(held, read);
  const { asOf } = request;
  const deployed = inPeriod(beliefsOf(all, request), request);
  const artifacts = new Set([...deployed.values()].map(({ start }) => start.fact.artifact));
  const environments = new Set([...deployed.values()].map(({ start }) => start.fact.environment));
  if (request.environment !== null) environments.add(request.environment);
  const chosen = new Set<number>();
  for (const { index, entry } of held) if (always.has(entry.kind)) chosen.add(index);
  for (const { beliefs } of deployed.values()) for (const { entry } of beliefs) chosen.add(entry);
  for (const { index, fact } of all.of('artifact-recorded', asOf)) {
    if (artifacts.has(fact.artifact.digest)) chosen.add(index);
  }
  const snapshots = new Set<Digest>();
  for (const { index, fact } of all.of('verdict-given', asOf)) {
    if (!artifacts.has(fact.artifact)) continue;
    chosen.add(index);
    if (fact.snapshot !== null) snapshots.add(fact.snapshot);
  }
  for (const { index } of observationsIn(all, request, environments)) chosen.add(index);

  const contents = await contentsOf(all, artifacts, asOf);
  const components = new Set([...contents.values()].flatMap((c) => [...c.ever]));
  const learned = await passesAbout(all, components, asOf);
  const passes = all
    .of('rescanned', asOf)
    .filter(({ fact }) => fact.part === null)
    .map(({ index, fact }) => ({ entry: index, scope: fact.scope }));
  for (const artifact of artifacts) {
    const last = lastPass(passes, artifact);
    if (last !== null) learned.entries.add(last.entry);
  }
  for (const { index, fact } of all.of('rescanned', asOf)) {
    if (!learned.entries.has(index)) continue;
    chosen.add(index);
    snapshots.add(fact.snapshot);
  }
  for (const { index, fact } of all.of('snapshot-learned', asOf)) if (snapshots.has(fact.snapshot)) chosen.add(index);
  for (const index of await decisionsAbout(all, learned.names, request)) chosen.add(index);
  for (const { index, fact } of all.of('decisions-expired', asOf)) {
    if (fact.decisions.some((id) => chosen.has(Math.floor(id / 65_536)))) chosen.add(index);
  }
  for (const index of await toldAbout(all, request, learned.names, chosen)) chosen.add(index);
  const named = await documentsNamed(all, chosen);
  for (const { index, entry } of held) if (entry.kind === 'redacted' && named.has(entry.document)) chosen.add(index);
  return held.filter(({ index }) => chosen.has(index));
}

/** All entries but those of other services' deployments. */
async function ofService(log: AsyncIterable<Uint8Array>, service: string): Promise<HeldEntry[]> {
  const held: HeldEntry[] = [];
  const own = new Set<number>();
  let index = 0;
  for await (const bytes of log) {
    const one = readEntry(bytes, index++);
    const { entry } = one;
    if (entry.kind === 'deployment-started' && entry.service === service) own.add(one.index);
    const others =
      (entry.kind === 'deployment-started' && entry.service !== service) ||
      (entry.kind === 'deployment-stopped' && !entry.deployments.some((d) => own.has(d))) ||
      (entry.kind === 'deployment-corrected' && !own.has(entry.deployment));
    if (!(ofDeployments.has(entry.kind) && others)) held.push(one);
  }
  return held;
}

/** The passes that opened or closed something of these components, and the names of what they opened. */
async function passesAbout(all: Ground, components: ReadonlySet<string>, asOf: number) {
  const entries = new Set<number>();
  const names = new Set<string>();
  for (const { index, fact } of all.of('rescanned', asOf)) {
    for (const document of fact.documents) {
      const { opened, closed } = await all.document(document, index, heldKnowledge);
      if (closed.some((c) => components.has(c.component))) entries.add(index);
      for (const match of opened) {
        if (!components.has(match.component)) continue;
        entries.add(index);
        for (const name of [match.id, ...match.aliases]) names.add(name);
      }
    }
  }
  return { entries, names };
}

/** Decisions about one of these vulnerabilities that may hold for the service. */
async function decisionsAbout(
  all: Ground,
  names: ReadonlySet<string>,
  { service, asOf }: PackRequest,
): Promise<Set<number>> {
  const found = new Set<number>();
  for (const { index, fact } of all.of('decisions-made', asOf)) {
    const { decisions } = await all.document(fact.decisions, index, heldDecisions);
    const about = decisions.some(
      (d) => (d.service === null || d.service === service) && [d.vulnerability, ...d.aliases].some((n) => names.has(n)),
    );
    if (about) found.add(index);
  }
  return found;
}

/** The alerts about the service, what became of them, and the conditions that held in the period. */
async function toldAbout(
  all: Ground,
  request: PackRequest,
  names: ReadonlySet<string>,
  chosen: ReadonlySet<number>,
): Promise<Set<number>> {
  const found = new Set<number>();
  for (const { entry, escalated, acknowledged, resolved } of await alertsOf(all, request)) {
    found.add(entry);
    for (const one of [...escalated, ...acknowledged, ...(resolved === null ? [] : [resolved])]) found.add(one.entry);
  }
  const decisions = new Set<number>();
  for (const { index, fact } of all.of('decisions-made', request.asOf)) {
    if (chosen.has(index)) for (let place = 0; place < fact.count; place++) decisions.add(index * 65_536 + place);
  }
  for (const { began, ended } of await conditionsOf(all, request, { decisions, names })) {
    found.add(began.entry);
    if (ended !== null) found.add(ended.entry);
  }
  return found;
}

async function documentsNamed(all: Ground, chosen: ReadonlySet<number>): Promise<Set<Digest>> {
  const entries = all.entries.filter(({ index }) => chosen.has(index));
  return new Set((await namedDocuments(new Ground(entries, all.read))).map((d) => d.digest));
}
