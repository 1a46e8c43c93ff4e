import type { Digest } from '../model/inventory.ts';
import type { Ground } from './derive/ground.ts';
import { heldDecisions } from './shapes/documents.ts';
import type { HeldEntry } from './shapes/entry.ts';

/** What a document is in a pack. */
export type Role =
  | 'inventory'
  | 'sbom'
  | 'report'
  | 'policy'
  | 'feeds'
  | 'knowledge'
  | 'observation'
  | 'decisions'
  | 'decision-evidence'
  | 'text'
  | 'stamp'
  | 'repair-report'
  | 'conditions'
  | 'alert';

/** A document that an entry names, and where it lies in a pack. */
export interface NamedDocument {
  readonly digest: Digest;
  readonly path: string;
  readonly role: Role;
  readonly entry: number;
  /** Its absence alone says nothing: it is evidence that a decision names, kept where it was given as a file. */
  readonly optional: boolean;
}

const hex = (digest: Digest) => digest.slice('sha256:'.length);

type Place = readonly [digest: Digest, path: string, role: Role];

function placesOf({ index, entry }: HeldEntry): readonly Place[] {
  const maybe = (digest: Digest | null, path: string, role: Role): readonly Place[] =>
    digest === null ? [] : [[digest, path, role]];
  switch (entry.kind) {
    case 'artifact-recorded': {
      const folder = `artifacts/${hex(entry.artifact.digest)}/${index}`;
      return [
        [entry.inventory, `${folder}/inventory.json`, 'inventory'],
        [entry.sbom, `${folder}/sbom.cdx.json`, 'sbom'],
      ];
    }
    case 'verdict-given':
      return [
        [entry.report, `verdicts/${index}/report.json`, 'report'],
        ...maybe(entry.policy, `verdicts/${index}/policy`, 'policy'),
      ];
    case 'snapshot-learned':
      return [[entry.feeds, `feeds/${hex(entry.snapshot)}.json`, 'feeds']];
    case 'rescanned':
      return entry.documents.map((d) => [d, `knowledge/${hex(d)}.json`, 'knowledge']);
    case 'observed':
      return [[entry.observation, `observations/${index}.json`, 'observation']];
    case 'decisions-made':
      return [
        [entry.decisions, `decisions/${index}/decisions.json`, 'decisions'],
        ...maybe(entry.texts, `texts/${index}.json`, 'text'),
      ];
    case 'deployment-started':
      return maybe(entry.text, `texts/${index}.json`, 'text');
    case 'deployment-corrected':
    case 'key-rotated':
    case 'redacted':
      return [[entry.text, `texts/${index}.json`, 'text']];
    case 'checkpoint-stamped':
      return [[entry.evidence, `stamps/${index}.json`, 'stamp']];
    case 'repaired':
      return [[entry.report, `repairs/${index}.json`, 'repair-report']];
    case 'conditions-changed':
      return [[entry.conditions, `conditions/${index}.json`, 'conditions']];
    case 'alerts-raised':
      return entry.alerts.map((d, place) => [d, `alerts/${index}/${place}.json`, 'alert']);
    case 'alert-acknowledged':
      return maybe(entry.text, `texts/${index}.json`, 'text');
    case 'ledger-created':
    case 'deployment-stopped':
    case 'decisions-expired':
    case 'alert-escalated':
    case 'alerts-resolved':
      return [];
  }
}

/** The documents that entries name, each once, with their places in a pack: a function of the entries alone. */
export async function namedDocuments(ground: Ground): Promise<NamedDocument[]> {
  const found = new Map<string, NamedDocument>();
  const add = (digest: Digest, path: string, role: Role, entry: number, optional: boolean) => {
    if (!found.has(path)) found.set(path, { digest, path, role, entry, optional });
  };
  for (const held of ground.entries) {
    for (const [digest, path, role] of placesOf(held)) add(digest, path, role, held.index, false);
    // What is not there cannot name anything; that it is not there is for the caller to tell.
    if (held.entry.kind !== 'decisions-made' || (await ground.read(held.entry.decisions)) === null) continue;
    const { decisions } = await ground.document(held.entry.decisions, held.index, heldDecisions);
    for (const { document } of decisions.flatMap((d) => d.evidence)) {
      if (document === null) continue;
      add(document, `decisions/${held.index}/evidence-${hex(document)}`, 'decision-evidence', held.index, true);
    }
  }
  return [...found.values()];
}
