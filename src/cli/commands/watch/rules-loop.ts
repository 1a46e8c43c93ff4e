import { processRules } from '../../../alerts/rules/process-rules.ts';
import { publish } from './cycle.ts';
import { eventSource } from './event-source.ts';
import { lookAgainMs, type Office, whileHeld } from './office.ts';

const rulesJob = 'rules';
/** Escalations fall due, and quiet hours end, without anything being recorded. */
const idleMs = 15_000;

/** Makes alarms of what was recorded, for as long as this process holds the job. */
export async function serveRules(office: Office): Promise<void> {
  const { signal, news } = office;
  const served = await whileHeld(office, rulesJob, async ({ claim }) => {
    const seen = news.count;
    const dueAt = await passRules(office);
    const now = office.ledger.parts.clock().getTime();
    const waitMs = dueAt === null ? idleMs : Math.min(idleMs, Math.max(0, dueAt - now));
    // At least a little: a rule that is due and cannot be done must not spin.
    await news.wait(Math.max(waitMs, 100), seen, signal);
    const row = await office.leases.look(rulesJob);
    return row?.claim === claim && row.owner === office.leases.owner;
  });
  if (!served) await news.wait(lookAgainMs, news.count, signal);
}

/** One pass of the rules over what was recorded. When they are due again by the clock; null: not before something is recorded. */
export async function passRules({ ledger, config, journal, news, actor }: Office): Promise<number | null> {
  const source = eventSource(ledger, config.owners);
  const now = ledger.parts.clock().getTime();
  const { raised, escalated, resolved, dueAt, began } = await processRules(ledger, source, config, now, actor);
  if (began) journal.info('rules', 'the rules begin at the end of the log as it is now');
  if (raised + escalated + resolved === 0) return dueAt;
  const fields = { raised, escalated, resolved };
  journal.info('rules', `alerts: ${raised} raised, ${escalated} escalated, ${resolved} resolved`, fields);
  news.wake();
  await publish({ ledger, journal });
  return dueAt;
}
