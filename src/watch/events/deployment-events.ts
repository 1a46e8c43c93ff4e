import { sql } from 'kysely';
import { among } from '../../ledger/apply/interned.ts';
import type { DeploymentCorrected, DeploymentStarted, DeploymentStopped } from '../../ledger/fact.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { DeploymentEvent } from '../../model/event.ts';
import type { Digest } from '../../model/inventory.ts';
import { changeDraft, type Draft, type Origin } from './draft.ts';
import { placeWords } from './words.ts';

const bypassed: ReadonlySet<string> = new Set(['break-glass', 'refused', 'no-verdict', 'cannot-say']);

/** What the marks of a deployment that bypassed the gate mean. */
const markWords: Readonly<Record<string, string>> = {
  'break-glass': 'in an emergency, past the gate',
  refused: 'although the gate refused it',
  'no-verdict': 'without a verdict of the gate',
  'cannot-say': 'although the gate could not say',
  unrecorded: 'and was never scanned',
};

/** A deployment began; besides, that it bypassed the gate, or is of something that was never scanned. */
export function* startEvents(fact: DeploymentStarted, { index }: Origin): Generator<Draft> {
  const { service, environment, artifact, image, from, until, marks, change, run } = fact;
  const place = placeWords(service, environment);
  yield {
    type: 'deployment',
    action: 'started',
    message: `${image ?? artifact.slice(0, 19)} runs in ${place}`,
    ...{ service, environment, deployment: index, artifact, image, from, until, marks, change, run },
  };
  const touched = { service, environment, artifact, artifacts: 1, deployments: 1, deployment: index, since: from };
  const detail = { marks: marks.join(' '), image, run };
  for (const [kind, which] of [
    ['gate-bypassed', marks.filter((m) => bypassed.has(m))],
    ['unrecorded-deployment', marks.filter((m) => m === 'unrecorded')],
  ] as const) {
    if (which.length === 0) continue;
    const words = which.map((m) => markWords[m] ?? m).join(', ');
    const message = `${image ?? artifact.slice(0, 19)} runs in ${place} ${words}`;
    yield changeDraft({ change: kind, subject: artifact, message, ...touched, detail });
  }
}

type Held = { id: number; service: string; environment: string; artifact: Digest; marks: string };

/** Deployments by number. What a deployment is never changes. */
async function deployments(ledger: Ledger, ids: readonly number[]): Promise<Map<number, Held>> {
  const { rows } = await sql<Held>`SELECT d.id, s.name AS service, e.name AS environment, a.digest AS artifact, d.marks
    FROM deployment d JOIN service s ON s.id = d.service JOIN environment e ON e.id = d.environment
      JOIN artifact a ON a.id = d.artifact WHERE ${among(ledger.database, 'd.id', ids)}`.execute(ledger.reader);
  return new Map(rows.map((row) => [row.id, row]));
}

function held(
  { id, service, environment, artifact, marks }: Held,
  action: DeploymentEvent['action'],
  times: { readonly from: string; readonly until: string | null; readonly message: string },
): Draft {
  const list = marks === '' ? [] : marks.split(' ');
  const none = { image: null, change: null, run: null };
  return { type: 'deployment', action, service, environment, deployment: id, artifact, marks: list, ...none, ...times };
}

export async function* stopEvents(ledger: Ledger, fact: DeploymentStopped): AsyncGenerator<Draft> {
  const known = await deployments(ledger, fact.deployments);
  for (const id of fact.deployments) {
    const one = known.get(id);
    if (one === undefined) continue;
    const words = fact.ending === 'known' ? 'ended' : 'does not run any more';
    const message = `${one.artifact.slice(0, 19)} ${words} in ${placeWords(one.service, one.environment)}`;
    yield held(one, 'stopped', { from: fact.at, until: fact.at, message });
  }
}

export async function* correctionEvents(ledger: Ledger, fact: DeploymentCorrected): AsyncGenerator<Draft> {
  const one = (await deployments(ledger, [fact.deployment])).get(fact.deployment);
  if (one === undefined) return;
  const message = `the times of deployment ${one.id} in ${placeWords(one.service, one.environment)} were corrected`;
  yield held(one, 'corrected', { from: fact.from, until: fact.until, message });
}
