// Draws what a Prometheus knows of findings over time as SVG. See docs/monitoring.md:
// node scripts/growth-picture.ts --prometheus http://localhost:9090 --from 2026-01-01 --to 2026-06-30 -o findings.svg
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { drawing } from './growth/draw.ts';
import { type Mark, tableOf } from './growth/point.ts';
import { pointsFrom } from './growth/prometheus.ts';

const usage = `node scripts/growth-picture.ts --prometheus URL --from TIME --to TIME -o FILE.svg
  --service NAME       only this service
  --environment NAME   only this environment
  --step DURATION      distance of the points, as 6h or 1d (default: 300 of them)
  --mark TIME=TEXT     names a moment in the picture; may be given again
  --title TEXT         stands above it
  --note TEXT          stands below it
  --table FILE.csv     writes the numbers, too
`;

const unitsS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 };
/** Prometheus gives no more of a series at once. */
const mostPoints = 11_000;

class Usage extends Error {}

function time(text: string | undefined, name: string): number {
  const ms = Date.parse(text ?? '');
  if (text === undefined || Number.isNaN(ms))
    throw new Usage(`${name}: a time is missing, as 2026-01-31 or 2026-01-31T12:00:00Z`);
  return ms;
}

function duration(text: string): number {
  const [, count = '', unit = ''] = /^(\d{1,9})([smhdw])$/.exec(text) ?? [];
  const seconds = Number(count) * (unitsS[unit] ?? 0);
  if (!(seconds > 0)) throw new Usage(`--step ${text}: not a duration, as 15m, 6h or 1d`);
  return seconds;
}

function mark(text: string): Mark {
  const at = text.indexOf('=');
  if (at < 0) throw new Usage(`--mark ${text}: write TIME=TEXT`);
  return { at: time(text.slice(0, at), '--mark'), text: text.slice(at + 1) };
}

async function main(): Promise<void> {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: {
      prometheus: text,
      from: text,
      to: text,
      service: text,
      environment: text,
      step: text,
      mark: { type: 'string', multiple: true },
      title: text,
      note: text,
      table: text,
      output: { type: 'string', short: 'o' },
    },
  });
  const { prometheus: url, output, service = null, environment = null } = values;
  if (url === undefined || !/^https?:\/\//.test(url))
    throw new Usage('--prometheus: an address is missing, as http://localhost:9090');
  if (output === undefined) throw new Usage('-o: where to write the picture is missing');
  const [fromMs, toMs] = [time(values.from, '--from'), time(values.to, '--to')];
  if (toMs <= fromMs) throw new Usage('--to is not after --from');
  const stepS = values.step === undefined ? Math.max(60, Math.ceil((toMs - fromMs) / 300_000)) : duration(values.step);
  if ((toMs - fromMs) / 1000 / stepS >= mostPoints)
    throw new Usage(`--step: more than ${mostPoints} points; take a longer one`);
  const marks = (values.mark ?? []).map(mark);
  const points = await pointsFrom({ url, service, environment, fromMs, toMs, stepS });
  const of = [service ?? 'All services', ...(environment === null ? [] : [`in ${environment}`])].join(' ');
  if (points.length === 0)
    throw new Usage(`Prometheus knows no findings of ${of} in that time; is kvitto watch scraped?`);
  const title = values.title ?? 'What became known of what runs';
  writeFileSync(output, drawing(points, { title, of, marks, note: values.note ?? '' }));
  if (values.table !== undefined) writeFileSync(values.table, tableOf(points, marks));
}

try {
  await main();
} catch (thrown) {
  const isUsage = thrown instanceof Usage || (thrown instanceof TypeError && 'code' in thrown);
  process.stderr.write(`${thrown instanceof Error ? thrown.message : String(thrown)}\n${isUsage ? usage : ''}`);
  process.exitCode = isUsage ? 2 : 4;
}
