import { sql } from 'kysely';
import { statementOf } from '../../../evidence/vex-decisions.ts';
import { writeWhole } from '../../../files/write-whole.ts';
import { allVexFormats } from '../../../formats/all.ts';
import { imagePurl } from '../../../formats/oci-purl.ts';
import type { VexProduct } from '../../../formats/vex-format.ts';
import { among, parts } from '../../../ledger/apply/interned.ts';
import type { ArtifactRow } from '../../../ledger/database/tables.ts';
import { isDigest } from '../../../ledger/documents.ts';
import { formatInstant } from '../../../ledger/instant.ts';
import type { Ledger } from '../../../ledger/ledger.ts';
import type { DecisionRef, DeploymentRef } from '../../../ledger/queries/answers.ts';
import { decisionWords } from '../../../ledger/queries/decision-words.ts';
import { decisions } from '../../../ledger/queries/decisions.ts';
import { ran } from '../../../ledger/queries/ran.ts';
import { type Statement, statementFaults } from '../../../model/decision.ts';
import { CodedError } from '../../../model/errors.ts';
import type { Digest } from '../../../model/inventory.ts';
import { clip } from '../../../model/problem.ts';
import type { CallContext } from '../../call-context.ts';
import { exitCodes } from '../../exit-codes.ts';
import type { QuestionFlags } from '../../ledger-options.ts';
import { tell } from '../../tell.ts';
import { withLedger } from '../../with-ledger.ts';
import { timeOf } from './question.ts';

interface ExportFlags extends QuestionFlags {
  readonly at?: string;
  readonly service?: string;
  readonly author?: string;
}

/**
 * `kvitto decisions export`: the decisions in force as a VEX document, about what ran then. A decision that cannot be said in VEX
 * without saying more than was decided is left out, told, and ends with 3.
 */
export async function exportDecisionsCommand(flags: ExportFlags, context: CallContext): Promise<number> {
  const format = allVexFormats.find(({ id }) => id.replace(/-vex$/, '') === flags.format);
  if (format === undefined) {
    throw new CodedError('usage', `unknown format: ${clip(flags.format, 40)}`, {
      remedy: 'openvex, cyclonedx or csaf',
    });
  }
  const asked = { at: timeOf(flags.at, '--at'), asOf: timeOf(flags.asOf, '--as-of'), service: flags.service ?? null };
  const access = { command: 'decisions export', mode: 'read' } as const;
  return await withLedger(flags, context, access, async (ledger, { progress }) => {
    const answer = await decisions(ledger, asked);
    const { at, asOf } = answer;
    const { deployments } = await ran(ledger, { environment: null, service: asked.service, at, asOf });
    const { statements, leftOut } = await statementsOf(ledger, answer.decisions, deployments);
    progress.done();
    if (statements.length === 0) {
      throw new CodedError(
        'not-in-ledger',
        `no decision that was in force at ${formatInstant(at)} can be said in VEX`,
        {
          remedy: leftOut[0] ?? 'kvitto decisions lists those that were in force',
        },
      );
    }
    const { origin } = ledger.parts;
    const about = new Set(statements.flatMap((s) => s.products));
    const text = format.write(statements, {
      author: flags.author ?? origin,
      id: `${origin}/vex/${encodeURIComponent(asked.service ?? 'all')}/${formatInstant(at)}/${formatInstant(asOf)}`,
      timestamp: formatInstant(asOf),
      products: await productsOf(ledger, [...about].filter(isDigest).sort()),
      toolVersion: context.version,
    });
    if (flags.output === undefined) process.stdout.write(text);
    else writeWhole(flags.output, text);
    for (const why of leftOut) tell(`left out: ${why}`);
    return leftOut.length === 0 ? exitCodes.done : exitCodes.cannotSay;
  });
}

async function statementsOf(ledger: Ledger, refs: readonly DecisionRef[], deployments: readonly DeploymentRef[]) {
  const words = await decisionWords(ledger, refs);
  const statements: Statement[] = [];
  const leftOut: string[] = [];
  for (const ref of refs) {
    const said = words.get(ref.id);
    if (said === undefined) throw new TypeError(`decision ${ref.id} has no record`);
    const { record, reason, action } = said;
    const text = reason === null ? null : { reason, ...(action !== null && { action }) };
    const statement = statementOf(record, text);
    const products = record.artifact === null ? runningIn(record, deployments) : [record.artifact];
    const [fault] = statementFaults({ ...statement, products });
    if (products.length === 0)
      leftOut.push(`decision ${ref.id} (${ref.vulnerability}): nothing that it holds for ran then`);
    else if (fault !== undefined) leftOut.push(`decision ${ref.id} (${ref.vulnerability}): ${fault}`);
    else statements.push({ ...statement, products });
  }
  return { statements, leftOut };
}

/** Artifacts as others can find them: images by the purl with their manifest's digest, all by their digest. */
async function productsOf(ledger: Ledger, digests: readonly Digest[]): Promise<VexProduct[]> {
  const known = new Map<string, ArtifactRow>();
  for (const part of parts(digests)) {
    const { rows } =
      await sql<ArtifactRow>`SELECT * FROM artifact WHERE ${among(ledger.database, 'digest', part)}`.execute(
        ledger.reader,
      );
    for (const row of rows) known.set(row.digest, row);
  }
  return digests.map((digest) => {
    const row = known.get(digest);
    const name = row?.name ?? null;
    if (row === undefined || name === null) return { purl: null, digest, name: name ?? digest, version: null };
    const { kind, digest_of: digestOf, platform } = row;
    const purl = kind === 'image' && digestOf === 'manifest' ? imagePurl({ digest, name, platform }) : null;
    return { purl, digest, name, version: null };
  });
}

/** What a decision for a service or environment is about, for others: the artifacts that ran there. */
function runningIn(
  { service, environment }: { readonly service: string | null; readonly environment: string | null },
  deployments: readonly DeploymentRef[],
): string[] {
  const fits = deployments.filter(
    (d) => (service === null || d.service === service) && (environment === null || d.environment === environment),
  );
  return [...new Set(fits.map((d) => d.artifact.digest))].sort();
}
