import type { Report } from '../../model/report.ts';
import type { ExceptionOutcome, FindingRef, RuleOutcome } from '../../model/verdict.ts';
import { otherReasons, outcomeWords, plural } from '../summary.ts';
import type { Paint } from '../terminal-paint.ts';
import { cell, entry, fit, widthOf, wrap } from '../terminal-text.ts';
import { upgradesOf } from '../upgrades.ts';

const mostRefs = 5;

/** Every rule with what it matched and what would make it pass, the other reasons, and the exceptions. */
export function verdict(report: Report, columns: number, paint: Paint): string[] {
  const { rules, exceptions, warnings, policy } = report.verdict;
  const names = componentNames(report);
  const source = policy === null ? 'built-in policy' : `policy ${policy.source}`;
  return [
    paint.heading(fit(`Rules (${source})`, columns)),
    ...(rules.length === 0 ? ['  none'] : rules.flatMap((r) => rule(r, report, names, columns, paint))),
    ...otherReasons(report).flatMap((text) => entry('  because', text, columns, 12)),
    ...warnings.flatMap((text) => entry('  warning', text, columns, 12)),
    ...(exceptions.length === 0
      ? []
      : ['', paint.heading(`Exceptions (${exceptions.length})`), ...exceptions.flatMap((e) => exception(e, columns))]),
  ];
}

function componentNames(report: Report): ReadonlyMap<string, string> {
  return new Map(report.inventory.components.map((c) => [c.purl, c.name]));
}

function rule(
  r: RuleOutcome,
  report: Report,
  names: ReadonlyMap<string, string>,
  columns: number,
  paint: Paint,
): string[] {
  const mark = cell(outcomeWords(report, r.outcome), 10);
  const says = wrap(`${r.rule}: ${r.says}`, columns - 14, 3);
  const lines = says.map((line, i) =>
    i === 0
      ? `  ${r.outcome === 'pass' && !report.complete ? mark : paint.verdict(r.outcome, true, mark)}  ${line}`
      : ' '.repeat(14) + line,
  );
  if (r.matched.length > 0)
    lines.push(...entry('', `matched ${r.matched.length}: ${refs(r.matched, names)}`, columns, 14));
  if (r.remedy !== null && r.outcome !== 'pass') lines.push(...entry('', `to pass: ${r.remedy}`, columns, 14));
  return lines;
}

function refs(list: readonly FindingRef[], names: ReadonlyMap<string, string>): string {
  const shown = list.slice(0, mostRefs).map((r) => `${r.id} in ${names.get(r.component) ?? r.component}`);
  return shown.join(', ') + (list.length > mostRefs ? ` and ${list.length - mostRefs} more` : '');
}

function exception(e: ExceptionOutcome, columns: number): string[] {
  const who = e.owner === null ? '' : `, ${e.owner}`;
  const until = e.until === null ? '' : `, until ${e.until}`;
  const what = e.component === null ? e.id : `${e.id} in ${e.component}`;
  const many = e.matched.length === 0 ? 'matches nothing' : `matches ${plural(e.matched.length, 'finding')}`;
  const state = e.state === 'expired' ? 'EXPIRED' : e.state;
  return [
    ...entry(`  ${state}`, `${what} (${e.at}${who}${until}): ${many}`, columns, 12),
    ...(e.reason === '' ? [] : entry('', e.reason, columns, 12)),
  ];
}

/** What to do next, in commands that can be typed. */
export function nextSteps(report: Report, columns: number, paint: Paint, onlyScan: boolean): string[] {
  const { kind } = report.verdict;
  const codes = new Set(report.problems.map((p) => p.code));
  const [upgrade] = upgradesOf(report.findings);
  const steps: string[] = [];
  if (report.snapshot === null || codes.has('store-missing') || codes.has('store-stale'))
    steps.push('get current advisories: kvitto db update');
  if (upgrade !== undefined) steps.push(`upgrade ${upgrade.name} to ${upgrade.to} first`);
  if (!report.complete)
    steps.push('look at the problems above; --allow-incomplete turns them into warnings where you accept them');
  if (onlyScan && kind === 'fail')
    steps.push('a scan shows the verdict and lets it decide nothing: `kvitto gate` ends with 1 here');
  if (kind === 'fail') steps.push('accept a finding for a time, with owner and reason: exceptions in kvitto.yaml');
  if (report.findings.length > 0)
    steps.push('everything in one document: -f json; why a component is not affected: --explain');
  if (steps.length === 0) return [];
  const width = columns - 4;
  return [
    paint.heading('Next'),
    ...steps
      .flatMap((step) => wrap(step, width).map((line, i) => `${i === 0 ? '  - ' : '    '}${line}`))
      .filter((line) => widthOf(line) > 0),
  ];
}
