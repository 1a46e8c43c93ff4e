import fc from 'fast-check';
import { CodedError } from '../../../model/errors.ts';
import { mostDecisions } from '../../apply/decisions.ts';
import { forever, formatInstant } from '../../instant.ts';
import { plainAt, type Told } from './plain-answers.ts';
import type { PlainFact } from './plain-ledger.ts';
import { digest, hour, type MatchGiven, type Stage } from './stage.ts';

/* Facts at random, told to a real ledger and to the plain list alike. */

export const services = ['api', 'web'] as const;
export const environments = ['prod', 'test'] as const;
const purls = ['pkg:npm/a@1', 'pkg:npm/a@2', 'pkg:npm/b@1', 'pkg:npm/c@1'] as const;
/** Each vulnerability, with the name that it may have besides. */
const vulnerabilities = [
  ['CVE-1', 'GHSA-1'],
  ['CVE-2', 'GHSA-2'],
] as const;
export const names = [...vulnerabilities.flat(), 'CVE-3'];

const few = fc.nat(3);
const orNull = <T>(list: readonly T[]) => fc.constantFrom<T | null>(null, null, ...list);
/** Hours before now. Mostly none: late facts are the rarer case. */
const late = fc.constantFrom(0, 0, 0, 1, 3, 7);
const place = { service: fc.constantFrom(...services), environment: fc.constantFrom(...environments) };
const touched = fc.record({
  component: fc.constantFrom(...purls),
  vulnerability: fc.constantFrom(...vulnerabilities),
  alias: fc.boolean(),
  /** Whether what is known becomes another form, or is closed. */
  reopen: fc.boolean(),
  score: fc.nat(9),
});

const told = {
  artifact: fc.record({ kind: fc.constant('artifact' as const), artifact: few, purls: fc.subarray([...purls]) }),
  verdict: fc.record({ kind: fc.constant('verdict' as const), artifact: few }),
  deploy: fc.record({
    kind: fc.constant('deploy' as const),
    ...place,
    artifact: few,
    late,
    alongside: fc.constantFrom(false, false, true),
  }),
  stop: fc.record({ kind: fc.constant('stop' as const), ...place, late, unknown: fc.boolean() }),
  correct: fc.record({ kind: fc.constant('correct' as const), which: fc.nat(20), late, hours: orNull([0, 1, 2, 5]) }),
  pass: fc.record({
    kind: fc.constant('pass' as const),
    touched: fc.uniqueArray(touched, { selector: (t) => t.component + t.vulnerability[0], minLength: 1, maxLength: 5 }),
  }),
  decide: fc.record({
    kind: fc.constant('decide' as const),
    vulnerability: fc.constantFrom(...names),
    aliases: fc.constantFrom<readonly string[]>([], [], ['CVE-1'], ['GHSA-2']),
    service: orNull(services),
    environment: orNull(environments),
    component: orNull(['pkg:npm/a', 'pkg:npm/a@1', 'pkg:npm/b@1']),
    artifact: orNull([digest(1), digest(2)]),
    late,
    hours: orNull([0, 2, 9]),
  }),
};

/** One thing that happens, so many hours after the one before. */
export const steps = fc.array(
  fc.record({
    after: fc.constantFrom(0, 0, 1, 2),
    what: fc.oneof(
      { weight: 2, arbitrary: told.artifact },
      { weight: 1, arbitrary: told.verdict },
      { weight: 6, arbitrary: told.deploy },
      { weight: 2, arbitrary: told.stop },
      { weight: 2, arbitrary: told.correct },
      { weight: 4, arbitrary: told.pass },
      { weight: 4, arbitrary: told.decide },
    ),
  }),
  { minLength: 8, maxLength: 30 },
);

type Step = (typeof steps extends fc.Arbitrary<infer T extends readonly unknown[]> ? T : never)[number];
type What<K extends Step['what']['kind']> = Extract<Step['what'], { kind: K }>;

const endless = Number.POSITIVE_INFINITY;

/** Tells the ledger of a stage what happens, and notes it down. What the ledger refuses is noted nowhere. */
export async function tell(stage: Stage, notes: Told[], { after, what }: Step): Promise<void> {
  stage.now += after * hour;
  const fact = await factOf(stage, notes, what);
  if (fact !== null) notes.push({ fact, now: stage.now });
}

async function factOf(stage: Stage, notes: readonly Told[], what: Step['what']): Promise<PlainFact | null> {
  switch (what.kind) {
    case 'artifact': {
      const artifact = digest(what.artifact);
      await stage.artifact(artifact, what.purls);
      return { kind: 'artifact', artifact, purls: what.purls };
    }
    case 'verdict': {
      const artifact = digest(what.artifact);
      return { kind: 'verdict', entry: (await stage.verdict(artifact, 'pass')).first, artifact };
    }
    case 'deploy': {
      const { service, environment, alongside } = what;
      const [artifact, at] = [digest(what.artifact), stage.now - what.late * hour];
      const { deployment } = await stage.deploy(artifact, { service, environment, at, alongside });
      return { kind: 'deploy', entry: deployment, place: `${environment} ${service}`, artifact, at, alongside };
    }
    case 'stop':
      return await stopped(stage, what);
    case 'correct':
      return await corrected(stage, notes, what);
    case 'pass':
      return await passed(stage, notes, what);
    case 'decide':
      return await decided(stage, what);
  }
}

async function unlessRefused<T>(doing: Promise<T>): Promise<T | null> {
  try {
    return await doing;
  } catch (thrown) {
    if (thrown instanceof CodedError && (thrown.code === 'not-in-ledger' || thrown.code === 'usage')) return null;
    throw thrown;
  }
}

async function stopped(stage: Stage, { service, environment, late: hours, unknown }: What<'stop'>) {
  const at = stage.now - hours * hour;
  const done = await unlessRefused(stage.stop({ service, environment, at, unknownEnd: unknown }));
  if (done === null) return null;
  return { kind: 'stop', entry: done.appended.first, place: `${environment} ${service}`, at, unknown } as const;
}

async function corrected(stage: Stage, notes: readonly Told[], { which, late: back, hours }: What<'correct'>) {
  const known = plainAt(notes, endless).beliefs;
  const deployment = known[which % Math.max(known.length, 1)]?.deployment;
  if (deployment === undefined) return null;
  const from = stage.now - back * hour;
  const until = hours === null ? endless : from + hours * hour;
  const done = await unlessRefused(stage.correct(deployment, from, until === endless ? forever : until));
  return done === null ? null : ({ kind: 'correct', entry: done.first, deployment, from, until } as const);
}

async function passed(stage: Stage, notes: readonly Told[], what: What<'pass'>) {
  const { matches } = plainAt(notes, endless);
  const closed: { component: string; id: string }[] = [];
  const opened: (MatchGiven & { readonly aliases: readonly string[]; readonly score: number })[] = [];
  for (const { component, vulnerability, alias, reopen, score } of what.touched) {
    const [id, other] = vulnerability;
    const open = matches.find((m) => m.component === component && m.id === id && m.to === endless);
    if (open !== undefined) closed.push({ component, id });
    if (open !== undefined && !reopen) continue;
    opened.push({ component, id, aliases: alias ? [other] : [], score, firstKnown: open?.first ?? null });
  }
  // Like a real pass, which sees only components that the ledger knows.
  const seen = new Set([...plainAt(notes, endless).everContained]);
  const there = opened.filter((m) => seen.has(m.component));
  await stage.learn(there, closed);
  const noted = there.map(({ component, id, aliases, score, firstKnown = null }) => {
    return { component, id, aliases, score, first: firstKnown };
  });
  return { kind: 'pass', closed, opened: noted } as const;
}

async function decided(stage: Stage, { kind, late: back, hours, ...scope }: What<'decide'>) {
  const from = stage.now - back * hour;
  const until = hours === null ? endless : from + hours * hour;
  const end = until === endless ? null : formatInstant(until);
  const { first } = await stage.decide([{ ...scope, from: formatInstant(from), until: end }]);
  return { kind, id: first * mostDecisions, ...scope, from, until } as const;
}
