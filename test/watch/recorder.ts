// A process that records facts beside the watches, until its standard input ends: `recorder.ts WORK`. It ends with 0 when all was recorded.
import { hash } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { storePaths } from '../../src/advisories/paths.ts';
import { openStore } from '../../src/advisories/store/open.ts';
import { osvRecord, writeFeeds } from '../../src/advisories/testing/feeds-folder.ts';
import { updateStore } from '../../src/advisories/update.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { openLedger } from '../../src/ledger/open-ledger.ts';
import { acknowledge } from '../../src/ledger/record/acknowledge.ts';
import { decide } from '../../src/ledger/record/decide.ts';
import { deploy } from '../../src/ledger/record/deploy.ts';
import { observe } from '../../src/ledger/record/observe.ts';
import { record } from '../../src/watch/record.ts';
import { digestOf, reportOf } from '../../src/watch/testing/small-ledger.ts';

export interface Work {
  readonly home: string;
  readonly databaseUrl: string | null;
  /** `begin`: the first artifacts and what runs, and then its end. `facts`: deployments, observations, decisions. `knowledge`: advisories, scans. */
  readonly what: 'begin' | 'facts' | 'knowledge';
  /** Pause between two rounds, at most. */
  readonly pauseMs: number;
}

export const services = ['shop', 'api', 'mail', 'stock', 'pay'] as const;
const parts = 12;
/** What a service runs: three parts of its own, one that it has in common with the next. */
const partsOf = (service: number) => [0, 1, 2, 3].map((n) => (service * 3 + n) % parts);
const purl = (part: number) => `pkg:npm/part-${part}@1.0.0`;
const artifactOf = (service: string) => `registry.example/${service}:1`;
const vulnerability = (n: number) => `CVE-2026-${1000 + n}`;
const each = 3;
const vectors = [
  'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H',
  'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N',
  'CVSS:3.1/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N',
];

const pick = <T>(list: readonly T[]): T => list[Math.floor(Math.random() * list.length)] as T;
const chance = (share: number) => Math.random() < share;

/** What the feeds say of one vulnerability. */
interface Said {
  fixed: string | null;
  vector: string;
  isAffected: boolean;
  isWithdrawn: boolean;
  isExploited: boolean;
}

/** Feeds that change a little each time, as theirs do. */
class Feeds {
  readonly #home: string;
  readonly #folder: string;
  readonly #said: Said[] = Array.from({ length: parts * each }, () => {
    return { fixed: null, vector: pick(vectors), isAffected: false, isWithdrawn: false, isExploited: false };
  });

  constructor(home: string) {
    this.#home = home;
    this.#folder = join(home, 'feeds');
  }

  change(): void {
    for (let n = 1 + Math.floor(Math.random() * 4); n > 0; n--) {
      const one = pick(this.#said);
      if (!one.isAffected) one.isAffected = true;
      else if (chance(0.25)) one.isAffected = false;
      else if (chance(0.2)) one.isWithdrawn = !one.isWithdrawn;
      else if (chance(0.3)) one.isExploited = !one.isExploited;
      else if (chance(0.5)) one.vector = pick(vectors);
      else one.fixed = one.fixed === null ? pick(['1.1.0', '2.0.0']) : null;
    }
  }

  /** Writes them, and brings the store up to date. */
  async publish(): Promise<void> {
    const modified = new Date().toISOString();
    const npm = this.#said.map(({ fixed, vector, isAffected, isWithdrawn }, n) => {
      const severity = [{ type: 'CVSS_V3', score: vector }];
      const name = `part-${Math.floor(n / each)}`;
      const more = { modified, severity, ...(isWithdrawn && { withdrawn: modified }) };
      const events = [{ introduced: isAffected ? '0' : '99.0.0' }, ...(fixed === null ? [] : [{ fixed }])];
      const affected = [{ package: { ecosystem: 'npm', name }, ranges: [{ type: 'SEMVER', events }] }];
      return osvRecord(vulnerability(n), 'npm', name, '1', { ...more, affected });
    });
    const kev = [
      // A catalogue is never empty.
      { cveID: 'CVE-2020-0001', dateAdded: '2026-01-01' },
      ...this.#said.flatMap((s, n) => (s.isExploited ? [{ cveID: vulnerability(n), dateAdded: '2026-01-01' }] : [])),
    ];
    rmSync(this.#folder, { recursive: true, force: true });
    mkdirSync(this.#folder, { recursive: true });
    writeFeeds(this.#folder, { osv: { npm }, kev }, { kev: modified });
    const request = { home: this.#home, base: this.#folder, ecosystems: ['npm'], feeds: ['kev'] as const };
    const { perFeed } = await updateStore({ ...request, now: new Date() });
    const odd = perFeed.find((f) => f.state === 'failed');
    if (odd !== undefined) throw new Error(`the feeds of the test are refused: ${JSON.stringify(odd)}`);
  }
}

async function scan(ledger: Ledger, home: string, service: number): Promise<void> {
  const store = openStore(storePaths(home).store);
  try {
    const name = artifactOf(services[service] ?? '');
    const report = reportOf(name, partsOf(service).map(purl), store.snapshot);
    const bytes = { reportBytes: Buffer.from(name), sbomBytes: Buffer.from(`sbom ${name}`), policyBytes: null };
    await record(ledger, { report, ...bytes, store, actor: 'pipeline', run: null, withVerdict: true });
  } finally {
    store.close();
  }
}

async function run(ledger: Ledger, service: string, change: string): Promise<void> {
  const artifact = digestOf(artifactOf(service));
  const none = { image: null, at: null, run: null, breakGlass: chance(0.2) ? 'it burns' : null };
  await deploy(ledger, { service, environment: 'prod', artifact, change, actor: 'ci', alongside: false, ...none });
}

/** Sees what should run, or something that nobody recorded. */
async function look(ledger: Ledger): Promise<void> {
  const isStrange = chance(0.5);
  const containers = services.slice(0, chance(0.3) ? 4 : 5).map((service) => ({
    id: hash('sha256', service, 'hex'),
    name: service,
    image: artifactOf(service),
    configDigest: digestOf(`config ${service}`),
    manifestDigests: [digestOf(isStrange && service === 'mail' ? 'nobody knows' : artifactOf(service))],
    labels: { 'kvitto.service': service },
    startedAt: '2026-01-01T00:00:00Z',
    changes: null,
    moreChanges: 0,
    problems: [],
  }));
  const at = new Date().toISOString();
  const observation = { source: 'docker' as const, at, changesAsked: false, containers, problems: [] };
  const request = { environment: 'prod', services: null, coversMs: 60_000, written: [], actor: 'observer' };
  await observe(ledger, { observation, ...request });
}

/** Says nothing that would settle anything: what an alert lists must not hang on who was faster. */
async function state(ledger: Ledger): Promise<void> {
  const none = { aliases: [], environment: null, component: null, artifact: null, justification: null, from: null };
  const more = { originalJustification: null, action: null, approvedBy: null, evidence: [] };
  const until = Date.now() + 5 * 86_400_000;
  const said = { vulnerability: vulnerability(Math.floor(Math.random() * parts * each)), service: pick(services) };
  const request = { ...none, ...more, ...said, status: 'under_investigation' as const, reason: 'looking', owner: 'us' };
  const demands = { fourEyes: [], longestMs: 366 * 86_400_000 };
  await decide(ledger, [{ ...request, until }], demands, { actor: 'security', source: 'command' });
}

async function know(ledger: Ledger): Promise<void> {
  const { reader } = ledger;
  const open = await reader.selectFrom('alert').select('id').where('acknowledged', 'is', null).limit(20).execute();
  if (open.length > 0) await acknowledge(ledger, { alerts: [pick(open).id], actor: 'on-call', note: null });
}

const work: Work = JSON.parse(process.argv[2] ?? '');
const ledger = await openLedger({
  ...{ folder: join(work.home, 'ledger'), databaseUrl: work.databaseUrl, clock: () => new Date() },
  ...{ tool: 'kvitto/0.0.0', name: `recorder ${work.what}`, waitMs: 60_000, mode: 'create' },
});
const feeds = new Feeds(work.home);
let isOver = false;
process.stdin.once('end', () => {
  isOver = true;
});
process.stdin.resume();
if (work.what === 'begin') {
  await feeds.publish();
  for (const [number, service] of services.entries()) {
    await scan(ledger, work.home, number);
    await run(ledger, service, 'https://ci.example/0');
  }
} else {
  for (let round = 1; !isOver; round++) {
    if (work.what === 'knowledge') {
      feeds.change();
      await feeds.publish();
      if (chance(0.3)) await scan(ledger, work.home, Math.floor(Math.random() * services.length));
    } else {
      await run(ledger, pick(services), `https://ci.example/${round}`);
      if (chance(0.2)) await look(ledger);
      if (chance(0.2)) await state(ledger);
      if (chance(0.2)) await know(ledger);
    }
    await ledger.publish();
    await pause(Math.random() * work.pauseMs);
  }
}
await ledger.close();
