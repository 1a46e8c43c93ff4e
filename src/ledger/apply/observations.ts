import type { Observed } from '../fact.ts';
import { readObservation } from '../read-documents.ts';
import type { ApplyContext, At } from './context.ts';

export async function applyObservation(context: ApplyContext, { index, recorded }: At, fact: Observed): Promise<void> {
  const { rows, numbers, documents } = context;
  let environment = await numbers.get('environment', fact.environment);
  if (environment === null) {
    environment = await numbers.give('environment', fact.environment);
    rows.add('environment', { id: environment, name: fact.environment });
  }
  const { drift } = readObservation(await documents.get(fact.observation), fact.observation);
  rows.add('observation', {
    id: index,
    environment,
    at: Date.parse(fact.at),
    covers_to: Date.parse(fact.covers),
    document: fact.observation,
    containers: fact.containers,
    drift: fact.drift,
    known_from: recorded,
  });
  for (const [place, { service, what, digest, containers }] of drift.entries()) {
    rows.add('drift', { observation: index, place, environment, service, what, digest, containers });
  }
}
