import { mostAlerts } from '../../ledger/apply/alerts.ts';
import type { AlertRow } from '../../ledger/database/tables.ts';
import type { Entry } from '../../ledger/fact.ts';
import { formatInstant } from '../../ledger/instant.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { readAlert } from '../../ledger/read-documents.ts';
import type { AlertEvent, AlertState } from '../../model/event.ts';
import type { Digest } from '../../model/inventory.ts';
import type { Draft, Origin } from './draft.ts';

type AlertEntry = Extract<
  Entry,
  { kind: 'alerts-raised' | 'alert-acknowledged' | 'alert-escalated' | 'alerts-resolved' }
>;

/** What became of alerts. */
export async function* alertEvents(ledger: Ledger, entry: AlertEntry, { index }: Origin): AsyncGenerator<Draft> {
  switch (entry.kind) {
    case 'alerts-raised':
      for (const place of entry.alerts.keys()) yield* became(ledger, index * mostAlerts + place, 'raised');
      return;
    case 'alert-acknowledged':
      yield* became(ledger, entry.alert, 'acknowledged', { acknowledgedBy: entry.actor });
      return;
    case 'alert-escalated':
      yield* became(ledger, entry.alert, 'escalated', { send: entry.send });
      return;
    case 'alerts-resolved':
      for (const alert of entry.alerts) yield* became(ledger, alert, 'resolved');
  }
}

const stateWords: Readonly<Record<AlertState, string>> = {
  raised: '',
  escalated: 'nobody acknowledged it: ',
  acknowledged: 'acknowledged: ',
  resolved: 'resolved: ',
};

/** An event about an alert. Resolved or acknowledged, it lists no changes again but the first. */
async function* became(
  ledger: Ledger,
  alert: number,
  state: AlertState,
  also: Partial<Pick<AlertEvent, 'send' | 'acknowledgedBy'>> = {},
): AsyncGenerator<Draft> {
  const row: AlertRow | undefined = await ledger.reader
    .selectFrom('alert')
    .selectAll()
    .where('id', '=', alert)
    .executeTakeFirst();
  if (row === undefined) return;
  const digest = row.document as Digest;
  const { schema: _, escalate: __, message, ...told } = readAlert(await ledger.documents.get(digest), digest);
  const raised = formatInstant(row.known_from);
  const said = { message: `${stateWords[state]}${message}`, acknowledgedBy: null };
  yield { type: 'alert', state, alert, raised, ...told, ...said, ...also };
}
