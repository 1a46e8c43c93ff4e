import type { InventoryDocument } from '../ledger/document-shapes.ts';
import type { ArtifactRecorded, Fact, Rescanned } from '../ledger/fact.ts';
import { forever } from '../ledger/instant.ts';
import type { Appended, Ledger } from '../ledger/ledger.ts';
import { checkName } from '../ledger/names.ts';
import type { Source } from '../ledger/queries/changed-components.ts';
import { putJson } from '../ledger/record/text.ts';
import type { AdvisoryStore } from '../model/advisory.ts';
import type { Digest } from '../model/inventory.ts';
import type { Problem } from '../model/problem.ts';
import type { Report } from '../model/report.ts';
import { appendUnlessChanged } from './append-unless-changed.ts';
import { learn } from './learn.ts';
import { standingOf } from './standing.ts';

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
  /** Null without a store. */
  readonly rescanned: Rescanned | null;
  /** What the pass over its components could not assess, and what is to be said of the store. */
  readonly problems: readonly Problem[];
}

/**
 * Records an artifact, what is known of its components, and the verdict on it: one transaction. Components under the same names of
 * other artifacts are held against the store as well; a store that is older than what was used before changes nothing that is
 * known, and only opens what it says of new components.
 */
export async function record(ledger: Ledger, request: RecordRequest): Promise<Recorded> {
  const { report, store, run } = request;
  const actor = checkName(request.actor, '--by');
  const { documents } = ledger;
  const { inventory } = report;
  const { artifact } = inventory;
  const { digest, digestOf, kind, name, platform, configDigest } = artifact;
  const document: InventoryDocument = { schema: 'kvitto-inventory-1', ...inventory };
  const recorded: ArtifactRecorded = {
    kind: 'artifact-recorded',
    artifact: { digest, digestOf, kind, name, platform, configDigest },
    inventory: await putJson(documents, document),
    sbom: await documents.put(request.sbomBytes),
    components: inventory.components.length,
    problems: inventory.problems.length,
  };
  const verdict: Fact | null = request.withVerdict
    ? {
        kind: 'verdict-given',
        artifact: digest,
        verdict: report.verdict.kind,
        policy: request.policyBytes === null ? null : await documents.put(request.policyBytes),
        snapshot: (report.snapshot?.digest as Digest | undefined) ?? null,
        report: await documents.put(request.reportBytes),
        findings: report.findings.length,
        exceptions: report.verdict.exceptions.filter((e) => e.matched.length > 0 && e.state !== 'expired').length,
        run,
      }
    : null;
  const components = inventory.components.map((c) => c.purl);
  const { appended, worked } = await appendUnlessChanged(
    ledger,
    actor,
    async (source) => {
      const known = await isKnown(source, digest, recorded.inventory);
      if (store === null) return { known, learned: null };
      const standing = await standingOf(source, documents, store);
      return { known, learned: await learn(source, documents, { store, standing, artifact: digest, components }) };
    },
    async ({ known, learned }, { tx }, isAlone) => {
      const source = { reader: tx, database: ledger.database };
      const holds =
        isAlone ||
        ((await isKnown(source, digest, recorded.inventory)) === known &&
          (store === null || learned === null || (await learned.rests.hold(source, store, learned.pass))));
      if (!holds) return null;
      return [
        ...(known ? [] : [{ fact: recorded }]),
        ...(learned?.facts ?? []),
        ...(verdict === null ? [] : [{ fact: verdict }]),
      ];
    },
  );
  const { known, learned } = worked;
  return { appended, known, rescanned: learned?.rescanned ?? null, problems: learned?.problems ?? [] };
}

async function isKnown({ reader }: Source, artifact: string, inventory: string): Promise<boolean> {
  const row = await reader
    .selectFrom('inventory as i')
    .innerJoin('artifact as a', 'a.id', 'i.artifact')
    .select('i.document')
    .where('a.digest', '=', artifact)
    .where('i.known_to', '=', forever)
    .executeTakeFirst();
  return row?.document === inventory;
}
