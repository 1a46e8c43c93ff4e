import { exposure } from '../../../ledger/queries/exposure.ts';
import { CodedError } from '../../../model/errors.ts';
import { exposureAnswer } from '../../answers/exposure.ts';
import type { CallContext } from '../../call-context.ts';
import type { QuestionFlags } from '../../ledger-options.ts';
import { policyFrom } from '../../target-options.ts';
import { ask, backwards, timeOf } from './question.ts';

interface ExposureFlags extends QuestionFlags {
  readonly env?: string;
  readonly at?: string;
  readonly from?: string;
  readonly to?: string;
  readonly policy?: string;
}

/** `kvitto exposure SERVICE`: what was known of what ran, since when and from where, and what was decided. */
export async function exposureCommand(service: string, flags: ExposureFlags, context: CallContext): Promise<number> {
  const span = spanOf(flags);
  const { maxDbAgeMs } = await policyFrom(flags.policy);
  return await ask('exposure', flags, context, async (ledger, { asOf, present }) => {
    const end = asOf ?? present;
    const { from, to } = span ?? { from: end, to: end };
    const until = to ?? end;
    if (from > until) throw backwards(from, until);
    const environment = flags.env ?? null;
    return exposureAnswer(
      await exposure(ledger, { service, environment, from, to: until, asOf, maxFeedAgeMs: maxDbAgeMs }),
    );
  });
}

/** The moment or period that is asked for; null: now. `to` null: up to now. */
function spanOf(flags: ExposureFlags): { from: number; to: number | null } | null {
  const at = timeOf(flags.at, '--at');
  const from = timeOf(flags.from, '--from');
  const to = timeOf(flags.to, '--to');
  if (at !== null && (from !== null || to !== null)) {
    throw new CodedError('usage', '--at is a moment, --from and --to are a period', { remedy: 'give one of the two' });
  }
  if (at !== null) return { from: at, to: at };
  if (from !== null && to !== null && from > to) throw backwards(from, to);
  if (from !== null) return { from, to };
  if (to === null) return null;
  throw new CodedError('usage', '--to without --from: where does the period begin?', { remedy: 'give both, or --at' });
}
