import { forever, type Instant } from '../../ledger/instant.ts';
import type { PackRequest } from '../answer.ts';
import type { Ground, Placed } from './ground.ts';

/** When a deployment ran, as it was believed from `knownFrom` to `knownTo`. */
export interface Held {
  readonly validFrom: Instant;
  readonly validTo: Instant;
  readonly ending: 'open' | 'known' | 'unknown';
  readonly knownFrom: Instant;
  knownTo: Instant;
  readonly entry: number;
  readonly by: 'deployment-started' | 'deployment-stopped' | 'deployment-corrected';
}

/** A deployment with all that was believed of it, oldest first. */
export interface Deployed {
  readonly start: Placed<'deployment-started'>;
  readonly beliefs: Held[];
}

type Telling = Placed<'deployment-started'> | Placed<'deployment-stopped'> | Placed<'deployment-corrected'>;

/** What entries say of the deployments of a service, as known at a moment. By the number of the deployment. */
export function beliefsOf(
  ground: Ground,
  { service, environment, asOf }: Pick<PackRequest, 'service' | 'environment' | 'asOf'>,
): Map<number, Deployed> {
  const telling: Telling[] = [
    ...ground.of('deployment-started', asOf),
    ...ground.of('deployment-stopped', asOf),
    ...ground.of('deployment-corrected', asOf),
  ];
  const all = new Map<number, Deployed>();
  for (const one of telling.sort((a, b) => a.index - b.index)) {
    const { fact } = one;
    if (fact.kind === 'deployment-started') {
      const wanted = fact.service === service && (environment === null || fact.environment === environment);
      if (!wanted) continue;
      for (const replaced of fact.replaces) end(all.get(replaced), one, Date.parse(fact.from), 'known');
      const until = fact.until === null ? forever : Date.parse(fact.until);
      const ending = fact.until === null ? 'open' : 'known';
      const belief = { validFrom: Date.parse(fact.from), validTo: until, ending, ...since(one) } as const;
      all.set(one.index, { start: { ...one, fact }, beliefs: [belief] });
    } else if (fact.kind === 'deployment-stopped') {
      for (const stopped of fact.deployments) end(all.get(stopped), one, Date.parse(fact.at), fact.ending);
    } else {
      const until = fact.until === null ? forever : Date.parse(fact.until);
      believe(all.get(fact.deployment), one, {
        validFrom: Date.parse(fact.from),
        validTo: until,
        ending: fact.until === null ? 'open' : 'known',
      });
    }
  }
  return all;
}

function since({ index, at, fact }: Telling): Pick<Held, 'knownFrom' | 'knownTo' | 'entry' | 'by'> {
  return { knownFrom: at, knownTo: forever, entry: index, by: fact.kind };
}

function end(deployed: Deployed | undefined, by: Telling, at: Instant, ending: 'known' | 'unknown'): void {
  const last = deployed?.beliefs.at(-1);
  if (last !== undefined) believe(deployed, by, { validFrom: last.validFrom, validTo: at, ending });
}

function believe(
  deployed: Deployed | undefined,
  by: Telling,
  now: Pick<Held, 'validFrom' | 'validTo' | 'ending'>,
): void {
  const last = deployed?.beliefs.at(-1);
  if (deployed === undefined || last === undefined) return;
  last.knownTo = by.at;
  deployed.beliefs.push({ ...now, ...since(by) });
}

/** The part of a belief that lies in the period, both ends of which belong to it; null where it does not touch it. */
export function within(
  { validFrom, validTo }: Pick<Held, 'validFrom' | 'validTo'>,
  { from, to }: Pick<PackRequest, 'from' | 'to'>,
): { readonly from: Instant; readonly to: Instant } | null {
  if (validFrom > to || validTo <= from || validFrom >= validTo) return null;
  return { from: Math.max(validFrom, from), to: Math.min(validTo, to) };
}

/** Deployments that ran in the period, or that were believed to until that was corrected. By their number, in order. */
export function inPeriod(
  all: ReadonlyMap<number, Deployed>,
  request: PackRequest,
): Map<number, Deployed & { readonly ran: { readonly from: Instant; readonly to: Instant } | null }> {
  const found = new Map<number, Deployed & { readonly ran: { from: Instant; to: Instant } | null }>();
  for (const [number, deployed] of [...all].sort(([a], [b]) => a - b)) {
    const { beliefs } = deployed;
    const last = beliefs.at(-1);
    const ran = last === undefined ? null : within(last, request);
    const corrected = beliefs.some(
      (b, at) =>
        b.knownFrom < b.knownTo && beliefs[at + 1]?.by === 'deployment-corrected' && within(b, request) !== null,
    );
    if (ran !== null || corrected) found.set(number, { ...deployed, ran });
  }
  return found;
}
