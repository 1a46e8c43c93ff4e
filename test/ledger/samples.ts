// Facts and documents for the tests of the ledger: small, and made by hand.
import type {
  DecisionRecord,
  DecisionsDocument,
  FeedsDocument,
  InventoryDocument,
  KnowledgeDocument,
  KnownMatch,
  ObservationDocument,
} from '../../src/ledger/document-shapes.ts';
import type { Documents } from '../../src/ledger/documents.ts';
import type { ArtifactRecorded, DecisionsMade, Observed, Rescanned } from '../../src/ledger/fact.ts';
import type { DeployRequest } from '../../src/ledger/record/deploy.ts';
import { putJson } from '../../src/ledger/record/text.ts';
import type { Digest } from '../../src/model/inventory.ts';

/** A digest that a person can tell from others. */
export function digest(number: number): Digest {
  return `sha256:${number.toString(16).padStart(64, '0')}`;
}

export function deployRequest(more: Partial<DeployRequest> = {}): DeployRequest {
  return {
    service: 'api',
    environment: 'production',
    artifact: digest(1),
    image: 'registry.example/shop/api',
    at: null,
    change: null,
    run: null,
    actor: 'ci',
    breakGlass: null,
    alongside: false,
    ...more,
  };
}

export async function artifactFact(
  documents: Documents,
  artifact: Digest,
  purls: readonly string[],
): Promise<ArtifactRecorded> {
  const described = {
    kind: 'image',
    name: 'registry.example/shop/api:1',
    digest: artifact,
    digestOf: 'manifest',
    platform: 'linux/amd64',
    configDigest: digest(0xc0),
  } as const;
  const document: InventoryDocument = {
    schema: 'kvitto-inventory-1',
    artifact: { ...described, references: [], layers: [] },
    os: null,
    config: null,
    components: purls.map((purl) => ({
      purl,
      name: purl,
      version: '1',
      licenses: [],
      locations: [],
      cataloger: 'test',
      direct: null,
      scope: null,
      evidence: null,
    })) as unknown as InventoryDocument['components'],
    coverage: [],
    problems: [],
  };
  return {
    kind: 'artifact-recorded',
    artifact: described,
    inventory: await putJson(documents, document),
    sbom: await documents.put(Buffer.from('{"bomFormat":"CycloneDX"}')),
    components: purls.length,
    problems: 0,
  };
}

export async function feedsDocument(documents: Documents, snapshot: Digest): Promise<Digest> {
  const document: FeedsDocument = { schema: 'kvitto-feeds-1', snapshot, newest: [], feeds: [] };
  return await putJson(documents, document);
}

export function knownMatch(component: string, id: string, more: Partial<KnownMatch> = {}): KnownMatch {
  return {
    component,
    id,
    aliases: [],
    advisories: [id],
    severity: { level: 'high', score: 7.5, vector: null, source: 'test' } as unknown as KnownMatch['severity'],
    fixedIn: '2',
    exploitation: [],
    epss: null,
    informational: null,
    reasons: [],
    firstKnown: null,
    ...more,
  };
}

/** A pass over components with one document. */
export async function rescanFact(
  documents: Documents,
  snapshot: Digest,
  more: Partial<Pick<KnowledgeDocument, 'opened' | 'closed' | 'names' | 'ids'>>,
): Promise<Rescanned> {
  const document: KnowledgeDocument = {
    schema: 'kvitto-knowledge-1',
    snapshot,
    records: [],
    facts: [],
    opened: [],
    closed: [],
    names: [],
    ids: [],
    problems: [],
    ...more,
  };
  return {
    kind: 'rescanned',
    snapshot,
    scope: 'all',
    components: 2,
    opened: document.opened.length,
    closed: document.closed.length,
    problems: 0,
    documents: [await putJson(documents, document)],
    part: null,
  };
}

export function decision(vulnerability: string, more: Partial<DecisionRecord> = {}): DecisionRecord {
  return {
    vulnerability,
    aliases: [],
    service: null,
    environment: null,
    component: null,
    artifact: null,
    status: 'not_affected',
    justification: 'component_not_present',
    originalJustification: null,
    owner: 'security',
    approvedBy: null,
    from: '2026-01-01T00:00:00.000Z',
    until: null,
    evidence: [],
    ...more,
  };
}

export async function decisionsFact(
  documents: Documents,
  decisions: readonly DecisionRecord[],
): Promise<DecisionsMade> {
  const document: DecisionsDocument = { schema: 'kvitto-decisions-1', decisions };
  const put = await putJson(documents, document);
  return { kind: 'decisions-made', decisions: put, texts: null, count: decisions.length, source: 'command' };
}

export async function observedFact(documents: Documents, drift: ObservationDocument['drift']): Promise<Observed> {
  const at = '2026-01-02T00:00:00.000Z';
  const document: ObservationDocument = {
    schema: 'kvitto-observation-1',
    environment: 'production',
    observation: { source: 'docker', at, changesAsked: false, containers: [], problems: [] },
    drift,
  };
  return {
    kind: 'observed',
    environment: 'production',
    at,
    covers: '2026-01-02T01:00:00.000Z',
    source: 'docker',
    observation: await putJson(documents, document),
    containers: 3,
    drift: drift.length,
  };
}
