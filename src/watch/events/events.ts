import type { Entry } from '../../ledger/fact.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { readEntries } from '../../ledger/read-entries.ts';
import type { KvittoEvent } from '../../model/event.ts';
import { alertEvents } from './alert-events.ts';
import { conditionEvents } from './condition-events.ts';
import { decisionEvents, expiredDecisionEvents } from './decision-events.ts';
import { correctionEvents, startEvents, stopEvents } from './deployment-events.ts';
import type { Draft, Origin } from './draft.ts';
import { knowledgeEvents } from './knowledge-events.ts';
import { observationEvents } from './observation-events.ts';

/**
 * The events of one entry, from a place on, in their order. A function of the entry, its documents, and of what the ledger knew
 * when it was recorded: asked for again, at any time, it gives the same events with the same ids. One document of a pass is
 * in memory at a time.
 */
export async function* eventsOf(ledger: Ledger, index: number, from = 0): AsyncGenerator<KvittoEvent> {
  const entry = (await readEntries(ledger, [index])).get(index);
  if (entry === undefined) return;
  const at: Origin = { index, recorded: Date.parse(entry.recorded), actor: entry.actor };
  const log = ledger.parts.origin.split('/').at(-1)?.slice(0, 8) ?? '';
  let place = 0;
  for await (const draft of draftsOf(ledger, entry, at)) {
    const here = place++;
    if (here < from) continue;
    const { recorded, actor } = entry;
    yield { ...draft, id: `${log}-${index}-${here}`, at: recorded, entry: index, place: here, actor };
  }
}

function draftsOf(ledger: Ledger, entry: Entry, at: Origin): AsyncIterable<Draft> | Iterable<Draft> {
  switch (entry.kind) {
    case 'artifact-recorded': {
      const { digest, kind, name, platform } = entry.artifact;
      const { components, problems } = entry;
      const message = `${name} was scanned: ${components} components${problems === 0 ? '' : `, ${problems} problems`}`;
      const artifact = { digest, kind, name, platform };
      return [{ type: 'scan', message, service: null, environment: null, artifact, components, problems }];
    }
    case 'verdict-given': {
      const { artifact, verdict, findings, exceptions, policy, snapshot, run } = entry;
      const message = `the gate says ${verdict} of ${artifact.slice(0, 19)}: ${findings} findings`;
      const told = { artifact, verdict, findings, exceptions, policy, snapshot, run };
      return [{ type: 'verdict', message, service: null, environment: null, ...told }];
    }
    case 'rescanned':
      return knowledgeEvents(ledger, entry, at);
    case 'deployment-started':
      return startEvents(entry, at);
    case 'deployment-stopped':
      return stopEvents(ledger, entry);
    case 'deployment-corrected':
      return correctionEvents(ledger, entry);
    case 'observed':
      return observationEvents(ledger, entry, at);
    case 'decisions-made':
      return decisionEvents(ledger, entry, at);
    case 'decisions-expired':
      return expiredDecisionEvents(ledger, entry, at);
    case 'conditions-changed':
      return conditionEvents(ledger, entry, at);
    case 'alerts-raised':
    case 'alert-acknowledged':
    case 'alert-escalated':
    case 'alerts-resolved':
      return alertEvents(ledger, entry, at);
    // Told with the pass that met it.
    case 'snapshot-learned':
      return [];
    case 'ledger-created':
    case 'key-rotated':
    case 'redacted':
    case 'checkpoint-stamped':
    case 'repaired': {
      const message = `the ledger: ${entry.kind.replaceAll('-', ' ')}`;
      return [{ type: 'ledger', action: entry.kind, message, service: null, environment: null }];
    }
  }
}
