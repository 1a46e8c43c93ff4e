import type { KnowledgeDocument, KnownMatch } from '../ledger/document-shapes.ts';
import type { Instant } from '../ledger/instant.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { artifactsWith, type ClosedMatch, closedMatches, runningAt } from '../ledger/queries/running-components.ts';
import { readKnowledge } from '../ledger/read-documents.ts';
import { type SeverityLevel, severityLevels } from '../model/advisory.ts';
import type { Digest } from '../model/inventory.ts';

/**
 * What became different: `new` and `gone` (no record says so any more), `withdrawn` (its records were taken back), `exploited`
 * (a catalogue took it up), `severity` (its level or score, up or down), `fix-available` (there was none), `changed` (anything else:
 * other records, another fixed version, taken off a catalogue, another name of it).
 */
export const changeKinds = ['exploited', 'new', 'severity', 'fix-available', 'changed', 'withdrawn', 'gone'] as const;
export type ChangeKind = (typeof changeKinds)[number];

/** What was known of one vulnerability of one component. */
export interface KnownState {
  readonly severity: SeverityLevel;
  /** CVSS base score 0.0 to 10.0. */
  readonly score: number | null;
  readonly exploited: boolean;
  readonly fixedIn: string | null;
  /** Ids of the advisory records, sorted. */
  readonly advisories: readonly string[];
}

/** A difference between what was known and what is known of something that runs. */
export interface Change {
  readonly service: string;
  readonly environment: string;
  /** Number of the deployment that runs. */
  readonly deployment: number;
  readonly artifact: Digest;
  /** purl. */
  readonly component: string;
  readonly vulnerability: string;
  readonly kind: ChangeKind;
  /** Null for `new`. */
  readonly before: KnownState | null;
  /** Null for `gone` and `withdrawn`. */
  readonly after: KnownState | null;
}

export type ChangeCounts = Readonly<Record<ChangeKind, number>>;

/** What a pass changed. One that is several things at once (exploited, and more severe) is counted and listed as each. */
export interface Changes {
  /** Worst first: exploited, severity, score, kind, then by names. At most 10,000; `running` counts all. */
  readonly listed: readonly Change[];
  /** Changes of what runs: one for each deployment, component and vulnerability. */
  readonly running: ChangeCounts;
  /** Changes of components that nothing that runs has: one for each component and vulnerability. */
  readonly notRunning: ChangeCounts;
}

/** Changes that are listed. */
export const mostListed = 10_000;

const states = {
  ofOpened: (m: KnownMatch): KnownState => ({
    severity: m.severity.level,
    score: m.severity.score,
    exploited: m.exploitation.length > 0,
    fixedIn: m.fixedIn,
    advisories: m.advisories,
  }),
  ofRow: (row: ClosedMatch): KnownState => ({
    severity: severityLevels[row.severity] ?? 'unknown',
    score: row.score === null ? null : row.score / 10,
    exploited: row.exploited === 1,
    fixedIn: row.fixed_in,
    advisories: row.advisories.split(' '),
  }),
};

/** What a match that was known in another form has become. */
function kindsOf(before: KnownState, after: KnownState): ChangeKind[] {
  const kinds: ChangeKind[] = [];
  if (after.exploited && !before.exploited) kinds.push('exploited');
  if (after.severity !== before.severity || after.score !== before.score) kinds.push('severity');
  if (after.fixedIn !== null && before.fixedIn === null) kinds.push('fix-available');
  return kinds.length === 0 ? ['changed'] : kinds;
}

type Event = Pick<Change, 'component' | 'vulnerability' | 'kind' | 'before' | 'after'>;

/** What a document says became different, one event for each kind. */
function* eventsOf(
  { opened, closed }: Pick<KnowledgeDocument, 'opened' | 'closed'>,
  rows: readonly ClosedMatch[],
): Generator<Event> {
  const before = new Map(rows.map((row) => [`${row.purl}\0${row.id}`, states.ofRow(row)]));
  const reshaped = new Set(closed.filter((c) => c.why === 'changed').map((c) => `${c.component}\0${c.id}`));
  for (const m of opened) {
    const was = [m.id, ...m.aliases].map((id) => `${m.component}\0${id}`).find((key) => reshaped.has(key));
    const [old, after] = [was === undefined ? null : (before.get(was) ?? null), states.ofOpened(m)];
    // Known since before and no row of its own: split off from another, or known by a name that went.
    const kinds: ChangeKind[] = old !== null ? kindsOf(old, after) : m.firstKnown === null ? ['new'] : ['changed'];
    for (const kind of kinds) yield { component: m.component, vulnerability: m.id, kind, before: old, after };
  }
  for (const { component, id, why } of closed) {
    if (why === 'changed') continue;
    const old = before.get(`${component}\0${id}`) ?? null;
    yield { component, vulnerability: id, kind: why, before: old, after: null };
  }
}

/** Worst first. */
function compareEvents(a: Event, b: Event): number {
  const [x, y] = [a.after ?? a.before, b.after ?? b.before];
  const texts = (e: Event) => `${e.vulnerability}\0${e.component}`;
  return (
    Number(y?.exploited ?? false) - Number(x?.exploited ?? false) ||
    severityLevels.indexOf(x?.severity ?? 'unknown') - severityLevels.indexOf(y?.severity ?? 'unknown') ||
    (y?.score ?? -1) - (x?.score ?? -1) ||
    changeKinds.indexOf(a.kind) - changeKinds.indexOf(b.kind) ||
    (texts(a) < texts(b) ? -1 : texts(a) > texts(b) ? 1 : 0)
  );
}

/** A pass as the ledger holds it. */
export interface PassRef {
  /** Digests of its documents. */
  readonly documents: readonly Digest[];
  /** Index of its first entry, and its time. */
  readonly entry: number;
  readonly recorded: Instant;
}

const none = (): Record<ChangeKind, number> => ({
  exploited: 0,
  new: 0,
  severity: 0,
  'fix-available': 0,
  changed: 0,
  withdrawn: 0,
  gone: 0,
});

/** Nothing changed. */
export function noChanges(): Changes {
  return { listed: [], running: none(), notRunning: none() };
}

/**
 * What a pass changed for what ran when it was recorded, and for all else. Read from the ledger, so that it can be asked for at any
 * time after: one document after the other, and of the worst no more than fit into memory.
 */
export async function changesOf(ledger: Ledger, { documents, entry, recorded }: PassRef): Promise<Changes> {
  const byArtifact = await runningAt(ledger, recorded);
  const artifacts = [...byArtifact.keys()];
  const [running, notRunning] = [none(), none()];
  let worst: { event: Event; runs: readonly number[] }[] = [];
  const keepWorst = () => {
    worst = worst.sort((a, b) => compareEvents(a.event, b.event)).slice(0, mostListed);
  };
  for (const digest of documents) {
    const document = readKnowledge(await ledger.documents.get(digest), digest);
    const purls = [...new Set([...document.opened, ...document.closed].map((m) => m.component))];
    const closed = [...new Set(document.closed.map((c) => c.component))];
    const runsIn = await artifactsWith(ledger, purls, artifacts);
    for (const event of eventsOf(document, await closedMatches(ledger, closed, recorded, entry))) {
      const runs = runsIn.get(event.component);
      if (runs === undefined) {
        notRunning[event.kind] += 1;
        continue;
      }
      for (const artifact of runs) running[event.kind] += byArtifact.get(artifact)?.length ?? 0;
      worst.push({ event, runs });
      if (worst.length >= 4 * mostListed) keepWorst();
    }
  }
  keepWorst();
  const listed: Change[] = [];
  for (const { event, runs } of worst) {
    const { component, vulnerability, kind, before, after } = event;
    for (const running of runs.flatMap((artifact) => byArtifact.get(artifact) ?? [])) {
      if (listed.length < mostListed) listed.push({ ...running, component, vulnerability, kind, before, after });
    }
  }
  return { listed, running, notRunning };
}
