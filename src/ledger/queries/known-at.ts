import { sql } from 'kysely';
import { didYouMean } from '../../model/did-you-mean.ts';
import { CodedError } from '../../model/errors.ts';
import { clip } from '../../model/problem.ts';
import { forever, type Instant } from '../instant.ts';
import type { Ledger } from '../ledger.ts';

/**
 * The moment as of which is answered where none was named: now, or the last entry's time where the clock stands before it.
 * With it fixed, the statements of one answer need no transaction: what is recorded meanwhile is not known yet.
 */
export async function knownAt(ledger: Ledger, asOf: Instant | null): Promise<Instant> {
  if (asOf !== null) return asOf;
  const { last_recorded } = await ledger.state();
  return Math.max(ledger.parts.clock().getTime(), last_recorded);
}

/** An end that was not yet known at `asOf` is open. */
export function endAt(knownTo: Instant, asOf: Instant): Instant {
  return knownTo > asOf ? forever : knownTo;
}

/** SQL: a row with `known_from` and `known_to` was believed at a moment. */
export function believedAt(alias: string, asOf: Instant) {
  return sql<boolean>`${sql.ref(`${alias}.known_from`)} <= ${asOf} AND ${sql.ref(`${alias}.known_to`)} > ${asOf}`;
}

const mostSuggested = 5_000;

/** The number of a service or environment. Throws `not-in-ledger`, with the name that was probably meant. */
export async function numberOf(ledger: Ledger, table: 'service' | 'environment', name: string): Promise<number> {
  const wanted = name.normalize('NFC');
  const row = await ledger.reader.selectFrom(table).select('id').where('name', '=', wanted).executeTakeFirst();
  if (row !== undefined) return row.id;
  const all = await ledger.reader.selectFrom(table).select('name').orderBy('name').limit(mostSuggested).execute();
  const meant = didYouMean(
    name,
    all.map((r) => r.name),
  );
  const known = all.map((r) => r.name).slice(0, 10);
  const listed = known.length === 0 ? 'nothing was deployed yet' : `known are ${known.join(', ')}`;
  const more = all.length > known.length ? ' and others' : '';
  throw new CodedError('not-in-ledger', `the ledger knows no ${table} ${clip(name, 60)}`, {
    remedy: meant === null ? `${listed}${more}` : `did you mean ${meant}?`,
  });
}
