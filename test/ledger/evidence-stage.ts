// A small ledger with everything that evidence has to show: late facts, an overlap, a correction, redactions, two states of the
// feeds, decisions that supersede one another, an observation with drift. Made through the real functions, with a clock of its own.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { cyclonedx } from '../../src/formats/cyclonedx/index.ts';
import { json } from '../../src/formats/json/index.ts';
import { component, digestOf, sampleReport } from '../../src/formats/testing/sample-report.ts';
import type { Instant } from '../../src/ledger/instant.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { openLedger } from '../../src/ledger/open-ledger.ts';
import { correct } from '../../src/ledger/record/correct.ts';
import { type DecideRequest, decide } from '../../src/ledger/record/decide.ts';
import { type DeployRequest, deploy } from '../../src/ledger/record/deploy.ts';
import { redact } from '../../src/ledger/record/redact.ts';
import { rotateKey } from '../../src/ledger/record/rotate-key.ts';
import { stampWithCosignature } from '../../src/ledger/record/stamp.ts';
import { stop } from '../../src/ledger/record/stop.ts';
import { putJson } from '../../src/ledger/record/text.ts';
import { advisory, facts, memoryStore, range } from '../../src/match/testing/memory-store.ts';
import type { Advisory, AdvisoryStore, VulnerabilityFacts } from '../../src/model/advisory.ts';
import type { Digest } from '../../src/model/inventory.ts';
import type { Report } from '../../src/model/report.ts';
import { cosign } from '../../src/tlog/cosignature.ts';
import { formatVkey, signatureTypes, splitNote } from '../../src/tlog/note.ts';
import { makeKeyFile } from '../../src/tlog/signer.ts';
import { record } from '../../src/watch/record.ts';
import { rescan } from '../../src/watch/rescan.ts';

export const tool = 'kvitto/0.0.0-test';
export const day = 86_400_000;
export const start: Instant = Date.UTC(2026, 0, 1);

export const first: Digest = digestOf('shop 1');
export const second: Digest = digestOf('shop 2');
const other: Digest = digestOf('mail 1');
const never: Digest = digestOf('never recorded');

function store(
  number: number,
  named: Record<string, readonly Advisory[]>,
  known: readonly VulnerabilityFacts[],
): AdvisoryStore {
  const asOf = new Date(start + (number - 1) * 30 * day - day).toISOString();
  const feed = { id: 'osv/npm', asOf, digest: digestOf(`feed ${number}`), records: 10, badRecords: 0 };
  return { ...memoryStore(named, known), snapshot: { digest: digestOf(`snapshot ${number}`), feeds: [feed] } };
}

const high = {
  source: 'GHSA',
  level: 'high',
  score: 7.5,
  vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H',
} as const;
const leftPad = advisory('GHSA-aaaa-bbbb-cccc', {
  aliases: ['CVE-2026-0001'],
  severity: [high],
  affected: [range('SEMVER', 'introduced 0', 'fixed 1.2.0')],
});
/** Says that 1.2.0 is affected too: it does not hit 1.0.0, and moves the fix. */
const leftPadAgain = advisory('GHSA-dddd-eeee-ffff', {
  aliases: ['CVE-2026-0001'],
  severity: [high],
  affected: [range('SEMVER', 'introduced 1.2.0', 'fixed 1.2.1')],
});
const express = advisory('GHSA-gggg-hhhh-jjjj', {
  aliases: ['CVE-2026-0002'],
  affected: [range('SEMVER', 'introduced 4.0.0', 'fixed 4.17.0')],
});

export const store1 = store(1, { 'npm left-pad': [leftPad, leftPadAgain] }, [facts('CVE-2026-0001')]);
export const store2 = store(2, { 'npm left-pad': [leftPad, leftPadAgain], 'npm express': [express] }, [
  facts('CVE-2026-0001', {
    severity: [{ source: 'NVD', level: 'critical', score: 9.8, vector: null }],
    exploitation: [{ source: 'CISA KEV', since: '2026-01-20', due: null, ransomware: false }],
  }),
]);
export const store3 = store(
  3,
  { 'npm left-pad': [leftPad, leftPadAgain], 'npm express': [{ ...express, withdrawn: '2026-02-20T00:00:00Z' }] },
  [],
);

export function reportOf(artifact: Digest, name: string, purls: readonly [string, string, string][]): Report {
  const components = purls.map(([purl, called, version]) => component(purl, called, version));
  const inventory = { ...sampleReport.inventory, components, problems: [] };
  return {
    ...sampleReport,
    inventory: { ...inventory, artifact: { ...inventory.artifact, digest: artifact, name } },
    findings: [],
    problems: [],
    complete: true,
    verdict: {
      ...sampleReport.verdict,
      kind: 'pass',
      policy: null,
      rules: [],
      exceptions: [],
      reasons: [],
      warnings: [],
    },
  };
}

const options = { columns: null, colour: false, withVulnerabilities: false };
const plain: DecideRequest = {
  vulnerability: 'CVE-2026-0001',
  aliases: [],
  service: 'shop',
  environment: null,
  component: null,
  artifact: null,
  status: 'not_affected',
  justification: 'vulnerable_code_not_in_execute_path',
  originalJustification: null,
  reason: 'the padding is never called',
  action: null,
  owner: 'role:shop-team',
  approvedBy: null,
  from: null,
  until: null,
  evidence: [],
};
const demands = { fourEyes: [], longestMs: 400 * day };

export interface Told {
  readonly ledger: Ledger;
  readonly folder: string;
  /** The moment at which the story ends. */
  readonly now: Instant;
  remove(): Promise<void>;
}

/** Long enough to be packed where it is kept. */
const traceOfCalls = Array.from({ length: 400 }, (_, i) => `${digestOf(String(i)).slice(7, 20)} main → pad\n`).join('');

/** Tells the story, publishes, and leaves the ledger open. */
export async function tellStory(databaseUrl: string | null = null): Promise<Told> {
  const folder = mkdtempSync(path.join(tmpdir(), 'kvitto-evidence-'));
  let now = start;
  const clock = () => new Date(now);
  const named = { folder: path.join(folder, 'ledger'), databaseUrl, clock, tool, name: 'test', waitMs: 5_000 };
  const ledger = await openLedger({ ...named, mode: 'create' });
  const recorded = async (report: Report, known: AdvisoryStore | null, withVerdict: boolean) =>
    await record(ledger, {
      report,
      reportBytes: Buffer.from(json.render?.(report, options) ?? ''),
      sbomBytes: Buffer.from(cyclonedx.render?.(report, options) ?? ''),
      policyBytes: withVerdict ? Buffer.from('maxDbAge: 7d\n') : null,
      store: known,
      actor: 'ci',
      run: withVerdict ? 'https://ci.example/run/1' : null,
      withVerdict,
    });
  const deployed = async (artifact: Digest, more: Partial<DeployRequest> = {}) =>
    await deploy(ledger, {
      service: 'shop',
      environment: 'prod',
      artifact,
      image: 'registry.example/shop',
      at: null,
      change: 'https://git.example/shop/1',
      run: null,
      actor: 'ci',
      breakGlass: null,
      alongside: false,
      ...more,
    });

  const shop1 = reportOf(first, 'shop', [
    ['pkg:npm/express@4.16.0', 'express', '4.16.0'],
    ['pkg:npm/left-pad@1.0.0', 'left-pad', '1.0.0'],
  ]);
  await recorded(shop1, store1, true);
  now += day;
  await deployed(first);
  await recorded(reportOf(other, 'mail', [['pkg:npm/express@4.15.0', 'express', '4.15.0']]), store1, true);
  await deployed(other, { service: 'mail' });
  now += 4 * day;
  const observation = {
    schema: 'kvitto-observation-1',
    environment: 'prod',
    observation: {
      source: 'docker',
      at: new Date(now).toISOString(),
      changesAsked: true,
      containers: [],
      problems: [],
    },
    drift: [{ service: 'shop', what: 'changed-by-hand', digest: first, containers: 1, paths: ['/etc/<script>'] }],
  };
  const seen = await putJson(ledger.documents, observation);
  const [at, covers] = [new Date(now).toISOString(), new Date(now + 2 * day).toISOString()];
  await ledger.append('agent', async () => [
    { kind: 'observed', environment: 'prod', at, covers, source: 'docker', observation: seen, containers: 1, drift: 1 },
  ]);
  now += 10 * day;
  const evidence = await ledger.documents.put(Buffer.from(traceOfCalls));
  await decide(ledger, [{ ...plain, until: now + 90 * day, evidence: [{ url: null, document: evidence }] }], demands, {
    actor: 'role:security',
    source: 'command',
  });
  now += 20 * day;
  await rescan(ledger, store2, 'watch');
  now += day;
  // By its other name, and of the same scope: it takes the place of the first.
  await decide(
    ledger,
    [
      {
        ...plain,
        vulnerability: 'GHSA-aaaa-bbbb-cccc',
        status: 'affected',
        justification: null,
        reason: 'we update',
        until: now + 60 * day,
      },
    ],
    demands,
    { actor: 'role:security', source: 'command' },
  );
  await decide(ledger, [{ ...plain, vulnerability: 'CVE-2026-9999', service: 'mail', until: now + day }], demands, {
    actor: 'role:security',
    source: 'command',
  });
  now += day;
  const checkpoint = await ledger.publish();
  const witness = await makeKeyFile(path.join(folder, 'witness.key'), 'witness.example/w');
  await stampWithCosignature(ledger, {
    checkpoint,
    line: await cosign(splitNote(checkpoint).text, witness, Math.floor(now / 1000)),
    key: formatVkey({ ...witness, type: signatureTypes.cosignature }),
    actor: 'watch',
  });
  // Late: it ran for two days before anybody said so, beside the first, and was never recorded.
  const late = await deployed(never, {
    at: now - 2 * day,
    alongside: true,
    breakGlass: 'Anna asked for it & <b>now</b>',
  });
  now += day;
  await stop(ledger, {
    service: 'shop',
    environment: 'prod',
    deployment: late.deployment,
    at: null,
    unknownEnd: true,
    actor: 'ops',
  });
  now += day;
  await rotateKey(ledger, { reason: 'yearly', actor: 'role:security' });
  await recorded(reportOf(second, 'shop', [['pkg:npm/express@4.16.0', 'express', '4.16.0']]), store2, true);
  const next = await deployed(second);
  now += day;
  await correct(ledger, {
    deployment: next.deployment,
    from: now - 2 * day,
    until: null,
    reason: 'the clock of the pipeline was wrong',
    actor: 'ops',
  });
  now += 20 * day;
  await rescan(ledger, store3, 'watch');
  now += day;
  if (late.fact.text !== null) {
    await redact(ledger, { document: late.fact.text, reason: 'it names a person', actor: 'role:privacy' });
  }
  await ledger.publish();
  return {
    ledger,
    folder: named.folder,
    now,
    async remove() {
      await ledger.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
