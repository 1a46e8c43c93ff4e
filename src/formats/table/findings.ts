import { severityLevels } from '../../model/advisory.ts';
import type { Dismissal, Finding } from '../../model/finding.ts';
import type { Report } from '../../model/report.ts';
import { purlType, sourceOf } from '../component-key.ts';
import { countsOf, coverageWords, nothingFoundWords, plural, worstFirst } from '../summary.ts';
import type { Paint } from '../terminal-paint.ts';
import { cell, fit, widthOf, wrap } from '../terminal-text.ts';
import { latestFix, upgradesOf } from '../upgrades.ts';

const mostComponents = 60;
const mostRows = 8;
const mostUpgrades = 12;
const mostDismissals = 200;

/** The findings by component (those of one source package with the same findings together), worst first; where there is none, what that statement covers. */
export function findings(report: Report, columns: number, paint: Paint): string[] {
  if (report.findings.length === 0) return nothing(report, columns, paint);
  const groups = groupsOf(report.findings);
  const shown = groups.slice(0, mostComponents);
  const rest = groups.slice(mostComponents);
  const ids = shown.flatMap(({ rows }) => rows.slice(0, mostRows).map((f) => widthOf(f.id)));
  const idWidth = Math.min(24, Math.max(13, ...ids));
  const lines = shown.flatMap((group) => component(group, columns, idWidth, paint));
  const header = `  ${cell('VULNERABILITY', idWidth)}  ${cell('SEVERITY', 10)}   EPSS  STATE      SUMMARY`;
  if (rest.length > 0) {
    lines.push(
      ...wrap(
        `… and ${plural(rest.flatMap((g) => g.names).length, 'more component')} with ${severities(rest.flatMap((g) => g.all))}; all of them: -f json`,
        columns,
      ),
    );
  }
  return [paint.heading('COMPONENT  INSTALLED → FIXED'), paint.heading(fit(header, columns)), ...lines];
}

/** Components with the same findings, because they are built from one source package. */
interface Group {
  readonly names: readonly string[];
  /** Of the first of them, worst first. */
  readonly rows: readonly Finding[];
  readonly all: readonly Finding[];
}

function groupsOf(list: readonly Finding[]): Group[] {
  const merged = new Map<string, { names: string[]; rows: readonly Finding[]; all: Finding[] }>();
  for (const found of Map.groupBy(list, (f) => f.component).values()) {
    const rows = [...found].sort(worstFirst);
    const [first] = rows;
    if (first === undefined) continue;
    const source = sourceOf(first.component, first.name, first.installed);
    const same = rows.map((f) => [f.id, f.fixedIn, f.severity.level, f.epss?.probability, f.excepted !== null]);
    const key = JSON.stringify([purlType(first.component), source, first.installed, same]);
    const group = merged.get(key);
    if (group === undefined) merged.set(key, { names: [first.name], rows, all: [...rows] });
    else {
      group.names.push(first.name);
      group.all.push(...rows);
    }
  }
  return [...merged.values()].sort(byWorst);
}

function byWorst({ rows: a }: Group, { rows: b }: Group): number {
  const [x] = a;
  const [y] = b;
  if (x === undefined || y === undefined) return 0;
  return worstFirst(x, y) || b.length - a.length || (x.component < y.component ? -1 : 1);
}

function nothing(report: Report, columns: number, paint: Paint): string[] {
  const covered = coverageWords(report, 'full');
  const looked = covered === '' ? 'Nothing was looked at.' : `Looked at: ${covered}.`;
  return [...wrap(nothingFoundWords(report), columns).map(paint.heading), ...wrap(looked, columns)];
}

function component({ names, rows }: Group, columns: number, idWidth: number, paint: Paint): string[] {
  const [first] = rows;
  if (first === undefined) return [];
  const fix = latestFix(purlType(first.component), rows);
  const versions = `${first.installed} → ${fix ?? 'no fix'}`;
  const nameWidth = Math.max(10, columns - widthOf(versions) - 2);
  const title = fit(`${fit(names.join(', '), nameWidth)}  ${versions}`, columns);
  const [place, ...others] = first.locations;
  const where = place === undefined ? '' : `${place.path}${others.length > 0 ? ` and ${others.length} more` : ''}`;
  const room = columns - widthOf(title) - 3;
  const shown = rows.length <= mostRows ? rows : rows.slice(0, mostRows - 2);
  const hidden = rows.slice(shown.length);
  return [
    title + (room >= 20 && where !== '' ? paint.dim(`   ${fit(where, room)}`) : ''),
    ...shown.map((f) => row(f, fix, columns, idWidth, paint)),
    ...(hidden.length > 0 ? [`  … and ${fit(severities(hidden), columns - 8)}`] : []),
  ];
}

function row(f: Finding, fix: string | null, columns: number, idWidth: number, paint: Paint): string {
  const colour = f.informational === null ? f.severity.level : 'negligible';
  const level = f.informational === null ? f.severity.level.toUpperCase() : 'INFO';
  const epss = f.epss === null ? '' : `${(f.epss.probability * 100).toFixed(1)}%`;
  const used = 2 + idWidth + 2 + 10 + 2 + 5 + 2 + 9;
  const room = columns - used - 2;
  const parts = [f.fixedIn === null && fix !== null ? 'no fix' : '', f.informational ?? '', f.summary];
  const summary = room < 8 ? '' : fit(parts.filter((part) => part !== '').join('; '), room);
  const right = `${epss.padStart(5)}  ${cell(stateOf(f), 9)}  ${summary}`.trimEnd();
  // Filled up only where something follows, so that colour adds no space at the end of a line.
  const severity =
    right === '' ? paint.severity(colour, level) : `${paint.severity(colour, cell(level, 10))}  ${right}`;
  return `  ${cell(f.id, idWidth)}  ${severity}`;
}

function stateOf(f: Finding): string {
  if (f.excepted !== null) return 'excepted';
  return f.exploitation.length > 0 ? 'EXPLOITED' : '';
}

/** `12 more: 3 HIGH, 9 LOW`. */
function severities(list: readonly Finding[]): string {
  const counts = countsOf(list);
  const parts = severityLevels.flatMap((level) =>
    counts.bySeverity[level] === 0 ? [] : [`${counts.bySeverity[level]} ${level.toUpperCase()}`],
  );
  if (counts.informational > 0) parts.push(`${counts.informational} INFO`);
  return `${list.length} more: ${parts.join(', ')}`;
}

/** The shortest list of upgrades that removes most findings. */
export function upgrades(report: Report, columns: number, paint: Paint): string[] {
  const all = upgradesOf(report.findings);
  if (all.length === 0) return [];
  const shown = all.slice(0, mostUpgrades);
  const open = report.findings.filter((f) => f.informational === null && f.excepted === null).length;
  const removed = shown.reduce((sum, u) => sum + u.removes, 0);
  const rest = all.slice(mostUpgrades).reduce((sum, u) => sum + u.removes, 0);
  const removable = removed + rest;
  return [
    paint.heading(
      `${plural(shown.length, 'upgrade')} ${shown.length === 1 ? 'removes' : 'remove'} ${removed} of ${plural(open, 'open finding')}`,
    ),
    ...shown.flatMap((u) => {
      const worst = [
        u.critical > 0 ? `${u.critical} critical` : '',
        u.exploited > 0 ? `${u.exploited} exploited` : '',
      ].filter((w) => w !== '');
      const changes = u.components.length === 1 && u.components[0] === u.name ? '' : ` in ${u.components.join(', ')}`;
      const of = worst.length === 0 ? '' : ` (${worst.join(', ')})`;
      return wrap(`${u.name} ${u.from} → ${u.to} removes ${u.removes}${of}${changes}`, columns - 4, 3).map((line, i) =>
        i === 0 ? `  ${line}` : `    ${line}`,
      );
    }),
    ...(rest > 0 ? [`  … and ${plural(all.length - shown.length, 'more upgrade')} for ${rest}`] : []),
    ...(open > removable ? [`  ${plural(open - removable, 'finding')} without a known fix`] : []),
  ];
}

/** What was looked up and is not affected, with the reason. */
export function dismissals(list: readonly Dismissal[], columns: number, paint: Paint): string[] {
  if (list.length === 0) return [];
  return [
    paint.heading(`Looked up and not affected (${list.length})`),
    ...list
      .slice(0, mostDismissals)
      .flatMap((d) => [
        `  ${fit(`${d.advisory}  ${d.component}`, columns - 2)}`,
        ...wrap(`${d.reason}: ${d.detail}`, columns - 4, 3).map((line) => `    ${line}`),
      ]),
    ...(list.length > mostDismissals ? [`  … and ${list.length - mostDismissals} more; all of them: -f json`] : []),
  ];
}
