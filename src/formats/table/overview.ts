import type { Problem } from '../../model/problem.ts';
import type { Report } from '../../model/report.ts';
import {
  countsOf,
  coverageWords,
  ecosystemWords,
  notShownWords,
  otherCounts,
  plural,
  shortDigest,
  storeWords,
  totalWords,
  verdictReason,
  verdictWords,
} from '../summary.ts';
import type { Paint } from '../terminal-paint.ts';
import { entry, fit, wrap } from '../terminal-text.ts';

const indent = 12;
const mostProblems = 25;

/** The first lines: what was scanned, against what, what was found, and the verdict with its reason. */
export function overview(report: Report, columns: number, paint: Paint, onlyScan: boolean): string[] {
  const { artifact, os, components } = report.inventory;
  const counts = countsOf(report.findings);
  const kind = [artifact.kind, artifact.platform].filter((part) => part !== null).join(', ');
  const others = [otherCounts(counts), notShownWords(report)].filter((words) => words !== '').join(', ');
  const verdict = verdictWords(report);
  const before = onlyScan ? 'the gate would say ' : '';
  const found = report.snapshot === null && counts.total === 0 ? 'not assessed' : totalWords(counts);
  const reason = wrap(`${before}${verdict}: ${verdictReason(report)}`, columns - indent, 3);
  return [
    ...entry('Artifact', `${artifact.name} (${kind})`, columns, indent),
    ...entry('Digest', `${shortDigest(artifact.digest)} (${artifact.digestOf})`, columns, indent),
    ...entry('System', os === null ? 'none recognised' : os.name || os.id, columns, indent),
    ...entry(
      'Components',
      `${components.length}${components.length === 0 ? '' : `: ${ecosystemWords(components)}`}`,
      columns,
      indent,
    ),
    ...(report.findings.length === 0
      ? []
      : entry('Looked at', coverageWords(report, 'short') || 'nothing that is known here', columns, indent)),
    ...entry('Advisories', storeWords(report), columns, indent),
    ...entry('Findings', found, columns, indent),
    ...(others === '' ? [] : entry('', others, columns, indent)),
    ...reason.map((line, i) =>
      i === 0
        ? 'Verdict'.padEnd(indent) +
          before +
          paint.verdict(
            report.verdict.kind,
            report.complete,
            line.slice(before.length, before.length + verdict.length),
          ) +
          line.slice(before.length + verdict.length)
        : ' '.repeat(indent) + line,
    ),
  ];
}

/** What could not be read or assessed: shown before anything that was found. Empty where there is nothing. */
export function problems(report: Report, columns: number, paint: Paint): string[] {
  if (report.problems.length === 0) return [];
  const shown = report.problems.slice(0, mostProblems);
  const rest = report.problems.slice(mostProblems);
  const many = report.problems.length;
  return [
    ...wrap(
      `Problems: ${plural(many, 'part')} could not be read or assessed, so this result is not complete`,
      columns,
    ).map(paint.heading),
    ...shown.flatMap((p) => problem(p, columns)),
    ...(rest.length === 0
      ? []
      : wrap(`… and ${rest.length} more (${byCode(rest)}); all of them: -f json`, columns - 2).map(
          (line) => `  ${line}`,
        )),
  ];
}

function problem(p: Problem, columns: number): string[] {
  return [
    `  ${fit(p.where, columns - 2)}`,
    ...wrap(`${p.code}: ${p.message}`, columns - 4, 4).map((line) => `    ${line}`),
  ];
}

function byCode(list: readonly Problem[]): string {
  const counts = new Map<string, number>();
  for (const p of list) counts.set(p.code, (counts.get(p.code) ?? 0) + 1);
  return [...counts].map(([code, n]) => `${code}: ${n}`).join(', ');
}
