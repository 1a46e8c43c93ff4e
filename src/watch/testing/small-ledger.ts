import { hash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sql } from 'kysely';
import { forever, type Instant } from '../../ledger/instant.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { openLedger } from '../../ledger/open-ledger.ts';
import { deploy } from '../../ledger/record/deploy.ts';
import { facts, memoryStore } from '../../match/testing/memory-store.ts';
import { type Advisory, type AdvisoryStore, severityLevels, type VulnerabilityFacts } from '../../model/advisory.ts';
import { baseOf } from '../../model/ecosystem.ts';
import type { Digest } from '../../model/inventory.ts';
import type { Report } from '../../model/report.ts';
import { type Recorded, record } from '../record.ts';

/** `sha256:` over anything, to stand for it. */
export function digestOf(value: unknown): Digest {
  return `sha256:${hash('sha256', JSON.stringify(value), 'hex')}`;
}

/** What a store of a test holds: ecosystem → name → records. An ecosystem that is not there is not covered. */
export interface SmallStore {
  /** RFC 3339: time of all feeds. */
  readonly asOf: string;
  readonly osv: Readonly<Record<string, Readonly<Record<string, readonly Advisory[]>>>>;
  /** Null: the feeds of facts are not in it. */
  readonly facts?: readonly VulnerabilityFacts[] | null;
}

/** A store in memory that tells its feeds and what it covers, as one of a file does. */
export function smallStore({ asOf, osv, facts = [] }: SmallStore): AdvisoryStore {
  const named = Object.entries(osv).flatMap(([ecosystem, names]) =>
    Object.entries(names).map(([name, records]) => [`${ecosystem} ${name}`, records] as const),
  );
  const bases = new Set(Object.keys(osv).map(baseOf));
  const ids = [...[...bases].map((b) => `osv/${b}`), ...(facts === null ? [] : ['kev', 'nvd'])].sort();
  return {
    ...memoryStore(Object.fromEntries(named), facts ?? []),
    snapshot: {
      digest: digestOf([asOf, osv, facts]),
      feeds: ids.map((id) => ({ id, asOf, digest: digestOf([id, osv, facts]), records: 1, badRecords: 0 })),
    },
    covers: (ecosystem) => Object.hasOwn(osv, ecosystem) || (baseOf(ecosystem) === ecosystem && bases.has(ecosystem)),
  };
}

/** What NVD (a score) and KEV say of an id. */
export function factsOf(id: string, score: number, exploited = false): VulnerabilityFacts {
  const level = score >= 9 ? 'critical' : score >= 7 ? 'high' : score >= 4 ? 'medium' : 'low';
  return facts(id, {
    severity: [{ source: 'NVD', level, score, vector: null }],
    exploitation: exploited ? [{ source: 'CISA KEV', since: '2026-01-01', due: null, ransomware: false }] : [],
  });
}

/** The report of a scan that found these components and nothing else. */
export function reportOf(name: string, purls: readonly string[], snapshot: AdvisoryStore['snapshot'] | null): Report {
  const components = [...new Set(purls)].sort().map((purl) => ({
    purl,
    name: purl,
    version: '',
    foundBy: 'sbom',
    locations: [],
    direct: null,
    dev: false,
    licenses: [],
    dependsOn: [],
  }));
  return {
    tool: { name: 'kvitto', version: '0.0.0' },
    scannedAt: '2026-01-01T00:00:00Z',
    inventory: {
      artifact: {
        kind: 'image',
        name,
        digest: digestOf(name),
        digestOf: 'manifest',
        references: [],
        platform: null,
        configDigest: null,
        layers: [],
      },
      os: null,
      config: null,
      components,
      coverage: [],
      problems: [],
    },
    snapshot,
    findings: [],
    notShown: 0,
    dismissals: [],
    problems: [],
    complete: true,
    verdict: { kind: 'pass', policy: null, rules: [], exceptions: [], reasons: [], warnings: [] },
  };
}

/** A ledger in a folder of its own, on PostgreSQL where an address is given, with a clock that is set by hand. */
export interface SmallLedger {
  readonly ledger: Ledger;
  /** The clock: it stands still. */
  now: Instant;
  record(artifact: string, purls: readonly string[], store: AdvisoryStore | null): Promise<Recorded>;
  /** It runs from now on as a service of that name in `prod`. */
  deploy(service: string, artifact: string): Promise<number>;
  /** What is known (at `asOf`; null: now), one line each: component, vulnerability, form, first known (days since 2026). */
  known(asOf?: Instant | null): Promise<string[]>;
  /** The same ledger, opened once more by another process. */
  again(): Promise<Ledger>;
  close(): Promise<void>;
}

const start = Date.parse('2026-01-01T00:00:00Z');
const dayMs = 24 * 60 * 60 * 1000;

/** The moment that lies so many days after the first of 2026. */
export function dayOf(days: number): Instant {
  return start + days * dayMs;
}

export async function smallLedger(databaseUrl: string | null = null): Promise<SmallLedger> {
  const folder = mkdtempSync(path.join(tmpdir(), 'kvitto-watch-'));
  const opened: Ledger[] = [];
  const open = async () => {
    const options = {
      folder,
      databaseUrl,
      tool: 'kvitto/0.0.0',
      name: 'test',
      waitMs: 20_000,
      mode: 'create' as const,
    };
    const ledger = await openLedger({ ...options, clock: () => new Date(self.now) });
    opened.push(ledger);
    return ledger;
  };
  const self = {
    now: start,
    async record(artifact: string, purls: readonly string[], store: AdvisoryStore | null) {
      return await record(self.ledger, {
        report: reportOf(artifact, purls, store?.snapshot ?? null),
        reportBytes: Buffer.from(artifact),
        sbomBytes: Buffer.from(`sbom ${artifact}`),
        policyBytes: null,
        store,
        actor: 'pipeline',
        run: null,
        withVerdict: true,
      });
    },
    async deploy(service: string, artifact: string) {
      const request = { service, environment: 'prod', artifact: digestOf(artifact), image: null, at: null };
      const rest = { change: null, run: null, actor: 'pipeline', breakGlass: null, alongside: false };
      return (await deploy(self.ledger, { ...request, ...rest })).deployment;
    },
    async known(asOf: Instant | null = null) {
      const at = asOf ?? forever - 1;
      const { rows } = await sql<{
        purl: string;
        id: string;
        first_known: number;
        severity: number;
        score: number | null;
        exploited: number;
        fixed_in: string | null;
        advisories: string;
      }>`SELECT c.purl, v.name AS id, m.first_known, m.severity, m.score, m.exploited, m.fixed_in, m.advisories
        FROM component_match m JOIN component c ON c.id = m.component JOIN vulnerability v ON v.id = m.vulnerability
        WHERE m.known_from <= ${at} AND m.known_to > ${at}`.execute(self.ledger.reader);
      return rows
        .map((r) => {
          const severity = `${severityLevels[r.severity]} ${r.score === null ? '-' : r.score / 10}`;
          const form = `${severity}${r.exploited === 1 ? ' exploited' : ''} <${r.fixed_in ?? ''} [${r.advisories}]`;
          return `${r.purl} ${r.id} ${form} day ${(r.first_known - start) / dayMs}`;
        })
        .sort();
    },
    again: open,
    async close() {
      for (const ledger of opened) await ledger.close();
      rmSync(folder, { recursive: true, force: true });
    },
  } as Omit<SmallLedger, 'ledger'> & { ledger: Ledger };
  self.ledger = await open();
  return self;
}
