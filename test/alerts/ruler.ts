// A process that changes what is known and runs the rules, again and again, until it is killed.
import { writeSync } from 'node:fs';
import { parseAlertConfig } from '../../src/alerts/config/parse-config.ts';
import { processRules } from '../../src/alerts/rules/process-rules.ts';
import { openLedger } from '../../src/ledger/open-ledger.ts';
import { eventsOf } from '../../src/watch/events/events.ts';
import { rescan } from '../../src/watch/rescan.ts';
import { smallStore } from '../../src/watch/testing/small-ledger.ts';
import { below } from '../ledger/watch-stage.ts';

const { folder, databaseUrl, first } = JSON.parse(process.argv[2] ?? '') as {
  folder: string;
  databaseUrl: string | null;
  /** Number of the first vulnerability. */
  first: number;
};
const ledger = await openLedger({
  ...{ folder, databaseUrl, tool: 'kvitto/0.0.0', name: 'ruler', waitMs: 20_000, mode: 'write' as const },
  clock: () => new Date(),
});
const config = parseAlertConfig('version: 1\nalerts: [{name: all, changes: [new], by: vulnerability}]', 'k', []);
const ids: string[] = [];
for (let n = first; ; n++) {
  ids.push(`CVE-2026-${String(n).padStart(6, '0')}`);
  const known = ids.slice(-5).map((id) => below(id, '2.0.0'));
  const asOf = new Date(Date.now()).toISOString();
  await rescan(ledger, smallStore({ asOf, osv: { npm: { a: known } } }), 'watch', { force: true });
  const source = (entry: number, from: number) => eventsOf(ledger, entry, from);
  await processRules(ledger, source, config, Date.now());
  writeSync(1, `${n}\n`);
}
