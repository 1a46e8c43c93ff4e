import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { SeverityLevel } from '../../../model/advisory.ts';
import type { Digest, Inventory } from '../../../model/inventory.ts';
import type {
  DecisionRecord,
  FeedsDocument,
  InventoryDocument,
  KnowledgeDocument,
  KnownMatch,
} from '../../document-shapes.ts';
import type { Instant } from '../../instant.ts';
import type { Appended, Ledger } from '../../ledger.ts';
import { openLedger } from '../../open-ledger.ts';
import { correct } from '../../record/correct.ts';
import { type Deployed, type DeployRequest, deploy } from '../../record/deploy.ts';
import { stop } from '../../record/stop.ts';
import { putJson, putTexts } from '../../record/text.ts';

export const hour = 3_600_000;
/** 2026-01-01T00:00:00Z: the clock of a stage begins here. */
export const start = Date.UTC(2026, 0, 1);

/** A digest that is told from others by its first digits. */
export function digest(number: number): Digest {
  return `sha256:${number.toString(16).padStart(8, '0').padEnd(64, '0')}`;
}

export interface MatchGiven {
  readonly component: string;
  readonly id: string;
  readonly aliases?: readonly string[];
  readonly level?: SeverityLevel;
  readonly score?: number | null;
  readonly exploited?: boolean;
  readonly fixedIn?: string | null;
  readonly firstKnown?: Instant | null;
}

const nobody: Omit<DecisionRecord, 'vulnerability' | 'from'> = {
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
  until: null,
  evidence: [],
};

/** A real ledger with a clock of its own, and facts in few words. */
export class Stage {
  readonly ledger: Ledger;
  now: Instant = start;
  readonly #folder: string;

  private constructor(ledger: Ledger, folder: string) {
    this.ledger = ledger;
    this.#folder = folder;
  }

  /** `databaseUrl`: of an empty PostgreSQL database; SQLite without. */
  static async open(databaseUrl: string | null = null): Promise<Stage> {
    const folder = mkdtempSync(path.join(tmpdir(), 'kvitto-queries-'));
    let stage: Stage | null = null;
    const clock = () => new Date(stage?.now ?? start);
    const options = { folder, databaseUrl, clock, tool: 'kvitto/test', name: 'test', waitMs: 5_000 };
    stage = new Stage(await openLedger({ ...options, mode: 'create' }), folder);
    return stage;
  }

  async close(): Promise<void> {
    await this.ledger.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async artifact(artifact: Digest, purls: readonly string[], problems = 0): Promise<Appended> {
    const { documents } = this.ledger;
    const about = {
      digest: artifact,
      digestOf: 'manifest',
      kind: 'image',
      name: `image/${artifact.slice(7, 15)}`,
      platform: 'linux/amd64',
      configDigest: null,
    } as const;
    const components = purls.map((purl) => ({ purl }));
    const inventory = { artifact: about, components, problems: [] } as unknown as Inventory;
    const document: InventoryDocument = { ...inventory, schema: 'kvitto-inventory-1' };
    const inventoryDigest = await putJson(documents, document);
    const sbom = await documents.put(Buffer.from('{}'));
    return await this.ledger.append('ci', async () => [
      {
        kind: 'artifact-recorded',
        artifact: about,
        inventory: inventoryDigest,
        sbom,
        components: purls.length,
        problems,
      },
    ]);
  }

  async verdict(artifact: Digest, verdict: 'pass' | 'fail' | 'cannot-say'): Promise<Appended> {
    const report = await this.ledger.documents.put(Buffer.from('{}'));
    const rest = { policy: null, snapshot: null, report, findings: 0, exceptions: 0, run: null };
    return await this.ledger.append('ci', async () => [{ kind: 'verdict-given', artifact, verdict, ...rest }]);
  }

  async deploy(artifact: Digest, more: Partial<DeployRequest> = {}): Promise<Deployed> {
    return await deploy(this.ledger, {
      service: 'shop',
      environment: 'prod',
      artifact,
      image: null,
      at: null,
      change: null,
      run: null,
      actor: 'ci',
      breakGlass: null,
      alongside: false,
      ...more,
    });
  }

  async stop(more: Partial<Parameters<typeof stop>[1]> = {}) {
    const rest = { deployment: null, at: null, unknownEnd: false, actor: 'ci' };
    return await stop(this.ledger, { service: 'shop', environment: 'prod', ...rest, ...more });
  }

  async correct(deployment: number, from: Instant | null, until: Instant | null): Promise<Appended> {
    return await correct(this.ledger, { deployment, from, until, reason: 'the clock was wrong', actor: 'ops' });
  }

  /** A pass that opens and closes matches, from a snapshot of this number. */
  async learn(
    opened: readonly MatchGiven[],
    closed: readonly { component: string; id: string }[] = [],
    snapshot = 1,
    feedsAsOf: Instant = this.now,
  ): Promise<Appended> {
    const { documents } = this.ledger;
    const state = { id: 'osv/npm', asOf: new Date(feedsAsOf).toISOString(), digest: '', records: 1, badRecords: 0 };
    const feeds: FeedsDocument = { schema: 'kvitto-feeds-1', snapshot: digest(snapshot), feeds: [state], newest: [] };
    const document: KnowledgeDocument = {
      schema: 'kvitto-knowledge-1',
      snapshot: digest(snapshot),
      records: [],
      facts: [],
      opened: opened.map(knownMatch),
      closed: closed.map((c) => ({ ...c, why: 'gone' })),
      names: [],
      ids: [],
      problems: [],
    };
    const [feedsDigest, knowledge] = [await putJson(documents, feeds), await putJson(documents, document)];
    return await this.ledger.append('watch', async ({ tx }) => {
      const known = await tx.selectFrom('snapshot').select('id').where('digest', '=', digest(snapshot)).execute();
      const counts = { components: 1, opened: opened.length, closed: closed.length, problems: 0 };
      const pass = { kind: 'rescanned', snapshot: digest(snapshot), scope: 'all', ...counts } as const;
      const fact = { ...pass, documents: [knowledge], part: null };
      if (known.length > 0) return [fact];
      return [{ kind: 'snapshot-learned', snapshot: digest(snapshot), feeds: feedsDigest }, fact];
    });
  }

  async decide(
    decisions: readonly (Partial<DecisionRecord> & { readonly vulnerability: string })[],
  ): Promise<Appended> {
    const from = new Date(this.now).toISOString();
    const records = decisions.map((d): DecisionRecord => ({ ...nobody, from, ...d }));
    const { documents } = this.ledger;
    const list = await putJson(documents, { schema: 'kvitto-decisions-1', decisions: records });
    const texts = await putTexts(documents, [{ reason: 'not reachable' }]);
    return await this.ledger.append('security', async () => [
      { kind: 'decisions-made', decisions: list, texts, count: records.length, source: 'command' },
    ]);
  }

  /** Looks at an environment now; counts for an hour. `drift`: services with something else than recorded. */
  async observe(environment: string, drift: readonly string[] = [], coversMs = hour): Promise<Appended> {
    const document = {
      schema: 'kvitto-observation-1',
      environment,
      observation: { host: 'host', containers: [] },
      drift: drift.map((service) => ({ service, what: 'other-digest', digest: digest(99), containers: 1, paths: [] })),
    };
    const observation = await putJson(this.ledger.documents, document);
    const [at, covers] = [new Date(this.now).toISOString(), new Date(this.now + coversMs).toISOString()];
    const counts = { containers: 1, drift: drift.length };
    return await this.ledger.append('agent', async () => [
      { kind: 'observed', environment, at, covers, source: 'docker', observation, ...counts },
    ]);
  }

  async redact(document: Digest): Promise<Appended> {
    const text = await putTexts(this.ledger.documents, [{ reason: 'a name' }]);
    await this.ledger.documents.remove(document);
    return await this.ledger.append('dpo', async () => [{ kind: 'redacted', document, text }]);
  }
}

function knownMatch(given: MatchGiven): KnownMatch {
  const { component, id, aliases = [], level = 'high', score = null, fixedIn = null, exploited = false } = given;
  const kev = { source: 'CISA KEV', since: '2026-01-01', due: null, ransomware: false } as const;
  return {
    component,
    id,
    aliases,
    advisories: [`ADV-${id}`],
    severity: { source: 'test', level, score, vector: null },
    fixedIn,
    exploitation: exploited ? [kev] : [],
    epss: null,
    informational: null,
    reasons: [],
    firstKnown: given.firstKnown == null ? null : new Date(given.firstKnown).toISOString(),
  };
}
