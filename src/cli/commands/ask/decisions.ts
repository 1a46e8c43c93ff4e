import { decisionWords } from '../../../ledger/queries/decision-words.ts';
import { decisions } from '../../../ledger/queries/decisions.ts';
import { isVexStatus, vexStatuses } from '../../../model/decision.ts';
import { CodedError } from '../../../model/errors.ts';
import { clip } from '../../../model/problem.ts';
import { decisionsAnswer } from '../../answers/decisions.ts';
import type { CallContext } from '../../call-context.ts';
import { parseDuration } from '../../environment.ts';
import type { QuestionFlags } from '../../ledger-options.ts';
import { ask, timeOf } from './question.ts';

interface DecisionsFlags extends QuestionFlags {
  readonly at?: string;
  readonly expiring?: string;
  readonly service?: string;
  readonly status?: string;
  readonly exploited?: boolean;
}

/** `kvitto decisions`: what was in force at a moment. */
export async function decisionsCommand(flags: DecisionsFlags, context: CallContext): Promise<number> {
  const at = timeOf(flags.at, '--at');
  const expiringWithinMs = flags.expiring === undefined ? null : parseDuration(flags.expiring, '--expiring');
  const { status = null, service = null } = flags;
  if (status !== null && !isVexStatus(status)) {
    throw new CodedError('usage', `--status ${clip(status, 40)}: no such status`, { remedy: vexStatuses.join(', ') });
  }
  const exploitedOnly = flags.exploited === true;
  return await ask('decisions', flags, context, async (ledger, { asOf }) => {
    const answer = await decisions(ledger, { at, asOf, expiringWithinMs, service, status, exploitedOnly });
    return decisionsAnswer(answer, await decisionWords(ledger, answer.decisions));
  });
}
