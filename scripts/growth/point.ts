import { type SeverityLevel, severityLevels } from '../../src/model/advisory.ts';

/** What was counted at a moment. */
export interface Point {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly findings: Readonly<Record<SeverityLevel, number>>;
  /** Of the findings, those that are known to be exploited. */
  readonly exploited: number;
}

/** A moment that the picture names. */
export interface Mark {
  readonly at: number;
  readonly text: string;
}

/** All findings of a point. */
export function totalOf({ findings }: Point): number {
  return severityLevels.reduce((sum, level) => sum + findings[level], 0);
}

/** `2026-08-21` of a moment in UTC; with the time where it is not noon, which stands for the day. */
export function dateText(at: number): string {
  const text = new Date(at).toISOString();
  return text.endsWith('T12:00:00.000Z') ? text.slice(0, 10) : `${text.slice(0, 16)}Z`;
}

const head = ['date', ...severityLevels, 'exploited', 'mark'];

/** The numbers as CSV, one line for each point, with the text of the mark that is there. */
export function tableOf(points: readonly Point[], marks: readonly Mark[]): string {
  const lines = points.map((point) => {
    const text = marks.find(({ at }) => at === point.at)?.text ?? '';
    if (/[",\n]/.test(text)) throw new Error(`a mark is plain text, without commas and quotes: ${text}`);
    return [dateText(point.at), ...severityLevels.map((level) => point.findings[level]), point.exploited, text].join();
  });
  return `${[head.join(), ...lines].join('\n')}\n`;
}

/** What `tableOf` wrote. Throws where it is something else. */
export function readTable(text: string): { points: Point[]; marks: Mark[] } {
  const [first, ...lines] = text.trimEnd().split('\n');
  if (first !== head.join()) throw new Error(`the table begins with: ${first}`);
  const points: Point[] = [];
  const marks: Mark[] = [];
  for (const line of lines) {
    const cells = line.split(',');
    const [date = '', ...rest] = cells;
    const at = Date.parse(date.length === 10 ? `${date}T12:00:00Z` : date);
    const counts = rest.slice(0, severityLevels.length + 1).map(Number);
    if (cells.length !== head.length || !Number.isFinite(at) || counts.some((n) => !Number.isInteger(n) || n < 0))
      throw new Error(`no line of the table: ${line}`);
    const count = (place: number) => counts[place] ?? 0;
    const findings = Object.fromEntries(severityLevels.map((level, i) => [level, count(i)]));
    points.push({
      at,
      findings: findings as Record<SeverityLevel, number>,
      exploited: count(severityLevels.length),
    });
    const mark = cells.at(-1) ?? '';
    if (mark !== '') marks.push({ at, text: mark });
  }
  return { points, marks };
}
