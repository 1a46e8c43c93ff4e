import { mostAlerts } from '../../ledger/apply/alerts.ts';
import type { Condition } from '../../ledger/document-shapes.ts';
import type { HeldCondition, KnewOf, PackRequest, ToldAlert } from '../answer.ts';
import { heldAlert, heldConditions } from '../shapes/documents.ts';
import type { Ground } from './ground.ts';
import { wordsOf } from './ran.ts';

/** What became of alerts, by their numbers. */
interface Fates {
  readonly escalated: Map<number, { entry: number; at: string; send: readonly string[] }[]>;
  readonly acknowledged: Map<number, KnewOf[]>;
  readonly resolved: Map<number, { entry: number; at: string }>;
}

function into<T>(map: Map<number, T[]>, key: number, value: T): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

/** The alerts about a service, or about the watching itself, that were open at some time of the period; in the order of the log. */
export async function alertsOf(ground: Ground, request: PackRequest): Promise<ToldAlert[]> {
  const { service, environment, from, to, asOf } = request;
  const fates = fatesOf(ground, request);
  const told: ToldAlert[] = [];
  for (const { index, at, fact } of ground.of('alerts-raised', asOf)) {
    if (at > to) continue;
    for (const [place, document] of fact.alerts.entries()) {
      const alert = index * mostAlerts + place;
      const resolved = fates.resolved.get(alert) ?? null;
      if (resolved !== null && Date.parse(resolved.at) < from) continue;
      const held = await ground.document(document, index, heldAlert);
      const about = held.service === null || held.service === service;
      const here = environment === null || held.environment === null || held.environment === environment;
      if (!about || !here) continue;
      const { rule, owner, severity, exploited, total, counts, message, send } = held;
      told.push({
        ...{
          alert,
          entry: index,
          document,
          rule,
          service: held.service,
          environment: held.environment,
          owner,
          severity,
        },
        ...{ exploited, total, counts, message, raised: fact.recorded, send },
        escalated: fates.escalated.get(alert) ?? [],
        acknowledged: await withWords(ground, fates.acknowledged.get(alert) ?? []),
        resolved,
      });
    }
  }
  return told;
}

function fatesOf(ground: Ground, { asOf }: PackRequest): Fates {
  const fates: Fates = { escalated: new Map(), acknowledged: new Map(), resolved: new Map() };
  for (const { index, fact } of ground.of('alert-escalated', asOf)) {
    into(fates.escalated, fact.alert, { entry: index, at: fact.recorded, send: fact.send });
  }
  for (const { index, fact } of ground.of('alert-acknowledged', asOf)) {
    into(fates.acknowledged, fact.alert, { entry: index, at: fact.recorded, by: fact.actor, words: null });
  }
  for (const { index, fact } of ground.of('alerts-resolved', asOf)) {
    for (const alert of fact.alerts) {
      if (!fates.resolved.has(alert)) fates.resolved.set(alert, { entry: index, at: fact.recorded });
    }
  }
  return fates;
}

async function withWords(ground: Ground, list: readonly KnewOf[]): Promise<KnewOf[]> {
  const all: KnewOf[] = [];
  const entries = new Map(ground.entries.map((e) => [e.index, e.entry]));
  for (const one of list) {
    const entry = entries.get(one.entry);
    const text = entry?.kind === 'alert-acknowledged' ? entry.text : null;
    all.push({ ...one, words: text === null ? null : await wordsOf(ground, text, one.entry, 0) });
  }
  return all;
}

/** Kinds that are about all services: whether anybody watched, with what. */
const ofEverything: ReadonlySet<string> = new Set(['feed-failed', 'feed-stale', 'scan-overdue', 'watch-silent']);

/** What conditions are about a pack: decisions by number, and vulnerabilities by name. */
export interface ConditionSubjects {
  readonly decisions: ReadonlySet<number>;
  readonly names: ReadonlySet<string>;
}

function isAbout({ what, subject }: Condition, { decisions, names }: ConditionSubjects): boolean {
  if (ofEverything.has(what)) return true;
  if (what === 'decision-expiring') return decisions.has(Number(subject));
  return what === 'epss' && names.has(subject);
}

/** The conditions about a pack that held at some time of its period, in the order in which they began. */
export async function conditionsOf(
  ground: Ground,
  { from, to, asOf }: PackRequest,
  subjects: ConditionSubjects,
): Promise<HeldCondition[]> {
  const open = new Map<string, HeldCondition>();
  const all: HeldCondition[] = [];
  for (const { index, fact } of ground.of('conditions-changed', asOf)) {
    const { began, ended } = await ground.document(fact.conditions, index, heldConditions);
    const here = { entry: index, at: fact.recorded };
    for (const { what, subject } of ended) {
      const key = `${what} ${subject}`;
      const before = open.get(key);
      if (before === undefined) continue;
      open.delete(key);
      all.push({ ...before, ended: here });
    }
    for (const condition of began) {
      if (!isAbout(condition, subjects)) continue;
      const { what, subject, level, detail } = condition;
      const message = typeof detail['message'] === 'string' ? detail['message'] : null;
      open.set(`${what} ${subject}`, { what, subject, level, message, began: here, ended: null });
    }
  }
  const held = [...all, ...open.values()].filter(
    ({ began, ended }) => Date.parse(began.at) <= to && (ended === null || Date.parse(ended.at) >= from),
  );
  const key = ({ began, what, subject }: HeldCondition) =>
    `${String(began.entry).padStart(16, '0')} ${what} ${subject}`;
  return held.sort((a, b) => (key(a) < key(b) ? -1 : 1));
}
