import { CodedError } from '../../model/errors.ts';
import type { Digest } from '../../model/inventory.ts';
import { among } from '../apply/interned.ts';
import type { Instant } from '../instant.ts';
import type { Appended, Ledger } from '../ledger.ts';
import { checkName } from '../names.ts';
import { checkText, putTexts } from './text.ts';

/** Most alerts that one call acknowledges. */
export const mostAcknowledged = 1_000;

export interface AcknowledgeRequest {
  /** Numbers of alerts. */
  readonly alerts: readonly number[];
  /** The role that knows now. */
  readonly actor: string;
  /** What they say about it; null for nothing. Kept in a document of its own, so that it can be forgotten. */
  readonly note: string | null;
}

/** What became of one alert. */
export interface AcknowledgedAlert {
  readonly alert: number;
  /** The entry that says so. */
  readonly entry: number;
  readonly text: Digest | null;
  readonly raised: Instant;
  readonly exploited: boolean;
  /** Who had acknowledged it before, and when: that counts. Null where this is the first. */
  readonly before: { readonly by: string; readonly at: Instant; readonly entry: number } | null;
  /** When it was resolved, where it was. */
  readonly resolved: Instant | null;
}

export interface Acknowledged {
  readonly appended: Appended;
  /** In the order of the request. */
  readonly alerts: readonly AcknowledgedAlert[];
}

/**
 * Records that somebody knows: for each alert an entry, all or none. The first acknowledgement of an alert counts; later ones, and
 * those of what is resolved, are recorded all the same. Throws `usage`, and `not-in-ledger` for an alert that there is not.
 */
export async function acknowledge(ledger: Ledger, request: AcknowledgeRequest): Promise<Acknowledged> {
  const actor = checkName(request.actor, '--by');
  const note = request.note === null ? null : checkText(request.note, '--note');
  const numbers = [...new Set(request.alerts)];
  if (numbers.length === 0 || numbers.length > mostAcknowledged) {
    throw new CodedError('usage', `${numbers.length} alerts at once`, { remedy: `give 1 to ${mostAcknowledged}` });
  }
  await known(ledger, numbers);
  const texts: (Digest | null)[] = [];
  for (const _ of numbers) texts.push(note === null ? null : await putTexts(ledger.documents, [{ note }]));
  let alerts: AcknowledgedAlert[] = [];
  const appended = await ledger.append(actor, async ({ tx, index }) => {
    const rows = await tx
      .selectFrom('alert')
      .selectAll()
      .where(among(ledger.database, 'id', numbers))
      .execute();
    const byNumber = new Map(rows.map((row) => [row.id, row]));
    alerts = numbers.flatMap((alert, at) => {
      const row = byNumber.get(alert);
      if (row === undefined) return [];
      const { acknowledged, acknowledged_at, acknowledged_by } = row;
      const before =
        acknowledged === null
          ? null
          : { by: acknowledged_by ?? '', at: acknowledged_at ?? row.known_from, entry: acknowledged };
      const told = { raised: row.known_from, exploited: row.exploited === 1, before, resolved: row.resolved_at };
      return [{ alert, entry: index + at, text: texts[at] ?? null, ...told }];
    });
    return alerts.map(({ alert, text }) => ({ kind: 'alert-acknowledged', alert, text }));
  });
  return { appended, alerts };
}

/** Alerts are never taken away: what there is now there will be. */
async function known({ reader, database }: Ledger, numbers: readonly number[]): Promise<void> {
  const rows = await reader
    .selectFrom('alert')
    .select('id')
    .where(among(database, 'id', numbers))
    .execute();
  const found = new Set(rows.map((row) => row.id));
  const missing = numbers.filter((number) => !found.has(number));
  if (missing.length === 0) return;
  throw new CodedError('not-in-ledger', `there is no alert ${missing.slice(0, 10).join(', ')}`, {
    remedy: 'kvitto alerts lists them with their numbers',
  });
}
