import { where } from '../../../ledger/queries/where.ts';
import { isVulnerabilityId, vulnerabilityIdFault } from '../../../model/decision.ts';
import { CodedError } from '../../../model/errors.ts';
import { clip } from '../../../model/problem.ts';
import { whereAnswer } from '../../answers/where.ts';
import type { CallContext } from '../../call-context.ts';
import type { QuestionFlags } from '../../ledger-options.ts';
import { ask, pageOf } from './question.ts';

/** `kvitto where CVE-…`: all that has or had a vulnerability. */
export async function whereCommand(vulnerability: string, flags: QuestionFlags, context: CallContext): Promise<number> {
  if (!isVulnerabilityId(vulnerability)) {
    throw new CodedError('usage', `CVE ${clip(vulnerability, 60)}: ${vulnerabilityIdFault(vulnerability)}`, {
      remedy: 'any name of it will do: CVE-…, GHSA-…, DSA-…',
    });
  }
  return await ask('where', flags, context, async (ledger, { asOf }) =>
    whereAnswer(await where(ledger, { vulnerability, asOf, ...pageOf(flags) })),
  );
}
