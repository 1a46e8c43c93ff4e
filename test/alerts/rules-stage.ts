// What the contract of the rules is written with.
import assert from 'node:assert/strict';
import { parseAlertConfig } from '../../src/alerts/config/parse-config.ts';
import { processRules, type RulesDone } from '../../src/alerts/rules/process-rules.ts';
import { memorySink } from '../../src/alerts/testing/memory-sink.ts';
import type { AlertDocument } from '../../src/ledger/document-shapes.ts';
import { readAlert } from '../../src/ledger/read-documents.ts';
import type { Digest } from '../../src/model/inventory.ts';
import { eventsOf } from '../../src/watch/events/events.ts';
import { factsOf, type SmallLedger } from '../../src/watch/testing/small-ledger.ts';
import { a, b, below, store } from '../ledger/watch-stage.ts';

/** A configuration with a sink `mail` for people and a sink `log` for machines. */
export function configOf(more: string) {
  const text = `version: 1\nsinks: {mail: {type: mail}, log: {type: log}}\n${more}`;
  return parseAlertConfig(text, 'kvitto.yaml', [memorySink('mail', 'people'), memorySink('log', 'machines')]);
}

/** The rules, run at the ledger's moment. */
export async function run(small: SmallLedger, config: ReturnType<typeof configOf>): Promise<RulesDone> {
  return await processRules(small.ledger, (entry, from) => eventsOf(small.ledger, entry, from), config, small.now);
}

export interface Raised {
  readonly id: number;
  readonly rule: string;
  readonly acknowledged: number | null;
  readonly escalated: number | null;
  readonly resolved: number | null;
  readonly document: AlertDocument;
}

export async function alertsOf({ ledger }: SmallLedger): Promise<Raised[]> {
  const rows = await ledger.reader.selectFrom('alert').selectAll().orderBy('id').execute();
  return await Promise.all(
    rows.map(async ({ id, rule, acknowledged, escalated, resolved, document }) => {
      const read = readAlert(await ledger.documents.get(document as Digest), document as Digest);
      return { id, rule, acknowledged, escalated, resolved, document: read };
    }),
  );
}

/** One line for each alert: rule, place, counts, what is listed, `!` where something is exploited, and what became of it. */
export async function told(small: SmallLedger): Promise<string[]> {
  return (await alertsOf(small)).map(({ rule, escalated, resolved, document: d }) => {
    const counts = Object.entries(d.counts).map(([kind, count]) => `${count} ${kind}`);
    const listed = d.changes.map((c) => c.subject).join(' ');
    const state = `${escalated === null ? '' : ' escalated'}${resolved === null ? '' : ' resolved'}`;
    const place = d.service === null ? '' : ` ${d.service}/${d.environment}`;
    return `${rule}${d.exploited ? '!' : ''}${place}: ${counts.join(', ')} [${listed}]${state}`;
  });
}

export const hourMs = 3_600_000;
export const all = configOf('alerts: [{name: all}]');

/** Two services with the same components, and nothing known of them; the rules have begun. */
export async function twoServices(small: SmallLedger): Promise<void> {
  const empty = store(0, { npm: { a: [], b: [] } });
  await small.record('shop', [a('1.0.0'), b('1.0.0')], empty);
  await small.record('till', [a('1.0.0')], empty);
  await small.deploy('shop', 'shop');
  await small.deploy('till', 'till');
  const { raised, began } = await run(small, all);
  assert.deepEqual([raised, began], [0, true]);
}

export const known = (n: number, fixed = '2.0.0') =>
  store(n, { npm: { a: [below('CVE-2026-0001', fixed)], b: [below('CVE-2026-0002', fixed)] } }, [
    factsOf('CVE-2026-0001', 9.8, true),
    factsOf('CVE-2026-0002', 7.5),
  ]);
