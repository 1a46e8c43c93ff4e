import { CodedError } from '../../model/errors.ts';
import { formatInstant, type Instant } from '../instant.ts';

/** How far ahead of the clock a time may lie: clocks differ. */
const aheadMs = 5 * 60_000;

/** Throws `usage` naming `option` for a time that has not come: the ledger holds what happened, not what is planned. */
export function checkHappened(at: Instant, recorded: Instant, option: string): void {
  if (at <= recorded + aheadMs) return;
  throw new CodedError('usage', `${option} ${formatInstant(at)} lies in the future`, {
    remedy: 'record what happens when it happens',
  });
}
