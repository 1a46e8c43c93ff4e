import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { storePaths } from './paths.ts';
import { openStore } from './store/open.ts';
import { verifyStore } from './store/verify.ts';
import { type Answer, feedServer } from './testing/feed-server.ts';
import { osvRecord, writeFeeds } from './testing/feeds-folder.ts';
import { taken } from './testing/reports.ts';
import { type FactFeedId, updateStore } from './update.ts';

const now = new Date('2026-03-01T12:00:00Z');
const impatient = { attempts: 3, backoffMs: 1, idleTimeoutMs: 300, totalTimeoutMs: 5000, maxRedirects: 3 };
const day = (n: number) => new Date(now.getTime() + n * 86_400_000);

async function setUp(t: TestContext) {
  const root = mkdtempSync(path.join(tmpdir(), 'kvitto-http-'));
  const server = await feedServer();
  t.after(async () => {
    await server.close();
    rmSync(root, { recursive: true, force: true });
  });
  const home = path.join(root, 'home');
  const base = path.join(root, 'feeds');
  /** Offers what the content makes of a feeds folder. */
  const offer = (content: Parameters<typeof writeFeeds>[1]) => {
    rmSync(base, { recursive: true, force: true });
    writeFeeds(base, content);
    for (const entry of readdirSync(base, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const file = path.join(entry.parentPath, entry.name);
      server.documents.set(path.relative(base, file), readFileSync(file));
    }
  };
  const update = (
    ecosystems: readonly string[],
    feeds: readonly FactFeedId[] = [],
    at = now,
    attempts = impatient.attempts,
  ) => updateStore({ home, base: server.base, ecosystems, feeds, now: at, fetch: { ...impatient, attempts } });
  return { home, server, offer, update };
}

const record = (number: number, fixed = '1') => osvRecord(`GO-2026-${number}`, 'Go', `example.org/${number}`, fixed);
const records = Array.from({ length: 40 }, (_, index) => record(1000 + index));
const index = (lines: readonly [string, number][]) => lines.map(([time, n]) => `${time},GO-2026-${n}\n`).join('');
/** `02:05` of 125 seconds. */
const stamp = (seconds: number) =>
  [Math.floor(seconds / 60), seconds % 60].map((part) => String(part).padStart(2, '0')).join(':');
const oldLines = records.map((_, n): [string, number] => [
  `2026-01-01T00:00:${String(59 - n).padStart(2, '0')}Z`,
  1000 + n,
]);

test('an unchanged feed is asked for with its ETag and not sent again', async (t) => {
  const { server, offer, update } = await setUp(t);
  offer({ osv: { Go: records }, kev: [{ cveID: 'CVE-2025-1000', dateAdded: '2025-06-01' }] });
  await update(['Go'], ['kev']);
  const kev = 'kev/known_exploited_vulnerabilities.json';
  assert.deepEqual(server.taken(), [
    '404 osv/Go/modified_id.csv',
    '200 osv/Go/all.zip',
    `200 ${kev}`,
    '404 mirror.json',
  ]);
  const { perFeed } = await update(['Go'], ['kev'], day(1));
  assert.deepEqual(server.taken(), [
    '404 osv/Go/modified_id.csv',
    '304 osv/Go/all.zip',
    `304 ${kev}`,
    '404 mirror.json',
  ]);
  assert.deepEqual(
    perFeed.map((f) => f.state),
    ['unchanged', 'unchanged'],
  );
});

test('a small change is fetched record by record and equals the whole', async (t) => {
  const { home, server, offer, update } = await setUp(t);
  offer({ osv: { Go: records } });
  server.documents.set('osv/Go/modified_id.csv', index(oldLines));
  await update(['Go']);
  assert.deepEqual(server.taken(), ['200 osv/Go/modified_id.csv', '200 osv/Go/all.zip', '404 mirror.json']);

  await update(['Go'], [], day(1));
  assert.deepEqual(server.taken(), ['304 osv/Go/modified_id.csv', '404 mirror.json']);

  const changed = [record(1007, '2'), record(2000)] as const;
  offer({ osv: { Go: [...records.filter((_, n) => n !== 7), ...changed] } });
  const rest = oldLines.filter(([, n]) => n !== 1007);
  server.documents.set(
    'osv/Go/modified_id.csv',
    index([['2026-02-02T00:00:00Z', 2000], ['2026-02-01T00:00:00Z', 1007], ...rest]),
  );
  for (const [id, document] of [
    ['1000', records[0]],
    ['1007', changed[0]],
    ['2000', changed[1]],
  ] as const) {
    server.documents.set(`osv/Go/GO-2026-${id}.json`, JSON.stringify(document));
  }
  const small = await update(['Go'], [], day(2));
  // GO-2026-1000 stands at the very time up to which the list was known, so it is taken again.
  assert.deepEqual(server.taken().sort(), [
    '200 osv/Go/GO-2026-1000.json',
    '200 osv/Go/GO-2026-1007.json',
    '200 osv/Go/GO-2026-2000.json',
    '200 osv/Go/modified_id.csv',
    '404 mirror.json',
  ]);
  assert.deepEqual(small.perFeed, [taken('osv/Go', 41, 40)]);
  verifyStore(small.store);
  const rows = (file: string) => {
    const store = openStore(file);
    const names = [...records.map((_, n) => 1000 + n), 2000].map((n) => store.byName('Go', `example.org/${n}`));
    store.close();
    return names;
  };
  const incremental = rows(small.store);
  rmSync(home, { recursive: true });
  assert.deepEqual(incremental, rows((await update(['Go'], [], day(2))).store));
  assert.deepEqual(incremental[7]?.[0]?.affected[0]?.ranges[0]?.events, [{ introduced: '0' }, { fixed: '2' }]);
});

test('a new form that creeps in record by record is not taken either', async (t) => {
  const { server, offer, update } = await setUp(t);
  const many = Array.from({ length: 200 }, (_, n) => record(1000 + n));
  const lines = many.map((_, n): [string, number] => [`2026-01-01T00:${stamp(199 - n)}Z`, 1000 + n]);
  const publish = (changed: readonly object[], time: string) => {
    const news = changed.map((_, n): [string, number] => [`${time}T00:${stamp(59 - n)}Z`, 1000 + n]);
    server.documents.set('osv/Go/modified_id.csv', index([...news, ...lines.slice(changed.length)]));
    for (const [n, document] of changed.entries())
      server.documents.set(`osv/Go/GO-2026-${1000 + n}.json`, JSON.stringify(document));
    // The newest of before is named again: it stands at the very time up to which the list was known.
    server.documents.set('osv/Go/GO-2026-1000.json', JSON.stringify(changed[0] ?? many[0]));
  };
  offer({ osv: { Go: many } });
  publish([], '2026-01-01');
  const before = await update(['Go']);
  server.taken();
  const failed = { id: 'osv/Go', state: 'failed', why: 'form-changed', records: 200, badRecords: 0, before: 200 };
  const remedy =
    '; its former state (2026-01-01T00:00:00Z) stays in use; if it is meant to be so: kvitto db update --accept osv/Go';
  const silent = many.slice(0, 15).map((known) => ({ ...known, affected: undefined, hit: [] }));
  const broken = many.slice(0, 15).map((known) => ({ ...known, modified: 'soon' }));
  for (const [changed, day0, bad, says] of [
    [silent, '2026-02-01', 0, 'has another form: 0 of its 15 records say something that is read; 15 did before'],
    [broken, '2026-02-02', 15, 'has another form: none of its 15 records can be read; bad were 0 of 15 before'],
  ] as const) {
    publish(changed, day0);
    const after = await update(['Go'], [], day(1));
    assert.equal(server.taken().filter((line) => line.endsWith('.zip')).length, 0);
    assert.deepEqual(after.perFeed, [
      { ...failed, found: { records: 200, badRecords: bad }, message: `what changed in osv/Go ${says}${remedy}` },
    ]);
    assert.deepEqual(after.snapshot, before.snapshot);
  }
  const withdrawn = silent.map((known) => ({ ...known, withdrawn: '2026-02-03T00:00:00Z' }));
  publish(withdrawn, '2026-02-03');
  assert.deepEqual((await update(['Go'], [], day(2))).perFeed, [taken('osv/Go', 200, 200)]);
});

test('the whole zip is fetched where the list of changes does not add up', async (t) => {
  const { server, offer, update } = await setUp(t);
  offer({ osv: { Go: records } });
  server.documents.set('osv/Go/modified_id.csv', index(oldLines));
  await update(['Go']);
  const cases: [string, readonly [string, number][], number][] = [
    ['a record vanished', oldLines.slice(1), 1],
    ['too many changes', oldLines.map(([, n]): [string, number] => ['2026-02-01T00:00:00Z', n]), 1],
    [
      'more new records than changes',
      [...oldLines, ...[1, 2, 3].map((n): [string, number] => ['2025-01-01T00:00:00Z', n])],
      1,
    ],
    ['the last whole fetch is long ago', [['2026-02-01T00:00:00Z', 1000], ...oldLines.slice(1)], 9],
    ['a record is listed but not there', [['2026-02-03T00:00:00Z', 3000], ...oldLines], 1],
  ];
  for (const [why, lines, days] of cases) {
    offer({ osv: { Go: [...records, osvRecord('GO-X', 'Go', why, '1')] } });
    server.taken();
    server.documents.set('osv/Go/modified_id.csv', index(lines));
    await update(['Go'], [], day(days));
    assert.ok(server.taken().includes('200 osv/Go/all.zip'), why);
    offer({ osv: { Go: records } });
    server.documents.set('osv/Go/modified_id.csv', index(oldLines));
    await update(['Go'], [], now);
  }
});

test('a passing fault is tried again', async (t) => {
  const { server, offer, update } = await setUp(t);
  offer({ osv: { Go: records } });
  let faults = 2;
  server.answer = (request, response) => {
    if (request.url !== '/osv/Go/all.zip' || faults === 0) return false;
    faults -= 1;
    if (faults === 1) response.writeHead(503, { 'retry-after': '0' }).end();
    else response.writeHead(200, { 'content-length': 1000 }).write('half', () => response.destroy());
    return true;
  };
  const { perFeed } = await update(['Go']);
  assert.deepEqual(perFeed, [taken('osv/Go', 40)]);
});

const faults: [string, Answer, RegExp][] = [
  ['5xx', (_, r) => Boolean(r.writeHead(500).end()), /answered 500/],
  ['403', (_, r) => Boolean(r.writeHead(403).end()), /answered 403/],
  [
    'truncated',
    (_, r) => r.writeHead(200, { 'content-length': 999 }).write('x', () => r.destroy()) || true,
    /could not be fetched/,
  ],
  [
    'HTML',
    (_, r) => Boolean(r.writeHead(200, { 'content-type': 'text/html' }).end('<html>')),
    /a web page instead of the feed/,
  ],
  ['hangs before the answer', () => true, /could not be fetched: .*[Tt]imeout/],
  [
    'hangs in the answer',
    (_, r) => r.writeHead(200, { 'content-length': 999 }).write('x') || true,
    /could not be fetched: .*[Tt]imeout/,
  ],
  ['circle', (_, r) => Boolean(r.writeHead(302, { location: '/osv/Go/all.zip' }).end()), /redirects more than 3 times/],
  [
    'redirect to a file',
    (_, r) => Boolean(r.writeHead(302, { location: 'file:///etc/passwd' }).end()),
    /redirects to nowhere/,
  ],
  [
    'lies about its size',
    (_, r) => Boolean(r.writeHead(200, { 'content-length': '99999999999' }).end('x')),
    /more than the allowed/,
  ],
  ['garbage', (_, r) => Boolean(r.writeHead(200).end('garbage')), /osv\/Go\/all\.zip/],
];

for (const [name, answer, message] of faults) {
  test(`a server that misbehaves (${name}) leaves the former state in use`, async (t) => {
    const { home, server, offer, update } = await setUp(t);
    offer({ osv: { Go: records, npm: [osvRecord('GHSA-1', 'npm', 'a', '1.0.0')] } });
    const before = await update(['Go', 'npm']);
    server.answer = (request, response) => request.url === '/osv/Go/all.zip' && answer(request, response);
    const after = await update(['Go', 'npm'], [], day(1), 1);
    assert.deepEqual(
      after.perFeed.map((f) => f.state),
      ['failed', 'unchanged'],
    );
    assert.match(after.perFeed[0]?.message ?? '', message);
    assert.equal(after.snapshot.digest, before.snapshot.digest);
    assert.deepEqual(verifyStore(after.store).digest, before.snapshot.digest);
    assert.deepEqual(readdirSync(storePaths(home).folder).sort(), ['lock.db', 'store.db']);
  });
}

test('a login in the address goes to that server, and nowhere else', async (t) => {
  const { home, server, offer } = await setUp(t);
  offer({ osv: { Go: records } });
  const other = await feedServer();
  t.after(() => other.close());
  for (const [name, document] of server.documents) other.documents.set(name, document);
  const seen: string[] = [];
  const elsewhere: string[] = [];
  server.answer = (request, response) => {
    seen.push(request.headers.authorization ?? 'none');
    return Boolean(response.writeHead(302, { location: `${other.base}${request.url}` }).end());
  };
  other.answer = (request) => {
    elsewhere.push(request.headers.authorization ?? 'none');
    return false;
  };
  const base = server.base.replace('http://', 'http://me:pass%20word@');
  const { perFeed, store } = await updateStore({ home, base, ecosystems: ['Go'], feeds: [], now, fetch: impatient });
  assert.deepEqual(
    perFeed.map(({ state }) => state),
    ['updated'],
  );
  assert.deepEqual([...new Set(seen)], [`Basic ${Buffer.from('me:pass word').toString('base64')}`]);
  assert.deepEqual([...new Set(elsewhere)], ['none']);
  assert.ok(!readFileSync(store).includes('pass'));
});
