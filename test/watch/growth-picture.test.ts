// The parts of the picture: what is drawn, what is asked of Prometheus, what is handed to it, and the states that were derived.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { countTicks, timeTicks } from '../../scripts/growth/axes.ts';
import { openMetrics } from '../../scripts/growth/backfill.ts';
import { drawing } from '../../scripts/growth/draw.ts';
import { type Point, readTable, tableOf } from '../../scripts/growth/point.ts';
import { pointsFrom } from '../../scripts/growth/prometheus.ts';
import { deriveState, NumbersGiven, realState } from '../../scripts/growth/state-of-day.ts';
import { zipFiles } from '../../src/advisories/feeds/zip.ts';
import { severityLevels } from '../../src/model/advisory.ts';
import { root, scratch } from '../real/parts.ts';
import { type Known, measured, wellFormed, writeFeeds } from './growth-stage.ts';

const dayMs = 86_400_000;
const noon = (day: string) => Date.parse(`${day}T12:00:00Z`);

function point(at: number, counts: readonly number[], exploited = 0): Point {
  const findings = Object.fromEntries(severityLevels.map((level, i) => [level, counts[i] ?? 0]));
  return { at, findings: findings as Point['findings'], exploited };
}

const plain = { title: 'A title', of: 'shop in prod', marks: [], note: '' };

test('any counts on any days are drawn so that they can be measured again, and stand in the table', () => {
  const counts = fc.array(fc.nat(60), { minLength: 6, maxLength: 6 });
  const list = fc.array(fc.tuple(counts, fc.nat(9), fc.integer({ min: 1, max: 3 })), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(list, (each) => {
      let at = noon('2024-02-20');
      const points = each.map(([findings, exploited, days]) => {
        at += days * dayMs;
        return point(at, findings, exploited);
      });
      const svg = drawing(points, plain);
      wellFormed(svg);
      const expected = points.map((p) => ({
        date: new Date(p.at).toISOString().slice(0, 10),
        findings: p.findings,
        exploited: p.exploited,
      }));
      assert.deepEqual(measured(svg), expected);
      const marks = [{ at, text: 'the last' }];
      assert.deepEqual(readTable(tableOf(points, marks)), { points, marks });
    }),
    { numRuns: 60 },
  );
});

test('where nobody looked for long, nothing is drawn', () => {
  const days = [0, 1, 2, 3, 20, 21, 22];
  const points = days.map((n) => point(noon('2026-01-01') + n * dayMs, [1, 2]));
  const svg = drawing(points, plain);
  assert.deepEqual([svg.match(/<path class="high"/g)?.length, svg.match(/<path class="line"/g)?.length], [2, 2]);
  const widths = [...svg.matchAll(/<rect class="hover" x="([\d.]+)"[^>]* width="([\d.]+)"/g)].map(([, , w]) =>
    Number(w),
  );
  const usual = widths[0] ?? 0;
  // The one before the gap holds as long as all others, and the last one half as long.
  for (const width of widths.slice(0, -1)) assert.ok(Math.abs(width - usual) < 0.02, `${widths}`);
  assert.ok(Math.abs((widths.at(-1) ?? 0) - usual / 2) < 0.02, `${widths}`);
});

test('names and words that hold anything are text and nothing else', () => {
  const evil = '</text><script>alert(1)</script>&"\'\u0000\u001b[2J';
  const at = noon('2026-01-01');
  const points = [point(at, [1]), point(at + dayMs, [2])];
  const svg = drawing(points, { title: evil, of: evil, marks: [{ at, text: evil }], note: evil });
  wellFormed(svg);
  assert.doesNotMatch(svg, /<script/);
  assert.deepEqual(
    ['\u0000', '\u001b'].filter((c) => svg.includes(c)),
    [],
  );
  assert.throws(() => drawing([], plain), /there is no point/);
  assert.throws(() => tableOf(points, [{ at, text: 'a,b' }]), /without commas/);
  for (const text of [
    '',
    'date,critical\n',
    `${tableOf(points, [])}2026-01-03,1,2\n`,
    `${tableOf(points, [])}x,1,2,3,4,5,6,7,\n`,
  ])
    assert.throws(() => readTable(text));
});

test('ticks are round and few, whatever the span', () => {
  assert.deepEqual(
    countTicks(277).map(({ text }) => text),
    ['0', '100', '200', '300'],
  );
  assert.deepEqual(
    countTicks(1, 2).map(({ at }) => at),
    [0, 1],
  );
  assert.deepEqual(countTicks(48_000).at(-1), { at: 50_000, text: '50,000' });
  fc.assert(
    fc.property(fc.integer({ min: 3_600, max: 1_000_000_000 }), (seconds) => {
      const from = noon('2020-02-28');
      const ticks = timeTicks(from, from + seconds * 1000);
      assert.ok(ticks.length <= 14, `${ticks.length} ticks of ${seconds} s`);
      assert.ok(ticks.every(({ at }) => at >= from && at <= from + seconds * 1000));
    }),
  );
  assert.deepEqual(
    timeTicks(noon('2025-11-01'), noon('2026-08-21')).map(({ text }) => text),
    ['Dec', 'Jan 2026', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug'],
  );
});

test('scrapes become OpenMetrics: samples of a name together, with their times', () => {
  const text = (n: number) =>
    `# HELP a A.\n# TYPE a gauge\na{x="1"} ${n}\n# HELP b_total B.\n# TYPE b_total counter\nb_total ${n}\n`;
  const scrapes = [
    { at: '2026-01-01T00:00:00Z', text: text(1) },
    { at: '2026-01-02T00:00:00Z', text: `${text(2)}# HELP c C.\n# TYPE c gauge\nc 3\n` },
  ];
  assert.equal(
    openMetrics(scrapes),
    [
      ...['# TYPE a gauge', '# HELP a A.', 'a{x="1"} 1 1767225600', 'a{x="1"} 2 1767312000'],
      ...['# TYPE b counter', '# HELP b B.', 'b_total 1 1767225600', 'b_total 2 1767312000'],
      ...['# TYPE c gauge', '# HELP c C.', 'c 3 1767312000', '# EOF', ''],
    ].join('\n'),
  );
});

/** A server that answers as it is told; its address. */
async function answering(t: TestContext, answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('what is no Prometheus, or refuses, is said; labels cannot leave their quotes', async (t) => {
  const asked = { service: 'a"} or vector(1)', environment: null, fromMs: 0, toMs: 60_000, stepS: 60 };
  let seen = '';
  const refusing = await answering(t, ({ url = '' }, response) => {
    seen = new URL(url, 'http://x').searchParams.get('query') ?? '';
    response.writeHead(422).end('{"status":"error","error":"too much"}');
  });
  await assert.rejects(pointsFrom({ ...asked, url: `${refusing}/` }), /answered 422: too much/);
  assert.equal(
    seen,
    'sum by (severity) (max by (service, environment, severity) (last_over_time(kvitto_findings{service="a\\"} or vector(1)"}[59999ms])))',
  );
  const page = await answering(t, (_, response) => response.end('<html>'));
  await assert.rejects(pointsFrom({ ...asked, url: page }), /is no Prometheus: it answered 200 and no JSON/);
  await assert.rejects(pointsFrom({ ...asked, url: 'http://127.0.0.1:1' }), /no Prometheus answers at/);
});

test('the script says what is wrong with its words', () => {
  const good = ['--prometheus', 'http://127.0.0.1:1', '--from', '2026-01-01', '--to', '2026-02-01', '-o', '/dev/null'];
  const cases: readonly [string[], number, RegExp][] = [
    [[], 2, /--prometheus: an address is missing/],
    [good.slice(0, 4), 2, /-o: where to write/],
    [[...good, '--to', '2025-01-01'], 2, /--to is not after --from/],
    [[...good, '--step', '1s'], 2, /more than 11000 points/],
    [[...good, '--step', 'soon'], 2, /not a duration/],
    [[...good, '--nonsense'], 2, /Unknown option/],
    [good, 4, /no Prometheus answers at http:\/\/127\.0\.0\.1:1\n$/],
  ];
  for (const [words, exit, says] of cases) {
    const script = join(root, 'scripts/growth-picture.ts');
    const { status, stderr } = spawnSync(process.execPath, [script, ...words], { encoding: 'utf8', timeout: 60_000 });
    assert.deepEqual([status, says.test(stderr)], [exit, true], `${words.join(' ')}\n${stderr}`);
  }
});

test('a derived state has what was published until its day, and what an earlier real one has', () => {
  const folder = scratch('states');
  const record = (cve: string | null, component: string, published: string | null = null): Known => {
    return { cve, component, severity: null, published };
  };
  const early = [
    record('CVE-2025-0050', 'by-number'),
    record('CVE-2025-0100', 'dated', '2025-01-10T08:00:00Z'),
    record('CVE-2025-0200', 'later', '2025-05-01T00:00:00Z'),
    record(null, 'unknown'),
  ];
  // Nothing tells when numbers of 2024 were given; the lower of 2026 was given before the higher one was named.
  const since = [
    record('CVE-2024-0009', 'untold'),
    record('CVE-2026-0005', 'new'),
    record('CVE-2026-0010', 'newer', '2026-02-01'),
  ];
  const state = (day: string, records: readonly Known[]) => {
    const place = join(folder, day);
    mkdirSync(place);
    writeFeeds(place, `${day}T00:00:00Z`, records, []);
    const vulnerabilities = ['2025-01-10', '2025-05-01'].map((dateAdded) => ({ cveID: 'CVE-2025-0100', dateAdded }));
    writeFileSync(
      join(place, 'kev/known_exploited_vulnerabilities.json'),
      JSON.stringify({ title: 'x', vulnerabilities }),
    );
    // As it was written in 2025, and as since.
    const reported = ['10/01/25', '2025/05/01'].map((dateReported) => ({ cveID: 'CVE-2025-0100', dateReported }));
    writeFileSync(join(place, 'eukev/eukev.json'), JSON.stringify(reported));
    const scored = ['0100', '0300'].map((n) => ({ cve: { id: `CVE-2025-${n}`, published: '2025-04-01T00:00:00' } }));
    writeFileSync(join(place, 'nvd/nvdcve-2.0-2026.json.gz'), gzipSync(JSON.stringify({ vulnerabilities: scored })));
    return realState(place, day, ['npm']);
  };
  const states = [state('2025-06-30', early), state('2026-06-30', [...early, ...since])];
  const given = new NumbersGiven(states);
  const derived = (day: string) => {
    const place = join(folder, `derived-${day}`);
    deriveState(states, given, day, place);
    const limits = { entries: 99, entryBytes: 9_999, totalBytes: 99_999, ratio: 99, ratioFloorBytes: 9_999 };
    const names = [...zipFiles(join(place, 'osv/npm/all.zip'), 'all.zip', limits)].map(({ bytes }) => {
      return JSON.parse(bytes.toString('utf8')).affected[0].package.name;
    });
    const read = (path: string) => readFileSync(join(place, path));
    const kev = JSON.parse(read('kev/known_exploited_vulnerabilities.json').toString('utf8'));
    const nvd = join(place, 'nvd/nvdcve-2.0-2026.json.gz');
    const scored = existsSync(nvd) ? JSON.parse(gunzipSync(readFileSync(nvd)).toString('utf8')) : null;
    return [
      names.sort().join(' '),
      [kev.count, kev.vulnerabilities.length, kev.dateReleased],
      existsSync(join(place, 'eukev')) ? JSON.parse(read('eukev/eukev.json').toString('utf8')).length : null,
      [scored?.totalResults ?? null, scored?.timestamp ?? null],
      JSON.parse(read('mirror.json').toString('utf8')).feeds['osv/npm'].asOf,
    ];
  };
  const midnight = (day: string) => `${day}T00:00:00.0000Z`;
  assert.deepEqual(['2025-01-09', '2025-01-10', '2025-05-01', '2025-07-01', '2026-02-01'].map(derived), [
    ['', [0, 0, midnight('2025-01-09')], null, [null, null], '2025-01-09T06:00:00Z'],
    ['by-number dated', [1, 1, midnight('2025-01-10')], 1, [1, '2025-01-10T00:00:00.000'], '2025-01-10T06:00:00Z'],
    [
      'by-number dated later',
      [2, 2, midnight('2025-05-01')],
      2,
      [2, '2025-05-01T00:00:00.000'],
      '2025-05-01T06:00:00Z',
    ],
    [
      'by-number dated later unknown',
      [2, 2, midnight('2025-07-01')],
      2,
      [2, '2025-07-01T00:00:00.000'],
      '2025-07-01T06:00:00Z',
    ],
    [
      'by-number dated later new newer unknown',
      [2, 2, midnight('2026-02-01')],
      2,
      [2, '2026-02-01T00:00:00.000'],
      '2026-02-01T06:00:00Z',
    ],
  ]);
  assert.throws(() => deriveState(states, given, '2026-07-01', folder), /no real state on or after 2026-07-01/);
});
