import type { FactKind } from '../../ledger/fact.ts';
import type { EventType } from '../../model/event.ts';

/**
 * What entries of a kind may tell: so that a reader passes over what a sink does not take, without opening it. Held against what
 * `watch/events/` really gives by a test.
 */
export const eventTypesOf: Readonly<Record<FactKind, readonly EventType[]>> = {
  'artifact-recorded': ['scan'],
  'verdict-given': ['verdict'],
  'snapshot-learned': [],
  rescanned: ['change', 'rescan'],
  // A change only where it has marks: it bypassed the gate.
  'deployment-started': ['deployment', 'change'],
  'deployment-stopped': ['deployment'],
  'deployment-corrected': ['deployment'],
  observed: ['observation', 'change'],
  'decisions-made': ['decision'],
  'decisions-expired': ['change'],
  'conditions-changed': ['change'],
  'alerts-raised': ['alert'],
  'alert-acknowledged': ['alert'],
  'alert-escalated': ['alert'],
  'alerts-resolved': ['alert'],
  'ledger-created': ['ledger'],
  'key-rotated': ['ledger'],
  redacted: ['ledger'],
  'checkpoint-stamped': ['ledger'],
  repaired: ['ledger'],
};
