import type { Report } from '../../model/report.ts';
import type { Format, RenderOptions } from '../format.ts';
import { paintFor } from '../terminal-paint.ts';
import { dismissals, findings, upgrades } from './findings.ts';
import { overview, problems } from './overview.ts';
import { nextSteps, verdict } from './verdict.ts';

/** Columns where the output is no terminal. */
const defaultColumns = 120;

export const table: Format = {
  id: 'table',
  mediaType: 'text/plain',
  about: 'for people: a summary, the findings by component, the upgrades that help most, the verdict',
  render,
};

function render(report: Report, options: RenderOptions): string {
  const columns = Math.min(240, Math.max(60, options.columns ?? defaultColumns));
  const paint = paintFor(options.colour);
  const sections = [
    overview(report, columns, paint, options.onlyScan === true),
    problems(report, columns, paint),
    findings(report, columns, paint),
    upgrades(report, columns, paint),
    dismissals(report.dismissals, columns, paint),
    verdict(report, columns, paint),
    nextSteps(report, columns, paint, options.onlyScan === true),
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}
