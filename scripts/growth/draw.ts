// Draws findings over time as SVG: a stacked area for each severity, and below it those that are known to be exploited.
import { type SeverityLevel, severityLevels } from '../../src/model/advisory.ts';
import { countTicks, dayText, timeTicks } from './axes.ts';
import { style } from './look.ts';
import { dateText, type Mark, type Point, totalOf } from './point.ts';

export interface Drawing {
  readonly title: string;
  /** Of what, as `shop in prod`. */
  readonly of: string;
  readonly marks: readonly Mark[];
  /** What a reader has to know of it; may be empty. */
  readonly note: string;
}

const [width, height] = [960, 560];
const plot = { left: 56, right: 806, top: 112, bottom: 412 };
const below = { top: 452, bottom: 502 };
const labelGap = 18;

/** What held from one moment to another. */
interface Held {
  readonly fromMs: number;
  readonly toMs: number;
  readonly point: Point;
}

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const xml = (text: string) =>
  // What XML 1.0 cannot hold at all, it cannot hold escaped either.
  text.replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD]/g, '').replace(/[&<>"']/g, (c) => escapes[c] ?? '');
const px = (value: number) => String(Math.round(value * 100) / 100);
const many = (count: number) => count.toLocaleString('en-US');

/**
 * What was told holds until it is told anew. Where that took more than three times as long as usual (the median), nobody looked: there it holds
 * as long as usual, and a gap follows. The last one holds half as long.
 */
function runsOf(points: readonly Point[]): Held[][] {
  const distances = points.slice(1).map(({ at }, i) => at - (points[i]?.at ?? at));
  const usual = distances.toSorted((a, b) => a - b)[Math.floor(distances.length / 2)] ?? 86_400_000;
  const runs: Held[][] = [];
  let run: Held[] = [];
  for (const [i, point] of points.entries()) {
    const next = points[i + 1]?.at ?? null;
    const isGap = next !== null && next - point.at > 3 * usual;
    const toMs = next === null ? point.at + usual / 2 : isGap ? point.at + usual : next;
    run.push({ fromMs: point.at, toMs, point });
    if (isGap || next === null) {
      runs.push(run);
      run = [];
    }
  }
  return runs;
}

type Scale = (value: number) => number;

/** The upper edge of a run from left to right, in steps. */
function edge(run: readonly Held[], value: (point: Point) => number, x: Scale, y: Scale): string {
  return run
    .map(({ fromMs, toMs, point }) => `${px(x(fromMs))},${px(y(value(point)))} ${px(x(toMs))},${px(y(value(point)))}`)
    .join(' ');
}

function backEdge(run: readonly Held[], value: (point: Point) => number, x: Scale, y: Scale): string {
  return edge(run, value, x, y).split(' ').reverse().join(' ');
}

/** The sum of the levels from the worst down to this one, without it: where its band begins. */
function under(point: Point, level: SeverityLevel): number {
  return severityLevels.slice(0, severityLevels.indexOf(level)).reduce((sum, worse) => sum + point.findings[worse], 0);
}

function bands(runs: readonly Held[][], x: Scale, y: Scale): string[] {
  return severityLevels.flatMap((level) => {
    const low = (point: Point) => under(point, level);
    const high = (point: Point) => under(point, level) + point.findings[level];
    const drawn = runs.filter((run) => run.some(({ point }) => point.findings[level] > 0));
    return drawn.map((run) => `<path class="${level}" d="M${edge(run, high, x, y)} ${backEdge(run, low, x, y)}Z"/>`);
  });
}

/** Words beside the right end, none over another: `[place wanted, svg of the words at a place]`. */
function spread(wanted: readonly (readonly [number, (at: number) => string])[]): string[] {
  const places = wanted.map(([at]) => at);
  for (let i = places.length - 2; i >= 0; i--) {
    places[i] = Math.max(places[i] ?? 0, (places[i + 1] ?? 0) + labelGap);
  }
  const over = (places[0] ?? 0) - plot.bottom;
  for (let i = 0, limit = plot.bottom; over > 0 && i < places.length; i++, limit -= labelGap) {
    places[i] = Math.min(places[i] ?? 0, limit);
  }
  return wanted.map(([, write], i) => write(places[i] ?? 0));
}

function labels(last: Point, y: Scale): string[] {
  const shown = severityLevels.filter((level) => last.findings[level] > 0);
  const left = plot.right + 12;
  const words = shown.map((level) => {
    const middle = y(under(last, level) + last.findings[level] / 2);
    const write = (at: number) =>
      `<rect class="${level}" x="${left}" y="${px(at - 6)}" width="12" height="12" rx="2"/>` +
      `<text x="${left + 18}" y="${px(at + 5)}"><tspan class="strong">${many(last.findings[level])}</tspan> ${level}</text>`;
    return [middle, write] as const;
  });
  return spread(words);
}

function said({ at, findings, exploited }: Point): string {
  const each = severityLevels.filter((level) => findings[level] > 0).map((l) => `${many(findings[l])} ${l}`);
  const total = totalOf({ at, findings, exploited });
  return `${dateText(at)}: ${many(total)} known${each.length === 0 ? '' : ` (${each.join(', ')})`}, ${many(exploited)} exploited`;
}

/** The picture, as a whole SVG file. The same points give the same bytes. Throws where there is no point. */
export function drawing(points: readonly Point[], { title, of, marks, note }: Drawing): string {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) throw new Error('nothing to draw: there is no point');
  const runs = runsOf(points);
  const [fromMs, toMs] = [first.at, runs.at(-1)?.at(-1)?.toMs ?? last.at];
  const x: Scale = (at) => plot.left + ((at - fromMs) / (toMs - fromMs)) * (plot.right - plot.left);
  const counts = countTicks(Math.max(1, ...points.map(totalOf)));
  const most = counts.at(-1)?.at ?? 1;
  const y: Scale = (count) => plot.bottom - (count / most) * (plot.bottom - plot.top);
  const mostExploited = Math.max(1, ...points.map((p) => p.exploited));
  const few = countTicks(mostExploited, 2);
  const topExploited = few.at(-1)?.at ?? 1;
  const z: Scale = (count) => below.bottom - (count / topExploited) * (below.bottom - below.top);

  const row = (at: number, text: string, kind: string) =>
    `<line class="grid" x1="${plot.left}" x2="${plot.right}" y1="${px(at)}" y2="${px(at)}"/>` +
    `<text class="faint ${kind}" x="${plot.left - 8}" y="${px(at + 4.5)}" text-anchor="end">${text}</text>`;
  const column = ({ at, text }: { at: number; text: string }) =>
    `<line class="grid" x1="${px(x(at))}" x2="${px(x(at))}" y1="${below.bottom}" y2="${below.bottom + 5}"/>` +
    `<text class="faint" x="${px(x(at))}" y="${below.bottom + 20}" text-anchor="middle">${text}</text>`;
  const named = marks.filter(({ at }) => at >= fromMs && at <= toMs);
  const lines = named.map(
    ({ at }) => `<line class="mark" x1="${px(x(at))}" x2="${px(x(at))}" y1="${plot.top - 12}" y2="${below.bottom}"/>`,
  );
  const names = named.map(({ at, text }) => {
    const isLeft = x(at) < plot.left + 120;
    const [anchor, by] = isLeft ? ['start', 5] : ['end', -5];
    return `<text class="faint" x="${px(x(at) + by)}" y="${plot.top - 8}" text-anchor="${anchor}">${xml(text)}</text>`;
  });
  const hover = runs.flat().map(({ fromMs: a, toMs: b, point }) => {
    const place = `x="${px(x(a))}" y="${plot.top}" width="${px(x(b) - x(a))}" height="${below.bottom - plot.top}"`;
    return `<rect class="hover" ${place}><title>${said(point)}</title></rect>`;
  });
  const told = `${of}: ${many(totalOf(first))} known on ${dayText(first.at)}, ${many(totalOf(last))} on ${dayText(last.at)}`;
  const line = runs.map((run) => `<path class="line" d="M${edge(run, (p) => p.exploited, x, z)}"/>`);

  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="t d">`,
    `<title id="t">${xml(title)}</title>`,
    `<desc id="d">Findings by severity over time. ${xml(of)}. ${said(first)}. ${said(last)}.</desc>`,
    `<style>${style()}</style>`,
    `<rect class="ground" width="${width}" height="${height}" rx="8"/>`,
    `<text class="title" x="${plot.left - 34}" y="40">${xml(title)}</text>`,
    `<text class="told" x="${plot.left - 34}" y="66">${xml(told)}</text>`,
    ...counts.map(({ at, text }) => row(y(at), text, 'count')),
    ...bands(runs, x, y),
    `<text class="faint" x="${plot.left + 8}" y="${plot.top + 20}">Known vulnerabilities, by severity</text>`,
    ...few.map(({ at, text }) => row(z(at), text, 'exploited-count')),
    ...line,
    `<text class="faint" x="${plot.left + 8}" y="${below.top - 9}">Of them, known to be exploited</text>`,
    ...lines,
    ...names,
    ...labels(last, y),
    `<text x="${plot.right + 12}" y="${px(z(last.exploited) + 5)}"><tspan class="strong exploited">${many(last.exploited)}</tspan> exploited</text>`,
    ...timeTicks(fromMs, toMs).map(column),
    `<text class="faint" x="${plot.left - 34}" y="${height - 14}">${xml(`One for each component that has it. ${note}`.trim())}</text>`,
    ...hover,
    '</svg>',
  ].join('\n')}\n`;
}
