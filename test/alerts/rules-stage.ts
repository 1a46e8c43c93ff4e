// What the contract of the rules is written with.
import { parseAlertConfig } from '../../src/alerts/config/parse-config.ts';
import { processRules, type RulesDone } from '../../src/alerts/rules/process-rules.ts';
import { memorySink } from '../../src/alerts/testing/memory-sink.ts';
import type { AlertDocument } from '../../src/ledger/document-shapes.ts';
import { readAlert } from '../../src/ledger/read-documents.ts';
import type { Digest } from '../../src/model/inventory.ts';
import { eventsOf } from '../../src/watch/events/events.ts';
import type { SmallLedger } from '../../src/watch/testing/small-ledger.ts';

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
