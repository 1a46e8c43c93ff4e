import type { DecisionRecord, DecisionsDocument, InventoryDocument } from '../../src/ledger/document-shapes.ts';
import type { Fact } from '../../src/ledger/fact.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { type DeployRequest, deployAll } from '../../src/ledger/record/deploy.ts';
import { putJson, putTexts } from '../../src/ledger/record/text.ts';
import type { Inventory } from '../../src/model/inventory.ts';
import { rescan } from '../../src/watch/rescan.ts';
import {
  componentPurl,
  cveOf,
  day,
  type EstateSize,
  imageComponents,
  imageDigest,
  namesOf,
  quarterStart,
  randomFrom,
} from './estate.ts';
import { quarterStore } from './stores.ts';

/** A clock that is set by hand. */
export interface HandClock {
  now: number;
}

const say = (text: string) => process.stdout.write(`${text}\n`);
const imagesAtOnce = 50;

async function recordImages(ledger: Ledger, from: number, to: number, size: EstateSize): Promise<void> {
  const { documents } = ledger;
  const sbom = await documents.put(Buffer.from('{"bomFormat":"CycloneDX"}'));
  for (let at = from; at < to; at += imagesAtOnce) {
    const facts: Fact[] = [];
    for (let index = at; index < Math.min(to, at + imagesAtOnce); index += 1) {
      const about = {
        digest: imageDigest(index),
        digestOf: 'manifest',
        kind: 'image',
        name: `registry.example/shop/service-${index % size.services}`,
        platform: 'linux/amd64',
        configDigest: null,
      } as const;
      const components = imageComponents(index, size).map((purl) => {
        const [name, version] = purl.slice('pkg:npm/'.length).split('@');
        return { purl, name, version };
      });
      const inventory = { artifact: about, components, coverage: [], problems: [] } as unknown as Inventory;
      const document: InventoryDocument = { ...inventory, schema: 'kvitto-inventory-1' };
      facts.push({
        kind: 'artifact-recorded',
        artifact: about,
        inventory: await putJson(documents, document),
        sbom,
        components: components.length,
        problems: 0,
      });
      const report = await documents.put(Buffer.from(`{"report":${index}}`));
      const rest = { policy: null, snapshot: null, report, findings: 12, exceptions: 0, run: null };
      facts.push({ kind: 'verdict-given', artifact: about.digest, verdict: 'pass', ...rest });
    }
    await ledger.append('pipeline', async () => facts);
  }
}

export function deployRequest(service: number, environment: string, image: number, number: number): DeployRequest {
  return {
    service: `team-${service % 40}/service-${service}`,
    environment,
    artifact: imageDigest(image),
    image: `registry.example/shop/service-${service}`,
    at: null,
    change: `https://git.example/shop/service-${service}/-/merge_requests/${number}`,
    run: `https://git.example/shop/service-${service}/-/pipelines/${1_000_000 + number}`,
    actor: 'pipeline',
    breakGlass: null,
    alongside: false,
  };
}

const deploymentsAtOnce = 100;

/** Each service in turn, in two environments, with the newest of its images. */
async function deployQuarter(ledger: Ledger, clock: HandClock, quarter: number, size: EstateSize): Promise<void> {
  const from = Math.round((size.deployments * quarter) / size.quarters);
  const to = Math.round((size.deployments * (quarter + 1)) / size.quarters);
  const known = Math.round((size.images * (quarter + 1)) / size.quarters);
  const begin = quarterStart(quarter) + day;
  const length = quarterStart(quarter + 1) - begin - 2 * day;
  for (let at = from; at < to; at += deploymentsAtOnce) {
    clock.now = Math.round(begin + (length * (at - from)) / (to - from));
    const requests: DeployRequest[] = [];
    for (let number = at; number < Math.min(to, at + deploymentsAtOnce); number += 1) {
      const service = number % size.services;
      const environment = Math.floor(number / size.services) % 2 === 0 ? 'prod' : 'staging';
      const own = Math.floor((known - 1 - service) / size.services);
      const image = own < 0 ? (number * 7) % known : service + own * size.services;
      requests.push(deployRequest(service, environment, image, number));
    }
    await deployAll(ledger, requests);
  }
}

const decisionsAtOnce = 4_000;

/** Decisions on a tenth of what is known: most of a component, some of a service or an artifact, a few of all. */
async function decide(ledger: Ledger, quarter: number, size: EstateSize): Promise<void> {
  const random = randomFrom(500 + quarter);
  const int = (below: number) => Math.floor(random() * below);
  const until = Math.round(size.advisories * ((quarter + 1) / size.quarters));
  const count = Math.round(size.matches / 10 / size.quarters);
  const from = new Date(ledger.parts.clock()).toISOString();
  for (let at = 0; at < count; at += decisionsAtOnce) {
    const decisions: DecisionRecord[] = [];
    for (let i = at; i < Math.min(count, at + decisionsAtOnce); i += 1) {
      const kind = random();
      const vulnerability = int(until);
      const names = namesOf(vulnerability, size);
      const component = (names[int(names.length)] ?? 0) * 3 + int(3);
      decisions.push({
        vulnerability: cveOf(vulnerability),
        aliases: [],
        service: kind > 0.85 && kind < 0.95 ? deployRequest(int(size.services), '', 0, 0).service : null,
        environment: null,
        component: kind <= 0.85 ? componentPurl(component) : null,
        artifact: kind >= 0.95 && kind < 0.998 ? imageDigest(int(size.images)) : null,
        status: 'not_affected',
        justification: 'vulnerable_code_not_in_execute_path',
        originalJustification: null,
        owner: 'product-security',
        approvedBy: null,
        from,
        until: null,
        evidence: [],
      });
    }
    const document: DecisionsDocument = { schema: 'kvitto-decisions-1', decisions };
    const texts = await putTexts(ledger.documents, [{ reason: 'not reachable' }]);
    const list = await putJson(ledger.documents, document);
    await ledger.append('security', async () => [
      { kind: 'decisions-made', decisions: list, texts, count: decisions.length, source: 'command' },
    ]);
  }
}

/** Three years, quarter by quarter: images, deployments, a rescan with the feed's state, decisions. */
export async function buildEstate(ledger: Ledger, clock: HandClock, stores: string, size: EstateSize): Promise<void> {
  for (let quarter = 0; quarter < size.quarters; quarter += 1) {
    const started = performance.now();
    clock.now = quarterStart(quarter);
    const images = (q: number) => Math.round((size.images * q) / size.quarters);
    await recordImages(ledger, images(quarter), images(quarter + 1), size);
    const recorded = performance.now();
    await deployQuarter(ledger, clock, quarter, size);
    const deployed = performance.now();
    clock.now = quarterStart(quarter + 1) - day / 2;
    if (quarter % 3 < 2) continue;
    const store = await quarterStore(stores, quarter, size);
    const stored = performance.now();
    const { rescanned } = await rescan(ledger, store, 'watch', { maxFeedAgeMs: null });
    store.close?.();
    const scanned = performance.now();
    await decide(ledger, quarter, size);
    const decided = performance.now();
    await ledger.publish();
    const s = (from: number, to: number) => ((to - from) / 1000).toFixed(1);
    say(
      `  quarter ${quarter + 1}: images ${s(started, recorded)} s, deployments ${s(recorded, deployed)} s, store ${s(deployed, stored)} s, rescan ${s(stored, scanned)} s (${rescanned.opened} opened), decisions ${s(scanned, decided)} s, publish ${s(decided, performance.now())} s`,
    );
  }
}

/** The same images and deployments, of which nothing is known: nobody has asked a store. */
export async function buildUnknown(ledger: Ledger, clock: HandClock, size: EstateSize): Promise<void> {
  for (let quarter = 0; quarter < size.quarters; quarter += 1) {
    clock.now = quarterStart(quarter);
    const images = (q: number) => Math.round((size.images * q) / size.quarters);
    await recordImages(ledger, images(quarter), images(quarter + 1), size);
    await deployQuarter(ledger, clock, quarter, size);
  }
  await ledger.publish();
}
