import { type SeverityLevel, severityLevels } from '../../model/advisory.ts';
import { didYouMean } from '../../model/did-you-mean.ts';
import { eventTypes } from '../../model/event.ts';
import { clip } from '../../model/problem.ts';
import { SettingsFile } from '../../model/settings-file.ts';
import type { Sink } from '../sink.ts';
import { neverMatches } from './can-match.ts';
import type { AlertConfig, AlertRule, ConfiguredSink, QuietHours, WatchSettings } from './config.ts';
import {
  type AlertSettings,
  alertShape,
  namePattern,
  nameWords,
  type RuleSettings,
  sinkShape,
} from './config-shape.ts';
import { defaultRules, openRule } from './default-rules.ts';

const words = {
  code: 'config-invalid',
  whole: 'the configuration',
  remedy: 'docs/alerts.md has a complete example',
} as const;

const dayMs = 86_400_000;
const mostSinks = 100;

const defaultWatch: WatchSettings = {
  schedule: '*/30 * * * *',
  timezone: 'UTC',
  jitterMs: 120_000,
  ecosystems: null,
  epss: 0.2,
  scanOverdueMs: dayMs,
  maxDbAgeMs: 5 * dayMs,
  link: null,
};

/** What holds where there is no `kvitto.yaml`: the rules that are built in, and nobody to tell. */
export const defaultAlertConfig: AlertConfig = {
  watch: defaultWatch,
  owners: [],
  sinks: [],
  rules: defaultRules([]),
};

/**
 * Reads what `kvitto.yaml` says of watching and telling: the keys `watch`, `owners`, `sinks` and `alerts`, which docs/alerts.md
 * describes. The rest of it is a policy, and left to the gate. `sinks`: those that there are. Throws `config-invalid`, naming
 * the line and the key; `filename` is only used to name the place.
 *
 * Without `alerts` the rules hold that are built in. A rule without `send` is sent to all sinks for people.
 */
export function parseAlertConfig(text: string, filename: string, sinks: readonly Sink[]): AlertConfig {
  const file = new SettingsFile(text, filename, words);
  const raw = file.checked(alertShape);
  const watch = watchOf(raw);
  const configured = sinksOf(file, raw.sinks, sinks);
  const people = configured.filter(({ sink }) => sink.audience === 'people').map((s) => s.name);
  return {
    watch,
    owners: (raw.owners ?? []).map(({ environment = null, ...rest }) => ({ ...rest, environment })),
    sinks: configured,
    rules: raw.alerts === undefined ? defaultRules(people) : rulesOf(file, raw.alerts, { configured, people, watch }),
  };
}

function watchOf({ watch = {}, maxDbAge }: AlertSettings): WatchSettings {
  return {
    schedule: watch.schedule ?? defaultWatch.schedule,
    timezone: watch.timezone ?? defaultWatch.timezone,
    jitterMs: watch.jitter ?? defaultWatch.jitterMs,
    ecosystems: watch.ecosystems ?? defaultWatch.ecosystems,
    epss: watch.epss ?? defaultWatch.epss,
    scanOverdueMs: watch.scanOverdue ?? defaultWatch.scanOverdueMs,
    maxDbAgeMs: maxDbAge ?? defaultWatch.maxDbAgeMs,
    link: watch.link ?? defaultWatch.link,
  };
}

/** Not read by its shape: a key such as `__proto__` must be refused, not overlooked. */
function sinksOf(file: SettingsFile, raw: unknown, known: readonly Sink[]): ConfiguredSink[] {
  if (raw === undefined) return [];
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
    throw file.invalid(['sinks'], 'key "sinks": expected a mapping of names to what each sink is');
  }
  const entries = Object.entries(raw);
  if (entries.length > mostSinks) throw file.invalid(['sinks'], `key "sinks": more than ${mostSinks}`);
  return entries.map(([name, value]) => {
    const at = ['sinks', name];
    if (!namePattern.test(name)) throw file.invalid(at, `the sink "${clip(name, 80)}": ${nameWords}`);
    const { type, events, keepTrying, ...rest } = file.checked(sinkShape, value, at);
    const sink = known.find((s) => s.id === type);
    if (sink === undefined) {
      const ids = known.map((s) => s.id);
      throw file.invalid([...at, 'type'], `there is no sink of type "${clip(type, 80)}"; ${hint(type, ids)}`);
    }
    const settings = file.checked(sink.settings, rest, at);
    const all = sink.audience === 'machines' ? eventTypes : [];
    return { name, sink, settings, events: new Set(events ?? all), keepTryingMs: keepTrying ?? 7 * dayMs };
  });
}

function hint(word: string, known: readonly string[]): string {
  const meant = didYouMean(word, known);
  if (meant !== null) return `did you mean "${meant}"?`;
  return known.length === 0 ? 'there is none' : `there are: ${known.join(', ')}`;
}

interface Around {
  readonly configured: readonly ConfiguredSink[];
  readonly people: readonly string[];
  readonly watch: WatchSettings;
}

function rulesOf(file: SettingsFile, raw: readonly RuleSettings[], around: Around): AlertRule[] {
  const names = new Set<string>();
  return raw.map((settings, index) => {
    const path = ['alerts', index];
    const { name } = settings;
    if (names.has(name)) throw file.invalid([...path, 'name'], `two rules are named "${name}"`);
    names.add(name);
    if (settings.unknown !== undefined && settings.severity === undefined) {
      throw file.invalid([...path, 'unknown'], `rule "${name}": "unknown" goes with "severity"`);
    }
    const rule: AlertRule = {
      ...openRule,
      name,
      changes: settings.changes === undefined ? null : new Set(settings.changes),
      levels: settings.severity === undefined ? null : levelsOf(settings.severity, settings.unknown === true),
      exploited: settings.exploited ?? null,
      epss: settings.epss ?? null,
      fixable: settings.fixable ?? null,
      services: settings.services ?? null,
      environments: settings.environments ?? null,
      owners: settings.owners ?? null,
      send: sinkNamesOf(file, [...path, 'send'], settings.send ?? around.people, around.configured),
      by: settings.by ?? 'service',
      everyMs: settings.every ?? 0,
      quiet: settings.quiet === undefined ? null : quietOf(file, [...path, 'quiet'], settings.quiet, around.watch),
      escalate: escalationOf(file, [...path, 'escalate'], settings.escalate, around.configured),
    };
    const why = neverMatches(rule.changes, rule);
    if (why !== null) {
      const advice = 'such a change would never raise this alarm; give it a rule of its own, or take the condition out';
      throw file.invalid([...path, 'changes'], `rule "${name}": ${why}: ${advice}`);
    }
    return rule;
  });
}

function levelsOf(level: SeverityLevel, unknown: boolean): ReadonlySet<SeverityLevel> {
  const levels = severityLevels.slice(0, severityLevels.indexOf(level) + 1).filter((l) => l !== 'unknown');
  return new Set(unknown ? [...levels, 'unknown'] : levels);
}

type Path = readonly PropertyKey[];

function sinkNamesOf(
  file: SettingsFile,
  path: Path,
  names: readonly string[],
  configured: readonly ConfiguredSink[],
): string[] {
  const known = configured.map((s) => s.name);
  for (const [at, name] of names.entries()) {
    if (!known.includes(name)) {
      throw file.invalid([...path, at], `no sink is named "${clip(name, 80)}"; ${hint(name, known)}`);
    }
  }
  return [...new Set(names)];
}

function quietOf(
  file: SettingsFile,
  path: Path,
  { from, until, timezone }: NonNullable<RuleSettings['quiet']>,
  watch: WatchSettings,
): QuietHours {
  if (from === until)
    throw file.invalid(path, 'quiet hours that end when they begin: leave them out, or name two times');
  return { from, until, timezone: timezone ?? watch.timezone };
}

function escalationOf(
  file: SettingsFile,
  path: Path,
  raw: RuleSettings['escalate'],
  configured: readonly ConfiguredSink[],
): AlertRule['escalate'] {
  if (raw === undefined) return null;
  return { afterMs: raw.after, send: sinkNamesOf(file, [...path, 'send'], raw.send, configured) };
}
