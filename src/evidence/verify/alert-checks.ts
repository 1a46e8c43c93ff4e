import { mostAlerts } from '../../ledger/apply/alerts.ts';
import type { Ground } from '../derive/ground.ts';
import { heldAlert } from '../shapes/documents.ts';
import { type Check, Checking } from './checks.ts';

/** That alerts are of what was recorded before them, and that what became of them is of alerts that were raised before. */
export async function checkAlerts(ground: Ground): Promise<Check> {
  const check = new Checking(
    'alerts',
    'every alert is of what was recorded before, and was raised before anybody knew of it',
  );
  const raised = new Map<number, number>();
  for (const { index, entry } of ground.entries) {
    const place = `log/entries/${index}.json`;
    const follows = (alert: number) => {
      const count = raised.get(Math.floor(alert / mostAlerts));
      if (count === undefined || alert % mostAlerts >= count) {
        check.fault(place, `alert ${alert} was not raised before, as far as the pack shows`);
      }
    };
    if (entry.kind === 'alert-acknowledged' || entry.kind === 'alert-escalated') {
      check.looked();
      follows(entry.alert);
    } else if (entry.kind === 'alerts-raised') {
      raised.set(index, entry.alerts.length);
      for (const [at, digest] of entry.alerts.entries()) {
        check.looked();
        const file = `alerts/${index}/${at}.json`;
        const alert = await check.attempt(file, () => ground.document(digest, index, heldAlert));
        const counted = Object.values(alert?.counts ?? {}).reduce((sum, count) => sum + count, 0);
        if (alert === null) continue;
        if (counted !== alert.total) check.fault(`${file} at counts`, `come to ${counted}, not ${alert.total}`);
        for (const [n, change] of alert.changes.entries()) {
          if (change.entry >= index) check.fault(`${file} at changes[${n}].entry`, 'was recorded after the alert');
        }
      }
    }
  }
  return check.done();
}
