import { cyclonedx } from '../formats/cyclonedx/index.ts';
import type { RenderOptions } from '../formats/format.ts';
import { json } from '../formats/json/index.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { AdvisoryStore } from '../model/advisory.ts';
import type { Report } from '../model/report.ts';
import { type Recorded, record } from '../watch/record.ts';
import { actorOf } from './actor.ts';
import { pipelineOf } from './pipeline.ts';
import type { LedgerRun } from './with-ledger.ts';

/** What is recorded of a scan or a gate. */
export interface ToRecord {
  readonly report: Report;
  readonly store: AdvisoryStore | null;
  /** Text of the policy; null for the built-in one. */
  readonly policy: string | null;
  readonly by: string | undefined;
  readonly withVerdict: boolean;
}

// As `-f json` and `-f cyclonedx` write them, without a terminal.
const plain: RenderOptions = { columns: null, colour: false, withVulnerabilities: false, onlyScan: false };

/** Puts a report into the ledger: the artifact, its inventory, what is known of it, and the verdict where one is asked for. */
export async function recordReport(
  ledger: Ledger,
  { env, progress }: Pick<LedgerRun, 'env' | 'progress'>,
  { report, store, policy, by, withVerdict }: ToRecord,
): Promise<Recorded> {
  const pipeline = pipelineOf(env);
  progress.step('recording');
  return await record(ledger, {
    report,
    reportBytes: Buffer.from(json.render?.(report, plain) ?? ''),
    sbomBytes: Buffer.from(cyclonedx.render?.(report, plain) ?? ''),
    policyBytes: policy === null ? null : Buffer.from(policy),
    store,
    actor: await actorOf(by, env, pipeline, ledger),
    run: pipeline?.run ?? null,
    withVerdict,
  });
}

/** An artifact as `kvitto deploy` takes it: `NAME@DIGEST` of an image, else the digest alone. */
export function deployable({ artifact }: Report['inventory']): string {
  const { kind, name, digest } = artifact;
  const bare = name.replace(/@sha256:[0-9a-f]{64}$/, '');
  // A path of an archive is no name that anybody could pull.
  const isReference =
    kind === 'image' && /^[A-Za-z0-9[][A-Za-z0-9._:/[\]-]*$/.test(bare) && !/\.(?:tar|tgz)$/.test(bare);
  return isReference ? `${bare}@${digest}` : digest;
}
