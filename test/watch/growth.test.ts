// Findings that grow, from the real command line through a real Prometheus into a picture; and the picture in docs/.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { prometheusMissing, startPrometheus } from '../../scripts/growth/backfill.ts';
import { drawing } from '../../scripts/growth/draw.ts';
import { readTable, totalOf } from '../../scripts/growth/point.ts';
import { runYears } from '../../scripts/growth/run-years.ts';
import { captions } from '../../scripts/growth.ts';
import { openLedger } from '../../src/ledger/open-ledger.ts';
import { exposure } from '../../src/ledger/queries/exposure.ts';
import { type SeverityLevel, severityLevels } from '../../src/model/advisory.ts';
import { root, scratch } from '../real/parts.ts';
import { type Known, measured, type Shown, sbomOf, wellFormed, writeFeeds } from './growth-stage.ts';

const missing = prometheusMissing();
const skip = missing === null ? false : `LEFT OUT: the picture of findings is not drawn from Prometheus: ${missing}`;

const known = (cve: string, component: string, severity: Known['severity']): Known => ({ cve, component, severity });
const first = [known('CVE-2026-10001', 'rope', 'HIGH'), known('CVE-2026-10002', 'knot', 'LOW')];
const later = [
  ...first,
  known('CVE-2026-10003', 'rope', 'CRITICAL'),
  known('CVE-2026-10004', 'rope', 'MODERATE'),
  known('CVE-2026-10004', 'knot', 'MODERATE'),
];
const states: readonly { day: string; known: readonly Known[]; exploited: readonly string[] }[] = [
  { day: '2026-01-05', known: first, exploited: [] },
  { day: '2026-01-06', known: later, exploited: [] },
  { day: '2026-01-07', known: [...later, known('CVE-2026-10005', 'knot', null)], exploited: ['CVE-2026-10003'] },
  // One is withdrawn, and one is exploited that is not in it.
  { day: '2026-01-08', known: later.slice(1), exploited: ['CVE-2026-10003', 'CVE-2026-99999'] },
];

function shown(date: string, counts: Partial<Record<SeverityLevel, number>>, exploited: number): Shown {
  const findings = Object.fromEntries(severityLevels.map((level) => [level, counts[level] ?? 0]));
  return { date, findings: findings as Shown['findings'], exploited };
}

/** What the ledger answers of each day, as it was known on that day. */
async function answered(home: string, days: readonly string[]): Promise<Shown[]> {
  const options = { folder: join(home, 'ledger'), databaseUrl: null, tool: 'test', name: 'test', waitMs: 1_000 };
  const ledger = await openLedger({ ...options, clock: () => new Date('2026-02-01T00:00:00Z'), mode: 'read' });
  try {
    const all: Shown[] = [];
    for (const day of days) {
      const at = Date.parse(`${day}T12:00:01Z`);
      const asked = { service: 'shop', environment: 'prod', from: at, to: at, asOf: at, maxFeedAgeMs: null };
      const { rows } = await exposure(ledger, asked);
      const count = (level: SeverityLevel) => rows.filter(({ severity }) => severity === level).length;
      const counts = Object.fromEntries(severityLevels.map((level) => [level, count(level)]));
      all.push(shown(day, counts, rows.filter(({ exploited }) => exploited).length));
    }
    return all;
  } finally {
    await ledger.close();
  }
}

test('the picture of a Prometheus shows what the ledger answers of each day', { skip }, async () => {
  const folder = scratch('growth');
  const [home, place] = [join(folder, 'home'), join(folder, 'prometheus')];
  for (const each of [home, place]) mkdirSync(each);
  const sbom = join(folder, 'shop.cdx.json');
  writeFileSync(sbom, sbomOf(['pkg:npm/rope@1.0.0', 'pkg:npm/knot@2.0.0', 'pkg:npm/sail@3.0.0']));
  const steps = states.map((state) => ({
    at: `${state.day}T12:00:00Z`,
    feeds: () => {
      const feeds = join(folder, 'feeds');
      rmSync(feeds, { recursive: true, force: true });
      writeFeeds(feeds, `${state.day}T06:00:00Z`, state.known, state.exploited);
      return feeds;
    },
  }));
  const years = { home, target: `sbom:${sbom}`, service: 'shop', environment: 'prod', ecosystems: ['npm'], steps };
  const prometheus = await startPrometheus(place, await runYears(years));
  const [picture, table] = [join(folder, 'growth.svg'), join(folder, 'growth.csv')];
  try {
    const words = [
      ...['--prometheus', prometheus.url, '--service', 'shop', '--environment', 'prod', '--step', '1d'],
      ...['--from', '2026-01-05T12:00:00Z', '--to', '2026-01-09T12:00:00Z', '--mark', '2026-01-07T12:00:00Z=here'],
      ...['-o', picture, '--table', table],
    ];
    const script = join(root, 'scripts/growth-picture.ts');
    const drawn = spawnSync(process.execPath, [script, ...words], { encoding: 'utf8', timeout: 60_000 });
    assert.deepEqual([drawn.status, drawn.stderr], [0, '']);
  } finally {
    await prometheus.stop();
  }
  const svg = readFileSync(picture, 'utf8');
  const expected = [
    shown('2026-01-05', { high: 1, low: 1 }, 0),
    shown('2026-01-06', { critical: 1, high: 1, medium: 2, low: 1 }, 0),
    shown('2026-01-07', { critical: 1, high: 1, medium: 2, low: 1, unknown: 1 }, 1),
    shown('2026-01-08', { critical: 1, medium: 2, low: 1 }, 1),
  ];
  assert.deepEqual(measured(svg), expected);
  const days = states.map(({ day }) => day);
  assert.deepEqual(await answered(home, days), expected);
  const { points, marks } = readTable(readFileSync(table, 'utf8'));
  const title = 'What became known of what runs';
  assert.equal(drawing(points, { title, of: 'shop in prod', marks, note: '' }), svg);
});

test('the picture in docs/ is the one of its table, and shows its numbers', () => {
  const { points, marks } = readTable(readFileSync(join(root, 'docs/growth.csv'), 'utf8'));
  const svg = readFileSync(join(root, 'docs/growth.svg'), 'utf8');
  assert.equal(svg, drawing(points, { ...captions, marks }), 'draw it anew: npm run docs:growth');
  wellFormed(svg);
  assert.deepEqual(
    measured(svg),
    points.map(({ at, findings, exploited }) => ({
      date: new Date(at).toISOString().slice(0, 10),
      findings,
      exploited,
    })),
  );
  // What the pages say of it.
  const [from, to] = [points[0], points.at(-1)].map((point) => (point === undefined ? 0 : totalOf(point)));
  for (const page of ['README.md', 'docs/monitoring.md']) {
    assert.match(readFileSync(join(root, page), 'utf8'), new RegExp(`\\b${from}\\b[^.]*\\b${to}\\b`), page);
  }
});
