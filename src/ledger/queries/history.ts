import { sql } from 'kysely';
import type { Digest } from '../../model/inventory.ts';
import type { Entry } from '../fact.ts';
import type { Instant } from '../instant.ts';
import type { Ledger } from '../ledger.ts';
import { readText } from '../read-documents.ts';
import { readEntries } from '../read-entries.ts';
import { alertMarks } from './alert-marks.ts';
import type { BeliefCause, Gap, History } from './answers.ts';
import { deploymentRefs, endingOf, type Period, periodColumns, verdictsOf } from './deployment-refs.ts';
import { endAt, knownAt, numberOf } from './known-at.ts';
import { driftIn, gapsOf } from './looking.ts';

export interface HistoryRequest {
  readonly service: string;
  /** Null: all. */
  readonly environment: string | null;
  /** Null: now. */
  readonly asOf: Instant | null;
  /** Only what ran at some time from here on, and until there; null: all. */
  readonly from?: Instant | null;
  readonly to?: Instant | null;
}

/**
 * Everything that was recorded of a service's deployments, as known at a moment: each with the beliefs that it replaced, oldest
 * deployment first. Throws `not-in-ledger`.
 */
export async function history(ledger: Ledger, request: HistoryRequest): Promise<History> {
  const asOf = await knownAt(ledger, request.asOf);
  const beliefs = await beliefsOf(ledger, request, asOf);
  const byDeployment = Map.groupBy(beliefs, (p) => p.deployment);
  const current = [...byDeployment.values()].flatMap((list) => list.slice(-1)).filter((p) => within(p, request));
  current.sort((a, b) => a.valid_from - b.valid_from || a.deployment - b.deployment);
  const refs = await deploymentRefs(ledger, current, asOf);
  const verdicts =
    current.length === 0
      ? new Map()
      : await verdictsOf(
          ledger,
          current.map((p) => p.artifact),
          asOf,
        );
  const kept = current.flatMap((p) => byDeployment.get(p.deployment) ?? []);
  const entries = await readEntries(ledger, [...kept.map((p) => p.entry), ...current.map((p) => p.deployment)]);
  const overlaps = overlapsOf(current);
  const deployments: History['deployments'][number][] = [];
  for (const [at, ref] of refs.entries()) {
    const period = current[at];
    const told = byDeployment.get(ref.deployment) ?? [];
    const started = entries.get(ref.deployment);
    const { image, change, run, actor } = startOf(started);
    deployments.push({
      ...ref,
      because: causeOf(entries.get(ref.entry), ref),
      corrected: told.slice(0, -1).map((p) => ({
        validFrom: p.valid_from,
        validTo: p.valid_to,
        ending: endingOf(p.ending),
        knownFrom: p.known_from,
        knownTo: endAt(p.known_to, asOf),
        entry: p.entry,
        because: causeOf(entries.get(p.entry), p),
      })),
      overlaps: overlaps.get(ref.deployment) ?? [],
      verdicts: period === undefined ? [] : (verdicts.get(period.artifact) ?? []),
      image,
      change,
      run,
      actor,
      texts: await textsOf(
        ledger,
        ref.deployment,
        told.map((p) => p.entry),
        entries,
      ),
    });
  }
  const places = placesOf(current, refs, request, asOf);
  const gaps: Gap[] = [];
  for (const place of places) gaps.push(...(await gapsOf(ledger, place, asOf)));
  const span = { from: Math.min(...places.map((p) => p.from)), to: Math.max(...places.map((p) => p.to)) };
  const service = request.service.normalize('NFC');
  const environments = places.map((p) => p.id);
  return {
    service,
    asOf,
    deployments,
    gaps,
    drift: await driftIn(ledger, { environments, service, asOf }, span.from, span.to),
    alerts: await alertMarks(ledger, { ...request, service, asOf }),
  };
}

/** All beliefs that were known at a moment, those that were replaced too, in the order in which they were learned. */
async function beliefsOf(ledger: Ledger, request: HistoryRequest, asOf: Instant): Promise<Period[]> {
  const service = await numberOf(ledger, 'service', request.service);
  const environment = request.environment === null ? null : await numberOf(ledger, 'environment', request.environment);
  const here = environment === null ? sql`` : sql`AND p.environment = ${environment}`;
  const { rows } = await sql<Period>`SELECT ${periodColumns} FROM period p JOIN deployment d ON d.id = p.deployment
    WHERE p.service = ${service} ${here} AND p.known_from <= ${asOf} ORDER BY p.deployment, p.entry`.execute(
    ledger.reader,
  );
  return rows;
}

function within(p: Period, { from = null, to = null }: HistoryRequest): boolean {
  return (to === null || p.valid_from <= to) && (from === null || p.valid_to > from);
}

/** The deployments of the same environment that ran at the same time for a while. The input is sorted by beginning. */
function overlapsOf(periods: readonly Period[]): Map<number, number[]> {
  const found = new Map<number, number[]>();
  const note = (a: number, b: number) =>
    found.set(
      a,
      [...(found.get(a) ?? []), b].sort((x, y) => x - y),
    );
  for (const list of Map.groupBy(periods, (p) => p.environment).values()) {
    let running: Period[] = [];
    for (const p of list) {
      if (p.valid_from >= p.valid_to) continue;
      running = running.filter((r) => r.valid_to > p.valid_from);
      for (const r of running) {
        note(r.deployment, p.deployment);
        note(p.deployment, r.deployment);
      }
      running.push(p);
    }
  }
  return found;
}

function startOf(entry: Entry | undefined) {
  if (entry?.kind !== 'deployment-started') throw new TypeError('a deployment without the entry that started it');
  const { image, change, run, actor } = entry;
  return { image, change, run, actor };
}

function causeOf(entry: Entry | undefined, p: { readonly deployment: number; readonly entry: number }): BeliefCause {
  if (entry?.kind === 'deployment-corrected') return 'corrected';
  if (entry?.kind === 'deployment-stopped') return 'stopped';
  return p.entry === p.deployment ? 'started' : 'replaced';
}

/** Each environment, from the first beginning to the last end, and no further than what is known. */
function placesOf(
  periods: readonly Period[],
  refs: readonly { readonly environment: string }[],
  { from, to }: HistoryRequest,
  asOf: Instant,
) {
  const places = new Map<number, { id: number; name: string; from: Instant; to: Instant }>();
  for (const [at, p] of periods.entries()) {
    const begin = Math.max(p.valid_from, from ?? p.valid_from);
    const end = Math.min(p.valid_to, to ?? p.valid_to, asOf);
    const place = places.get(p.environment);
    if (place === undefined) {
      places.set(p.environment, { id: p.environment, name: refs[at]?.environment ?? '', from: begin, to: end });
      continue;
    }
    place.from = Math.min(place.from, begin);
    place.to = Math.max(place.to, end);
  }
  return [...places.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

type Text = History['deployments'][number]['texts'][number];

/** The words of whoever started or corrected a deployment. */
async function textsOf(
  ledger: Ledger,
  deployment: number,
  indexes: readonly number[],
  entries: ReadonlyMap<number, Entry>,
): Promise<Text[]> {
  const texts: Text[] = [];
  for (const entry of [...new Set([deployment, ...indexes])]) {
    const fact = entries.get(entry);
    // The entry that ended it may be another deployment's beginning, with words of its own.
    const own = entry === deployment || fact?.kind === 'deployment-corrected';
    if (!own || (fact?.kind !== 'deployment-started' && fact?.kind !== 'deployment-corrected')) continue;
    if (fact.text !== null) texts.push({ entry, document: fact.text, ...(await wordsOf(ledger, fact.text)) });
  }
  return texts;
}

async function wordsOf(ledger: Ledger, digest: Digest): Promise<{ text: string | null; redacted: boolean }> {
  const redacted = await ledger.reader
    .selectFrom('redaction')
    .select('entry')
    .where('document', '=', digest)
    .executeTakeFirst();
  if (redacted !== undefined) return { text: null, redacted: true };
  const { texts } = readText(await ledger.documents.get(digest), digest);
  return { text: texts.map((t) => t['reason'] ?? '').join('\n'), redacted: false };
}
