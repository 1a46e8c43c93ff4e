import type { Instant } from '../../instant.ts';

/*
 * What the ledger's questions mean, without a database: `as known at K` is whatever a ledger would say that had stopped at K. So
 * the facts up to K are played from the beginning, and each answer is looked for among all there is.
 */

export type PlainFact =
  | { readonly kind: 'artifact'; readonly artifact: string; readonly purls: readonly string[] }
  | { readonly kind: 'verdict'; readonly entry: number; readonly artifact: string }
  | PlainDeploy
  | {
      readonly kind: 'stop';
      readonly entry: number;
      readonly place: string;
      readonly at: Instant;
      readonly unknown: boolean;
    }
  | {
      readonly kind: 'correct';
      readonly entry: number;
      readonly deployment: number;
      readonly from: Instant;
      readonly until: Instant;
    }
  | PlainPass
  | PlainDecide;

export interface PlainDeploy {
  readonly kind: 'deploy';
  readonly entry: number;
  /** Environment and service, with a space between. */
  readonly place: string;
  readonly artifact: string;
  readonly at: Instant;
  readonly alongside: boolean;
}

export interface PlainPass {
  readonly kind: 'pass';
  readonly closed: readonly { readonly component: string; readonly id: string }[];
  readonly opened: readonly {
    readonly component: string;
    readonly id: string;
    readonly aliases: readonly string[];
    readonly score: number;
    readonly first: Instant | null;
  }[];
}

export interface PlainDecide {
  readonly kind: 'decide';
  readonly id: number;
  readonly vulnerability: string;
  readonly aliases: readonly string[];
  readonly service: string | null;
  readonly environment: string | null;
  readonly component: string | null;
  readonly artifact: string | null;
  readonly from: Instant;
  readonly until: Instant;
}

export interface PlainBelief {
  readonly deployment: number;
  readonly place: string;
  readonly artifact: string;
  readonly from: Instant;
  readonly to: Instant;
  readonly ending: 'open' | 'known' | 'unknown';
  readonly known: Instant;
  readonly entry: number;
}

export interface PlainMatch {
  readonly component: string;
  readonly id: string;
  readonly score: number;
  readonly first: Instant;
  readonly known: Instant;
  to: Instant;
}

type PlainDecision = PlainDecide & { readonly known: Instant; heldUntil: Instant };

const never = Number.POSITIVE_INFINITY;

/** The state of a ledger that was told these facts and no others. */
export class PlainLedger {
  readonly contents = new Map<string, { readonly purls: readonly string[]; readonly known: Map<string, Instant> }>();
  readonly everContained = new Set<string>();
  readonly verdicts: { readonly entry: number; readonly artifact: string; readonly known: Instant }[] = [];
  beliefs: PlainBelief[] = [];
  /** Every form that was ever known. */
  readonly matches: PlainMatch[] = [];
  readonly names = new Map<string, Set<string>>();
  readonly decisions: PlainDecision[] = [];

  tell(fact: PlainFact, now: Instant): void {
    switch (fact.kind) {
      case 'artifact':
        this.#artifact(fact.artifact, fact.purls, now);
        break;
      case 'verdict':
        this.verdicts.push({ entry: fact.entry, artifact: fact.artifact, known: now });
        break;
      case 'deploy':
        this.#deploy(fact, now);
        break;
      case 'stop':
        this.#change((b) => b.place === fact.place && b.to === never, {
          to: fact.at,
          ending: fact.unknown ? 'unknown' : 'known',
          known: now,
          entry: fact.entry,
        });
        break;
      case 'correct':
        this.#change((b) => b.deployment === fact.deployment, {
          from: fact.from,
          to: fact.until,
          ending: fact.until === never ? 'open' : 'known',
          known: now,
          entry: fact.entry,
        });
        break;
      case 'pass':
        this.#pass(fact, now);
        break;
      case 'decide':
        this.#decide(fact, now);
        break;
    }
  }

  #artifact(artifact: string, purls: readonly string[], now: Instant): void {
    for (const purl of purls) this.everContained.add(purl);
    const before = this.contents.get(artifact)?.known;
    this.contents.set(artifact, { purls, known: new Map(purls.map((p) => [p, before?.get(p) ?? now])) });
  }

  #change(which: (b: PlainBelief) => boolean, to: Partial<PlainBelief>): void {
    this.beliefs = this.beliefs.map((b) => (which(b) ? { ...b, ...to } : b));
  }

  #deploy({ entry, place, artifact, at, alongside }: PlainDeploy, now: Instant): void {
    const here = alongside ? [] : this.beliefs.filter((b) => b.place === place && b.to > at);
    const ran = here.filter((b) => b.from <= at);
    const replaced = new Set(ran.map((b) => b.deployment));
    const next = Math.min(never, ...here.filter((b) => b.from > at).map((b) => b.from));
    const until = ran.length === 0 ? next : Math.max(...ran.map((b) => (b.to > now ? never : b.to)));
    this.#change((b) => replaced.has(b.deployment), { to: at, ending: 'known', known: now, entry });
    const ending = until === never ? 'open' : 'known';
    this.beliefs.push({ deployment: entry, place, artifact, from: at, to: until, ending, known: now, entry });
  }

  #pass({ closed, opened }: PlainPass, now: Instant): void {
    for (const { component, id } of closed) {
      for (const m of this.matches) if (m.component === component && m.id === id && m.to === never) m.to = now;
    }
    for (const { component, id, aliases, score, first } of opened) {
      this.matches.push({ component, id, score, first: first ?? now, known: now, to: never });
      const names = this.names.get(id) ?? new Set([id]);
      for (const alias of aliases) names.add(alias);
      this.names.set(id, names);
    }
  }

  #decide(fact: PlainDecide, now: Instant): void {
    const scope = (d: PlainDecide) => JSON.stringify([d.service, d.environment, d.component, d.artifact]);
    const own = [fact.vulnerability, ...fact.aliases];
    const also = [...this.names.values()].filter((set) => own.some((n) => set.has(n))).flatMap((set) => [...set]);
    const names = new Set([...own, ...also]);
    for (const d of this.decisions) {
      const isSame = scope(d) === scope(fact) && [d.vulnerability, ...d.aliases].some((n) => names.has(n));
      // What took its place says nothing of the time before.
      if (d.heldUntil === never && isSame) d.heldUntil = fact.from;
    }
    this.decisions.push({ ...fact, known: now, heldUntil: never });
  }

  /** The decision in force for one component of a deployment. */
  decisionFor(at: Instant, id: string, component: string, artifact: string, place: string | null): number | null {
    const [environment = null, service = null] = place === null ? [] : place.split(' ');
    const names = this.names.get(id) ?? new Set();
    const holding = this.decisions.filter(
      (d) =>
        d.from <= at &&
        at < Math.min(d.until, d.heldUntil) &&
        [d.vulnerability, ...d.aliases].some((n) => names.has(n)) &&
        (d.service ?? service) === service &&
        (d.environment ?? environment) === environment &&
        (d.artifact ?? artifact) === artifact &&
        (d.component === null || d.component === component || d.component === component.split('@')[0]),
    );
    const scopes = (d: PlainDecide) =>
      [d.artifact, d.environment, d.service, d.component].map((s) => (s === null ? 0 : 1));
    const count = (d: PlainDecide) => scopes(d).reduce<number>((sum, one) => sum + one, 0);
    holding.sort((a, b) => count(b) - count(a) || compare(scopes(b), scopes(a)) || b.known - a.known || b.id - a.id);
    return holding[0]?.id ?? null;
  }
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [at, one] of a.entries()) if (one !== b[at]) return one - (b[at] ?? 0);
  return 0;
}
