// One pass that changes very much, and rules that match all of it. Prints what that took and made: `large-pass.ts SERVICES COMPONENTS EACH`.
import { readFileSync } from 'node:fs';
import { sql } from 'kysely';
import { parseAlertConfig } from '../../src/alerts/config/parse-config.ts';
import { processRules } from '../../src/alerts/rules/process-rules.ts';
import { memorySink } from '../../src/alerts/testing/memory-sink.ts';
import { readAlert } from '../../src/ledger/read-documents.ts';
import type { Digest } from '../../src/model/inventory.ts';
import { eventsOf } from '../../src/watch/events/events.ts';
import { dayOf, smallLedger } from '../../src/watch/testing/small-ledger.ts';
import { below, scanAt, store } from '../ledger/watch-stage.ts';

const [services = 0, components = 0, each = 0] = process.argv.slice(2).map(Number);
const text = `version: 1
sinks: {mail: {type: mail}}
alerts: [{name: everything}, {name: each-by-itself, by: vulnerability}]
`;
const config = parseAlertConfig(text, 'kvitto.yaml', [memorySink('mail', 'people')]);
const small = await smallLedger();
try {
  const names = Array.from({ length: components }, (_, n) => `c${n}`);
  const purls = names.map((name) => `pkg:npm/${name}@1.0.0`);
  await small.record('one', purls, store(0, { npm: {} }));
  for (let n = 0; n < services; n++) await small.deploy(`s${n}`, 'one');
  const run = async () => {
    const source = (entry: number, from: number) => eventsOf(small.ledger, entry, from);
    return await processRules(small.ledger, source, config, small.now);
  };
  await run();
  const records = Array.from({ length: each }, (_, n) => below(`CVE-2026-${1000 + n}`, '2.0.0'));
  await scanAt(small, 1, store(1, { npm: Object.fromEntries(names.map((name) => [name, records])) }));
  small.now = dayOf(1) + 60_000;
  const peakMb = () => Number(/VmHWM:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0) / 1024;
  const scanned = peakMb();
  const { size: before } = await small.ledger.state();
  const done = await run();
  const { size: after } = await small.ledger.state();
  const again = await run();
  const counts: Record<string, { alerts: number; changes: number; mostListed: number }> = {};
  const rows = await small.ledger.reader.selectFrom('alert').select(['rule', 'document']).execute();
  for (const { rule, document } of rows) {
    const { total, changes } = readAlert(await small.ledger.documents.get(document as Digest), document as Digest);
    const count = counts[rule] ?? { alerts: 0, changes: 0, mostListed: 0 };
    count.alerts += 1;
    count.changes += total;
    count.mostListed = Math.max(count.mostListed, changes.length);
    counts[rule] = count;
  }
  const { rows: held } = await sql`SELECT 1 FROM held`.execute(small.ledger.reader);
  const { raised } = done;
  const told = {
    raised,
    again: again.raised,
    entries: after - before,
    held: held.length,
    counts,
    peakMb: [scanned, peakMb()],
  };
  process.stdout.write(JSON.stringify(told));
} finally {
  await small.close();
}
