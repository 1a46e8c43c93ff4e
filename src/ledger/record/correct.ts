import { CodedError } from '../../model/errors.ts';
import { forever, formatInstant, type Instant } from '../instant.ts';
import type { Appended, Ledger } from '../ledger.ts';
import { checkName } from '../names.ts';
import { checkHappened } from './happened.ts';
import { checkText, putTexts } from './text.ts';

export interface CorrectRequest {
  /** Number of the deployment. */
  readonly deployment: number;
  /** Null: as it was. */
  readonly from: Instant | null;
  /** Null: as it was; `forever`: it still runs. */
  readonly until: Instant | null;
  readonly reason: string;
  readonly actor: string;
}

/** Records that a deployment ran at another time than was believed. What was believed stays, until now. */
export async function correct(ledger: Ledger, request: CorrectRequest): Promise<Appended> {
  const reason = checkText(request.reason, '--reason');
  return await ledger.append(checkName(request.actor, '--by'), async ({ tx, recorded }) => {
    const { deployment } = request;
    if (request.from !== null) checkHappened(request.from, recorded, '--from');
    if (request.until !== null && request.until < forever) checkHappened(request.until, recorded, '--until');
    const now = await tx
      .selectFrom('period')
      .innerJoin('deployment', 'deployment.id', 'period.deployment')
      .select(['valid_from', 'valid_to'])
      .where('deployment.id', '=', deployment)
      .whereRef('period.service', '=', 'deployment.service')
      .whereRef('period.environment', '=', 'deployment.environment')
      .where('known_to', '=', forever)
      .executeTakeFirst();
    if (now === undefined) {
      throw new CodedError('not-in-ledger', `there is no deployment ${deployment}`, {
        remedy: 'kvitto history SERVICE shows their numbers',
      });
    }
    const from = request.from ?? now.valid_from;
    const until = request.until ?? now.valid_to;
    if (until < from) {
      throw new CodedError('usage', `the end ${formatInstant(until)} is before the beginning ${formatInstant(from)}`, {
        remedy: 'give both --from and --until where both were wrong',
      });
    }
    const text = await putTexts(ledger.documents, [{ reason }]);
    const end = until >= forever ? null : formatInstant(until);
    return [{ kind: 'deployment-corrected', deployment, from: formatInstant(from), until: end, text }];
  });
}
