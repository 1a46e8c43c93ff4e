import type { Entry } from '../fact.ts';
import { applyArtifact, applySnapshot, applyVerdict } from './artifacts.ts';
import type { ApplyContext, At } from './context.ts';
import { applyDecisions, applyExpiry } from './decisions.ts';
import { applyCorrection, applyStart, applyStop } from './deployments.ts';
import { applyRescan } from './knowledge.ts';
import { applyObservation } from './observations.ts';

/**
 * Leaves in the tables what an entry says. A function of the entry, its documents and the entries before it alone: that is what
 * lets the tables be built again from the log, and a row that was altered by hand be found.
 */
export async function apply(context: ApplyContext, index: number, entry: Entry): Promise<void> {
  const at: At = { index, recorded: Date.parse(entry.recorded) };
  context.rows.add('outbox', { entry: index, kind: entry.kind });
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
      context.rows.add('redaction', { document: entry.document, entry: index, known_from: at.recorded });
      return;
    case 'ledger-created':
    case 'key-rotated':
    case 'checkpoint-stamped':
    case 'repaired':
      return;
  }
}
