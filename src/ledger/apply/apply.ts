import type { Transaction } from 'kysely';
import type { Database } from '../database/database.ts';
import type { Tables } from '../database/tables.ts';
import type { Documents } from '../documents.ts';
import type { Entry } from '../fact.ts';
import { applyAcknowledgement, applyAlerts, applyEscalation, applyResolution } from './alerts.ts';
import { applyArtifact, applySnapshot, applyVerdict } from './artifacts.ts';
import { applyConditions } from './conditions.ts';
import type { ApplyContext, At, WrittenKnowledge } from './context.ts';
import { applyDecisions, applyExpiry } from './decisions.ts';
import { applyCorrection, applyStart, applyStop } from './deployments.ts';
import { type Interned, Numbers } from './interned.ts';
import { applyRescan } from './knowledge.ts';
import { applyObservation } from './observations.ts';
import { Periods } from './periods.ts';
import { applyRedaction } from './redactions.ts';
import { Rows } from './rows.ts';

/**
 * Leaves in the tables what an entry says. A function of the entry, its documents and the entries before it alone: that is what
 * lets the tables be built again from the log, and a row that was altered by hand be found.
 */
async function apply(context: ApplyContext, index: number, entry: Entry): Promise<void> {
  const at: At = { index, recorded: Date.parse(entry.recorded), actor: entry.actor };
  context.rows.add('outbox', { entry: index, kind: entry.kind === 'deployment-started' ? null : entry.kind });
  switch (entry.kind) {
    case 'artifact-recorded':
      return await applyArtifact(context, at, entry);
    case 'verdict-given':
      return await applyVerdict(context, at, entry);
    case 'snapshot-learned':
      return await applySnapshot(context, at, entry);
    case 'rescanned':
      return await applyRescan(context, at, entry);
    case 'deployment-started':
      return await applyStart(context, at, entry);
    case 'deployment-stopped':
      return await applyStop(context, at, entry);
    case 'deployment-corrected':
      return await applyCorrection(context, at, entry);
    case 'observed':
      return await applyObservation(context, at, entry);
    case 'decisions-made':
      return await applyDecisions(context, at, entry);
    case 'decisions-expired':
      return await applyExpiry(context, at, entry);
    case 'redacted':
      return await applyRedaction(context, at, entry);
    case 'conditions-changed':
      return await applyConditions(context, at, entry);
    case 'alerts-raised':
      return await applyAlerts(context, at, entry);
    case 'alert-acknowledged':
      return await applyAcknowledgement(context, at, entry);
    case 'alert-escalated':
      return await applyEscalation(context, at, entry);
    case 'alerts-resolved':
      return await applyResolution(context, at, entry);
    case 'ledger-created':
      await context.tx.updateTable('ledger').set({ origin: entry.origin }).execute();
      return;
    case 'key-rotated':
    case 'checkpoint-stamped':
    case 'repaired':
      return;
  }
}

/** Reads at once what many deployments need. */
async function prepare({ numbers, periods }: ApplyContext, entries: readonly Entry[]): Promise<void> {
  const texts = { service: new Set<string>(), environment: new Set<string>(), artifact: new Set<string>() };
  const deployments = new Set<number>();
  for (const entry of entries) {
    if (entry.kind === 'deployment-started') {
      texts.service.add(entry.service);
      texts.environment.add(entry.environment);
      texts.artifact.add(entry.artifact);
      for (const each of entry.replaces) deployments.add(each);
    } else if (entry.kind === 'deployment-stopped') {
      for (const each of entry.deployments) deployments.add(each);
    }
  }
  await numbers.loadAll(new Map<Interned, Set<string>>(Object.entries(texts) as [Interned, Set<string>][]));
  await periods.load(deployments);
}

/** Where entries are applied: the transaction, its database, and the documents that the entries name. */
export interface ApplyTo {
  readonly tx: Transaction<Tables>;
  readonly database: Database;
  readonly documents: Documents;
  readonly written?: WrittenKnowledge;
}

/** Applies entries, the first of which has the index `first`. `also`: rows that are written with theirs. */
export async function applyAll(
  to: ApplyTo,
  first: number,
  entries: readonly Entry[],
  also: (rows: Rows) => void = () => {},
): Promise<void> {
  const rows = new Rows(to.tx, to.database);
  const periods = new Periods(to.tx, to.database, rows);
  const context: ApplyContext = { ...to, rows, periods, numbers: new Numbers(to.tx, to.database) };
  also(rows);
  await prepare(context, entries);
  for (const [at, entry] of entries.entries()) await apply(context, first + at, entry);
  await periods.flush();
  await rows.flush();
}
