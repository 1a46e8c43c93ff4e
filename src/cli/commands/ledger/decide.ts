import { isDigest } from '../../../ledger/documents.ts';
import { parseInstant } from '../../../ledger/instant.ts';
import { type DecideRequest, decide } from '../../../ledger/record/decide.ts';
import {
  isJustification,
  isVexStatus,
  isVulnerabilityId,
  justifications,
  vexStatuses,
  vulnerabilityIdFault,
} from '../../../model/decision.ts';
import { CodedError } from '../../../model/errors.ts';
import { clip } from '../../../model/problem.ts';
import { actorOf } from '../../actor.ts';
import { checkFormat, writeAnswer } from '../../answers/answer.ts';
import { when } from '../../answers/words.ts';
import type { CallContext } from '../../call-context.ts';
import { evidenceOf } from '../../evidence-argument.ts';
import { exitCodes } from '../../exit-codes.ts';
import type { WriterFlags } from '../../ledger-options.ts';
import { pipelineOf } from '../../pipeline.ts';
import { policyFrom } from '../../target-options.ts';
import { textOf } from '../../text-argument.ts';
import { settle, withLedger } from '../../with-ledger.ts';

interface DecideFlags extends WriterFlags {
  readonly alias: readonly string[];
  readonly service?: string;
  readonly env?: string;
  readonly component?: string;
  readonly artifact?: string;
  readonly status: string;
  readonly justification?: string;
  readonly reason: string;
  readonly action?: string;
  readonly owner: string;
  readonly approvedBy?: string;
  readonly from?: string;
  readonly until?: string;
  readonly evidence: readonly string[];
  readonly policy?: string;
}

/** `kvitto decide CVE-…`: what is held of a vulnerability, why, by whom and until when. The one before it stays in the ledger. */
export async function decideCommand(vulnerability: string, flags: DecideFlags, context: CallContext): Promise<number> {
  checkFormat(flags);
  const request = requestOf(vulnerability, flags);
  const { decisions: demands } = await policyFrom(flags.policy);
  return await withLedger(flags, context, { command: 'decide', mode: 'write' }, async (ledger, { env, progress }) => {
    const actor = await actorOf(flags.by, env, pipelineOf(env), ledger);
    const evidence = await evidenceOf(flags.evidence, ledger.documents);
    const { appended, ids, unknown, redacted } = await decide(ledger, [{ ...request, evidence }], demands, {
      actor,
      source: 'command',
    });
    await settle(ledger, appended, progress);
    progress.done();
    const [id = 0] = ids;
    const superseded = await ledger.reader
      .selectFrom('decision')
      .select('id')
      .where('superseded_by', '=', id)
      .orderBy('id')
      .execute();
    const { service, environment, component, artifact, status, justification, owner, approvedBy, until } = request;
    const supersedes = superseded.map((row) => row.id);
    const ends = until === null ? null : new Date(until).toISOString();
    const scope = { service, environment, component, artifact };
    writeAnswer(flags, {
      document: {
        schema: 'kvitto-decide-1',
        decision: id,
        vulnerability: request.vulnerability,
        ...scope,
        status,
        justification,
        owner,
        approvedBy,
        until: ends,
        supersedes,
        unknown,
        evidence,
        redacted,
        actor,
        entry: appended.first,
        recorded: new Date(appended.recorded).toISOString(),
      },
      lines: ({ paint }) => [
        paint.heading(
          `Decision ${id}: ${request.vulnerability} ${status}${justification === null ? '' : `, ${justification}`}`,
        ),
        `Holds for   ${
          Object.values(scope)
            .filter((s) => s !== null)
            .join(', ') || 'everything'
        }`,
        `Until       ${until === null ? 'without an end' : `${when(until)} UTC; then somebody has to look again`}`,
        `Owner       ${owner}${approvedBy === null ? '' : `, approved by ${approvedBy}`}`,
        ...(supersedes.length === 0
          ? []
          : [`Supersedes  decision ${supersedes.join(', ')}, which stays in the ledger`]),
        ...(unknown.length === 0 ? [] : [`Not known   nothing in the ledger has ${unknown.join(', ')} so far`]),
        ...(redacted.length === 0 ? [] : [`Left out    evidence that was redacted before: ${redacted.join(', ')}`]),
        `Entry       ${appended.first}`,
        '',
        `Next: kvitto where ${request.vulnerability}   all that has it, with the decision in force`,
      ],
    });
    return exitCodes.done;
  });
}

function requestOf(vulnerability: string, flags: DecideFlags): Omit<DecideRequest, 'evidence'> {
  const wrong = (option: string, text: string, why: string, remedy: string) =>
    new CodedError('usage', `${option} ${clip(text, 60)}: ${why}`, { remedy });
  for (const id of [vulnerability, ...flags.alias]) {
    if (!isVulnerabilityId(id)) throw wrong('CVE', id, vulnerabilityIdFault(id) ?? '', 'kvitto where lists the names');
  }
  const { status, justification = null, artifact = null } = flags;
  if (!isVexStatus(status)) throw wrong('--status', status, 'no such status', vexStatuses.join(', '));
  if (justification !== null && !isJustification(justification)) {
    throw wrong('--justification', justification, 'no such justification', justifications.join(', '));
  }
  if (artifact !== null && !isDigest(artifact)) {
    throw wrong('--artifact', artifact, 'not a digest', 'sha256:… as kvitto record -f json prints it');
  }
  const time = (text: string | undefined, option: string) => (text === undefined ? null : parseInstant(text, option));
  return {
    vulnerability,
    aliases: [...new Set(flags.alias)].sort(),
    service: flags.service ?? null,
    environment: flags.env ?? null,
    component: flags.component ?? null,
    artifact,
    status,
    justification,
    originalJustification: null,
    reason: textOf(flags.reason, '--reason'),
    action: flags.action === undefined ? null : textOf(flags.action, '--action'),
    owner: flags.owner,
    approvedBy: flags.approvedBy ?? null,
    from: time(flags.from, '--from'),
    until: time(flags.until, '--until'),
  };
}
