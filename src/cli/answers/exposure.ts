import { fit } from '../../formats/terminal-text.ts';
import { forever } from '../../ledger/instant.ts';
import type { DeploymentRef, Exposure, ExposureRow } from '../../ledger/queries/answers.ts';
import { severityLevels } from '../../model/advisory.ts';
import { type Answer, toDocument, type View } from './answer.ts';
import { gapLines, gapSentence } from './gaps.ts';
import { endWords } from './ran.ts';
import {
  artifactWords,
  componentWords,
  decisionWords,
  end,
  lengthOf,
  many,
  markSentence,
  minute,
  moreRows,
  short,
  when,
} from './words.ts';

/** `kvitto exposure`. */
export function exposureAnswer(exposure: Exposure): Answer {
  return { document: toDocument('kvitto-exposure-1', exposure), lines: (view) => lines(exposure, view) };
}

function lines(exposure: Exposure, view: View): string[] {
  const { service, environment, from, to, asOf, deployments, rows, gaps } = exposure;
  const span = from === to ? `at ${when(from)} UTC` : `from ${when(from)} to ${end(to, 'now')} UTC`;
  const where = environment === null ? '' : ` in ${environment}`;
  const late = rows.filter((r) => !r.knownWhileRunning).length;
  return [
    view.paint.heading(`${service}${where} ${span}, as known on ${when(asOf)} UTC`),
    summary(exposure),
    ...(deployments.length === 0
      ? ['Nothing of it ran then, as far as the ledger knows.']
      : ['', ...deployments.flatMap((d) => ran(d))]),
    ...(rows.length === 0 ? [] : ['', ...table(rows, to, view)]),
    ...(late === 0
      ? []
      : ['', `Of ${many(rows.length, 'row')}, ${late} ${late === 1 ? 'was' : 'were'} learned only later.`]),
    ...gapLines(gaps.map(gapSentence), view),
    '',
    ...next(exposure),
  ];
}

function summary({ deployments, rows }: Exposure): string {
  if (deployments.length === 0) return '';
  if (rows.length === 0)
    return 'No vulnerability is known of what was recorded of it; see below what that does not cover.';
  // Rows stand worst first: the first of a vulnerability is its worst.
  const worst = [...new Map([...rows].reverse().map((r) => [r.vulnerability, r])).values()];
  const counts = severityLevels.flatMap((level) => {
    const n = worst.filter((r) => r.severity === level).length;
    return n === 0 ? [] : [`${n} ${level}`];
  });
  const exploited = worst.filter((r) => r.exploited).length;
  const open = new Set(rows.filter((r) => r.decision === null).map((r) => r.vulnerability)).size;
  const components = new Set(rows.map((r) => r.component)).size;
  const distinct = worst.length.toLocaleString('en-US');
  return `${worst.length === 1 ? '1 vulnerability' : `${distinct} vulnerabilities`} in ${many(components, 'component')}: ${counts.join(', ')}${
    exploited > 0 ? `; ${exploited} known to be exploited` : ''
  }; ${open === 0 ? 'each with a decision in force' : `${open} without a decision in force`}`;
}

function ran(d: DeploymentRef): string[] {
  const marks = d.marks.map((mark) => `    ${markSentence(mark)}`);
  return [
    `Deployment ${d.deployment} in ${d.environment}: ${artifactWords(d)}, ${when(d.validFrom)} to ${endWords(d)}`,
    ...marks,
  ];
}

const mostComponents = 6;

/** The rows by vulnerability, in their order: what it is and what was decided, then each component that has it. */
function table(rows: readonly ExposureRow[], to: number, view: View): string[] {
  const groups = [
    ...Map.groupBy(rows, (r) =>
      [r.vulnerability, r.severity, r.score, r.exploited, r.decision?.id].join('\0'),
    ).values(),
  ];
  const shown = groups.slice(0, view.mostRows);
  const rest = groups.length - shown.length;
  return [...shown.flatMap((group) => vulnerability(group, to, view)), ...(rest > 0 ? [moreRows(rest)] : [])];
}

function vulnerability(group: readonly ExposureRow[], to: number, view: View): string[] {
  const [first] = group;
  if (first === undefined) return [];
  const { severity, score, exploited, decision } = first;
  const level = view.paint.severity(severity, `${severity}${score === null ? '' : ` ${score.toFixed(1)}`}`);
  const decided = decision === null ? 'no decision' : `decision ${decisionWords(decision)}`;
  const shown = view.mostRows === Number.POSITIVE_INFINITY ? group : group.slice(0, mostComponents);
  const rest = group.length - shown.length;
  return [
    `${first.vulnerability}  ${level}${exploited ? '  EXPLOITED' : ''}  ${decided}`,
    ...[...Map.groupBy(shown, (r) => source(r, to))].flatMap(([facts, same]) => [
      ...same.map((r) => `  ${fit(versions(r), view.columns - 2)}`),
      `      ${view.paint.dim(fit(facts, view.columns - 6))}`,
    ]),
    ...(rest > 0 ? [`  … and ${many(rest, 'more component')}`] : []),
  ];
}

/** Since when it was known, and from where. */
function source(r: ExposureRow, to: number): string {
  const snapshot = r.snapshot === null ? '' : `, snapshot ${short(r.snapshot)}`;
  const later = r.knownWhileRunning ? '' : ` (${learnedLater(r, to)})`;
  const until = r.knownTo >= forever ? '' : ` until ${minute(r.knownTo)}`;
  const form = r.knownFrom > r.firstKnown ? `, so since ${minute(r.knownFrom)}` : '';
  return `known since ${minute(r.firstKnown)}${later}${form}${until} from ${r.advisories.join(' ')} (entry ${r.source.entry}${snapshot})`;
}

function versions({ component, fixedIn }: ExposureRow): string {
  return `${componentWords(component)} → ${fixedIn ?? 'no fix'}`;
}

function learnedLater({ firstKnown }: ExposureRow, to: number): string {
  return firstKnown <= to ? 'only later' : `${lengthOf(firstKnown - to)} later`;
}

function next({ service, rows, deployments }: Exposure): string[] {
  const undecided = rows.find((r) => r.decision === null);
  if (undecided !== undefined) {
    return [
      `Next: kvitto decide ${undecided.vulnerability} --service ${service} --status … --reason "…" --owner ROLE --until DATE`,
      `      kvitto where ${undecided.vulnerability}   what else has it`,
    ];
  }
  if (deployments.length === 0) return [`Next: kvitto history ${service}   when it ran`];
  return [`Next: kvitto evidence ${service} --from TIME --to TIME -o pack.zip   all of this, with its proofs`];
}
