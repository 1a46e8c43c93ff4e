import type { InventoryDocument } from '../ledger/document-shapes.ts';
import type { Fact, Rescanned } from '../ledger/fact.ts';
import { forever } from '../ledger/instant.ts';
import type { Appended, Ledger } from '../ledger/ledger.ts';
import { checkName } from '../ledger/names.ts';
import { putJson } from '../ledger/record/text.ts';
import type { AdvisoryStore } from '../model/advisory.ts';
import type { Digest } from '../model/inventory.ts';
import type { Report } from '../model/report.ts';
import { learn } from './learn.ts';
import { knowledgeVersion } from './rescan.ts';

export interface RecordRequest {
  readonly report: Report;
  /** The report and its SBOM as documents, byte for byte as others get them. */
  readonly reportBytes: Uint8Array;
  readonly sbomBytes: Uint8Array;
  /** Bytes of the policy; null for the built-in default. */
  readonly policyBytes: Uint8Array | null;
  /** Null: there was no store, and nothing is learned but the inventory. */
  readonly store: AdvisoryStore | null;
  readonly actor: string;
  readonly run: string | null;
  /** Whether the verdict is recorded as well (`gate`), or the artifact alone. */
  readonly withVerdict: boolean;
}

export interface Recorded {
  readonly appended: Appended;
  /** Whether the artifact was known with the same inventory. */
  readonly known: boolean;
  readonly rescanned: Rescanned | null;
}

const mostTries = 5;

/** Records an artifact, what is known of its components, and the verdict on it: one transaction. */
export async function record(ledger: Ledger, request: RecordRequest): Promise<Recorded> {
  const { report, store, run } = request;
  const actor = checkName(request.actor, '--by');
  const { documents } = ledger;
  const { inventory } = report;
  const { artifact } = inventory;
  const document: InventoryDocument = { schema: 'kvitto-inventory-1', ...inventory };
  const inventoryDigest = await putJson(documents, document);
  const sbom = await documents.put(request.sbomBytes);
  const reportDigest = await documents.put(request.reportBytes);
  const policy = request.policyBytes === null ? null : await documents.put(request.policyBytes);
  for (let tries = 1; ; tries++) {
    const version = await knowledgeVersion(ledger.reader);
    const known = await isKnown(ledger, artifact.digest, inventoryDigest);
    const learned =
      store === null
        ? null
        : await learn(
            ledger,
            store,
            artifact.digest,
            inventory.components.map((c) => c.purl),
          );
    const { digest, digestOf, kind, name, platform, configDigest } = artifact;
    const facts: Fact[] = [];
    if (!known) {
      facts.push({
        kind: 'artifact-recorded',
        artifact: { digest, digestOf, kind, name, platform, configDigest },
        inventory: inventoryDigest,
        sbom,
        components: inventory.components.length,
        problems: inventory.problems.length,
      });
    }
    facts.push(...(learned?.facts ?? []));
    if (request.withVerdict) {
      facts.push({
        kind: 'verdict-given',
        artifact: digest,
        verdict: report.verdict.kind,
        policy,
        snapshot: (report.snapshot?.digest as Digest | undefined) ?? null,
        report: reportDigest,
        findings: report.findings.length,
        exceptions: report.verdict.exceptions.filter((e) => e.matched.length > 0 && e.state !== 'expired').length,
        run,
      });
    }
    let outdated = false;
    const appended = await ledger.append(actor, async ({ tx }) => {
      outdated = (await knowledgeVersion(tx)) !== version;
      return outdated ? [] : facts;
    });
    if (!outdated) return { appended, known, rescanned: learned?.rescanned ?? null };
    if (tries >= mostTries) throw new Error('others kept changing what this rests on');
  }
}

async function isKnown(ledger: Ledger, artifact: string, inventory: string): Promise<boolean> {
  const row = await ledger.reader
    .selectFrom('inventory as i')
    .innerJoin('artifact as a', 'a.id', 'i.artifact')
    .select('i.document')
    .where('a.digest', '=', artifact)
    .where('i.known_to', '=', forever)
    .executeTakeFirst();
  return row?.document === inventory;
}
