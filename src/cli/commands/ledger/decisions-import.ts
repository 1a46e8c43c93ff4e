import { readFileSync, statSync } from 'node:fs';
import { requestsOf } from '../../../evidence/vex-decisions.ts';
import { allVexFormats } from '../../../formats/all.ts';
import { maxVexSizeBytes, readVex } from '../../../formats/vex.ts';
import { parseInstant } from '../../../ledger/instant.ts';
import { type Decided, decide } from '../../../ledger/record/decide.ts';
import { statementFaults } from '../../../model/decision.ts';
import { CodedError, messageOf } from '../../../model/errors.ts';
import { clip, type Problem } from '../../../model/problem.ts';
import { actorOf } from '../../actor.ts';
import { checkFormat, writeAnswer } from '../../answers/answer.ts';
import { many } from '../../answers/words.ts';
import type { CallContext } from '../../call-context.ts';
import { exitCodes } from '../../exit-codes.ts';
import type { WriterFlags } from '../../ledger-options.ts';
import { pipelineOf } from '../../pipeline.ts';
import { policyFrom } from '../../target-options.ts';
import { settle, withLedger } from '../../with-ledger.ts';

interface ImportFlags extends WriterFlags {
  readonly owner: string;
  readonly service?: string;
  readonly env?: string;
  readonly until?: string;
  readonly approvedBy?: string;
  readonly policy?: string;
}

const sources = { openvex: 'openvex', csaf: 'csaf', 'cyclonedx-vex': 'cyclonedx' } as const;

/**
 * `kvitto decisions import FILE`: the statements of a VEX document become decisions of whoever imports them, all in one entry.
 * What cannot be taken over is listed, and ends with 3; what is taken over is never wider than it was said.
 */
export async function importDecisionsCommand(file: string, flags: ImportFlags, context: CallContext): Promise<number> {
  checkFormat(flags);
  const until = flags.until === undefined ? null : parseInstant(flags.until, '--until');
  const bytes = read(file);
  const vex = readVex(bytes, file, allVexFormats);
  const fit = vex.statements.filter((s) => statementFaults(s).length === 0);
  const { decisions: demands } = await policyFrom(flags.policy);
  const access = { command: 'decisions import', mode: 'write' } as const;
  return await withLedger(flags, context, access, async (ledger, { env, progress }) => {
    const actor = await actorOf(flags.by, env, pipelineOf(env), ledger);
    const { requests, problems: unknown } = requestsOf(fit, {
      service: flags.service ?? null,
      environment: flags.env ?? null,
      owner: flags.owner,
      approvedBy: flags.approvedBy ?? null,
      until,
      document: await ledger.documents.put(bytes),
    });
    const problems = [...vex.problems, ...unknown];
    if (requests.length === 0) {
      throw new CodedError('document-invalid', `${clip(file)} holds no statement that can be taken over`, {
        remedy: problems[0]?.message ?? 'it states nothing',
      });
    }
    const source = sources[vex.format as keyof typeof sources];
    const decided = await decide(ledger, requests, demands, { actor, source });
    await settle(ledger, decided.appended, progress);
    progress.done();
    writeAnswer(flags, answerOf(file, vex, decided, problems));
    return problems.length === 0 ? exitCodes.done : exitCodes.cannotSay;
  });
}

function answerOf(
  file: string,
  { format, document, statements }: ReturnType<typeof readVex>,
  { appended, ids }: Decided,
  problems: readonly Problem[],
) {
  return {
    document: {
      schema: 'kvitto-import-1',
      file,
      format,
      document,
      statements: statements.length,
      decisions: ids,
      problems,
      entry: appended.first,
      recorded: new Date(appended.recorded).toISOString(),
    },
    lines: () => [
      `${many(ids.length, 'decision')} of ${many(statements.length, 'statement')} in ${clip(file)} (${format}), entry ${appended.first}`,
      ...problems.map((p) => `Not taken over: ${p.where}: ${p.message}`),
      '',
      'Next: kvitto decisions   what is in force now',
    ],
  };
}

function read(file: string): Uint8Array {
  try {
    if (file !== '-' && statSync(file).size > maxVexSizeBytes) {
      throw new CodedError(
        'limit-exceeded',
        `${clip(file)}: larger than the ${maxVexSizeBytes} bytes that are read of VEX`,
        {
          remedy: 'split it',
        },
      );
    }
    return readFileSync(file === '-' ? 0 : file);
  } catch (thrown) {
    if (thrown instanceof CodedError) throw thrown;
    const missing = thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT';
    throw new CodedError(
      missing ? 'source-not-found' : 'source-unreadable',
      `cannot read ${clip(file)}: ${messageOf(thrown)}`,
      {
        remedy: 'name a VEX document that this user may read, or - for standard input',
        cause: thrown,
      },
    );
  }
}
