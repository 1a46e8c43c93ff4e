import { hash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { requestsOf } from '../../../evidence/vex-decisions.ts';
import { allVexFormats } from '../../../formats/all.ts';
import { maxVexSizeBytes, readVex } from '../../../formats/vex.ts';
import { parseInstant } from '../../../ledger/instant.ts';
import { type Decided, decide, faultOf } from '../../../ledger/record/decide.ts';
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
import { tell } from '../../tell.ts';
import { headOf } from '../../text-argument.ts';
import { settle, withLedger } from '../../with-ledger.ts';

interface ImportFlags extends WriterFlags {
  readonly owner: string;
  readonly service?: string;
  readonly env?: string;
  readonly until?: string;
  readonly approvedBy?: string;
  readonly skipFaulty?: boolean;
  readonly policy?: string;
}

const sources = { openvex: 'openvex', csaf: 'csaf', 'cyclonedx-vex': 'cyclonedx' } as const;

/**
 * `kvitto decisions import FILE`: the statements of a VEX document become decisions of whoever imports them, all in one entry. With
 * one that cannot be taken over none is, unless `--skip-faulty`; what is taken over is never wider than it was said.
 */
export async function importDecisionsCommand(file: string, flags: ImportFlags, context: CallContext): Promise<number> {
  checkFormat(flags);
  const until = flags.until === undefined ? null : parseInstant(flags.until, '--until');
  const bytes = read(file);
  const vex = readVex(bytes, file, allVexFormats);
  const { decisions: demands } = await policyFrom(flags.policy);
  const access = { command: 'decisions import', mode: 'write' } as const;
  return await withLedger(flags, context, access, async (ledger, { env, progress, present }) => {
    const actor = await actorOf(flags.by, env, pipelineOf(env), ledger);
    const {
      requests,
      problems: left,
      narrowed,
    } = requestsOf(vex.statements, {
      service: flags.service ?? null,
      environment: flags.env ?? null,
      owner: flags.owner,
      approvedBy: flags.approvedBy ?? null,
      until,
      document: `sha256:${hash('sha256', bytes, 'hex')}`,
    });
    const problems = [...vex.problems, ...left];
    const fit = requests.filter((request) => {
      const fault = faultOf(request, actor, present, demands);
      if (fault !== null) problems.push({ code: 'malformed', where: clip(request.vulnerability, 100), message: fault });
      return fault === null;
    });
    if (fit.length === 0 || (problems.length > 0 && flags.skipFaulty !== true)) {
      progress.done();
      for (const { where, message } of problems) tell(`${where}: ${message}`);
      throw new CodedError(
        'document-invalid',
        fit.length === 0
          ? `${clip(file)} holds no statement that can be taken over; nothing was recorded`
          : `${clip(file)} has ${many(problems.length, 'fault')}; nothing was recorded`,
        { remedy: 'have it corrected, or take over the rest with --skip-faulty' },
      );
    }
    // Kept only now: a document that is refused leaves nothing.
    await ledger.documents.put(bytes);
    const source = sources[vex.format as keyof typeof sources];
    const decided = await decide(ledger, fit, demands, { actor, source });
    await settle(ledger, decided.appended, progress);
    progress.done();
    writeAnswer(flags, answerOf(file, vex, decided, { problems, narrowed }));
    return problems.length === 0 ? exitCodes.done : exitCodes.cannotSay;
  });
}

function answerOf(
  file: string,
  { format, document, statements }: ReturnType<typeof readVex>,
  { appended, ids, unknown }: Decided,
  { problems, narrowed }: { readonly problems: readonly Problem[]; readonly narrowed: readonly string[] },
) {
  return {
    document: {
      schema: 'kvitto-import-1',
      file,
      format,
      document,
      statements: statements.length,
      decisions: ids,
      unknown,
      narrowed,
      problems,
      entry: appended.first,
      recorded: new Date(appended.recorded).toISOString(),
    },
    lines: () => [
      `${many(ids.length, 'decision')} of ${many(statements.length, 'statement')} in ${clip(file)} (${format}), entry ${appended.first}`,
      ...(unknown.length === 0
        ? []
        : [
            `Nothing in the ledger has ${unknown.slice(0, 10).join(', ')}${unknown.length > 10 ? ' and others' : ''} so far`,
          ]),
      ...(narrowed.length === 0
        ? []
        : [`Left out, as they name nothing that a ledger can know: ${clip(narrowed.join(', '), 400)}`]),
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
    return file === '-' ? headOf(0, maxVexSizeBytes) : readFileSync(file);
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
