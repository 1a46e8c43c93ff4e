// The ledger's first promise, with a real image and real feeds: the same moment, as it was known before and after the feeds moved.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { runCommandLine } from '../../src/cli/program.ts';
import { forever } from '../../src/ledger/instant.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { openLedger } from '../../src/ledger/open-ledger.ts';
import type { ExposureRow } from '../../src/ledger/queries/answers.ts';
import { readKnowledge } from '../../src/ledger/read-documents.ts';
import { readEntries } from '../../src/ledger/read-entries.ts';
import type { Change } from '../../src/watch/changes.ts';
import { appRoot, debianRoot, imageTools, nodeProject, ociLayout, vulnerablePackages } from './images.ts';
import { expectedHits, type Installed, installedDebian, lowerDebian, lowerNumbers, recordsOf } from './oracle.ts';
import { feedsFolder, scratch, skipWithout } from './parts.ts';
import type { JsonReport } from './report.ts';

const dates = ['2025-09-30', '2026-08-21'] as const;
const folders = dates.map(feedsFolder);
const skip = folders.includes(null)
  ? 'LEFT OUT: no real feeds of two dates (KVITTO_FEEDS)'
  : skipWithout([...imageTools, 'npm', 'unzip'], true);
const old = {
  axios: '0.18.0',
  dompurify: '2.0.0',
  express: '4.17.1',
  jquery: '3.4.1',
  lodash: '4.17.19',
  moment: '2.19.2',
  next: '13.0.0',
  underscore: '1.8.3',
};

/** A row as the command writes it. */
type Written = Omit<ExposureRow, 'firstKnown' | 'knownFrom' | 'knownTo'> & {
  readonly firstKnown: string;
  readonly knownFrom: string;
  readonly knownTo: string | null;
};

/** A service, what runs as it, and its Debian. */
interface Service {
  readonly name: string;
  readonly rootTar: string;
  readonly layout: string;
  readonly release: '11' | '12';
}

/** What the advisory feeds of a date say of what is installed: `component record`, and each record by its id. */
interface Told {
  readonly hits: ReadonlySet<string>;
  readonly records: ReadonlyMap<string, { readonly names: readonly string[]; readonly modified: string }>;
}

/** Read by unzip and JSON.parse, held against versions by dpkg: nothing of it is the product. */
function toldBy(feeds: string, release: string, debian: readonly Installed[], npm: readonly Installed[]): Told {
  const lists = {
    Debian: recordsOf(join(feeds, 'osv/Debian/all.zip')),
    npm: recordsOf(join(feeds, 'osv/npm/all.zip')),
  };
  const hits = new Set([
    ...expectedHits(lists.Debian, `Debian:${release}`, debian, lowerDebian),
    ...expectedHits(lists.npm, 'npm', npm, lowerNumbers),
  ]);
  const all = [...lists.Debian, ...lists.npm].map((record) => {
    const { id, aliases = [], upstream = [] } = record;
    const { modified } = record as unknown as { readonly modified: string };
    // A bulletin of Debian passes on the vulnerabilities that stand under `upstream`; any other record is one itself.
    return [
      id,
      { names: id.startsWith('DSA-') || id.startsWith('DLA-') ? upstream : [id, ...aliases], modified },
    ] as const;
  });
  return { hits, records: new Map(all) };
}

describe('the same moment, as it was known before and after the feeds moved', { skip }, () => {
  const folder = skip === false ? scratch('story') : '';
  const home = join(folder, 'home');
  let now = new Date('2025-10-01T08:00:00Z');
  const moment = Date.parse('2025-10-01T12:00:00Z');
  const rescanned = Date.parse('2026-08-22T09:00:00Z');
  const afterwards = Date.parse('2026-08-22T12:00:00Z');
  const stories: { readonly service: Service; readonly report: JsonReport; readonly told: readonly Told[] }[] = [];
  let ledger: Ledger;

  const kvitto = async (...words: string[]) => await runCommandLine(words, '0.0.0', { clock: () => now });
  const answer = (name: string) => JSON.parse(readFileSync(join(folder, name), 'utf8'));
  const exposureAt = async (service: string, asOf: number): Promise<{ readonly rows: readonly ExposureRow[] }> => {
    const times = ['--at', new Date(moment).toISOString(), '--as-of', new Date(asOf).toISOString()];
    const file = join(folder, 'exposure.json');
    assert.equal(await kvitto('exposure', service, '--env', 'prod', ...times, '-q', '-f', 'json', '-o', file), 0);
    const { rows } = answer('exposure.json') as { readonly rows: readonly Written[] };
    return {
      rows: rows.map((r) => ({
        ...r,
        firstKnown: Date.parse(r.firstKnown),
        knownFrom: Date.parse(r.knownFrom),
        knownTo: r.knownTo === null ? forever : Date.parse(r.knownTo),
      })),
    };
  };

  before(async () => {
    mkdirSync(folder, { recursive: true });
    process.env['KVITTO_HOME'] = home;
    for (const name of ['SOURCE_DATE_EPOCH', 'DATABASE_URL', 'KVITTO_ROLE']) delete process.env[name];
    const [first = '', second = ''] = folders.map((f) => f ?? '');
    const app = { from: appRoot(folder, nodeProject(folder, old, true)), to: '/srv' };
    const image = (name: string, release: '11' | '12', rootTar: string, insert: typeof app | null): Service => {
      return { name, release, rootTar, layout: ociLayout(folder, name, rootTar, insert) };
    };
    const services = [
      image('shop', '12', debianRoot('bookworm', vulnerablePackages()), app),
      image('legacy', '11', debianRoot('bullseye', []), null),
    ];
    assert.equal(await kvitto('db', 'update', '--feeds', first, '--ecosystems', 'Debian,npm', '-q'), 0);
    for (const service of services) {
      const { name, layout } = service;
      const files = ['-q', '--offline', '-f', 'json', '-o', join(folder, `${name}.json`)];
      const verdict = await kvitto('gate', `oci:${layout}:app`, '--record', '--by', 'pipeline', ...files);
      const report: JsonReport = answer(`${name}.json`);
      // 3: the feeds of that day have no severity for many of its findings.
      const expected = [name === 'shop' ? 1 : 3, true];
      assert.deepEqual([verdict, report.complete], expected, JSON.stringify([report.problems, report.verdict.reasons]));
      stories.push({ service, report, told: [] });
    }
    now = new Date('2025-10-01T10:00:00Z');
    for (const { service, report } of stories) {
      const image = `${service.name}@${report.artifact.digest}`;
      const deploy = ['deploy', service.name, '--env', 'prod', '--image', image, '--by', 'pipeline'];
      const glass = ['--break-glass', 'a firewall stands before it', '-o', join(folder, 'deploy.txt')];
      assert.equal(await kvitto(...deploy, ...glass), 0);
    }
    now = new Date('2026-08-22T09:00:00Z');
    assert.equal(await kvitto('db', 'update', '--feeds', second, '--ecosystems', 'Debian,npm', '-q'), 0);
    assert.equal(await kvitto('rescan', '--by', 'watch', '-q', '-f', 'json', '-o', join(folder, 'rescan.json')), 0);

    const options = { folder: join(home, 'ledger'), databaseUrl: null, tool: 'test', name: 'test', waitMs: 1000 };
    ledger = await openLedger({ ...options, clock: () => now, mode: 'read' });
    for (const [at, { service, report }] of stories.entries()) {
      const npm = report.components.filter(({ purl }) => purl.startsWith('pkg:npm/'));
      const installed = npm.map(({ name, version }) => ({ component: name, name, version }));
      const debian = installedDebian(service.rootTar);
      const told = [first, second].map((feeds) => toldBy(feeds, service.release, debian, installed));
      stories[at] = { service, report, told };
    }
  });
  after(async () => {
    await ledger?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Both directions: each row is in the feed of that date, and each hit of that feed is a row. */
  async function trace(
    rows: readonly ExposureRow[],
    { hits, records }: Told,
    { report, told }: (typeof stories)[number],
  ): Promise<void> {
    const names = new Map(report.components.map(({ purl, name }) => [purl, name]));
    const found = rows.flatMap((row) =>
      row.advisories.map((id) => `${names.get(row.component)} ${id} ${row.vulnerability}`),
    );
    // Each vulnerability that a record passes on is a row of its own; all names of one record are one row.
    const expected = [...hits].flatMap((hit) => {
      const [name = '', id = ''] = hit.split(' ');
      const own = records.get(id)?.names ?? [];
      const ids = /^D[SL]A-/.test(id)
        ? own.length > 0
          ? own
          : [id]
        : [own.find((n) => n.startsWith('CVE-')) ?? own[0] ?? ''];
      return ids.map((vulnerability) => `${name} ${id} ${vulnerability}`);
    });
    assert.deepEqual(found.toSorted(), [...new Set(expected)].toSorted());
    // And the record that the ledger kept for the row is the one of the feeds from which it was learned.
    const entries = await readEntries(
      ledger,
      rows.map((r) => r.source.entry),
    );
    for (const { component, vulnerability, advisories, source, knownFrom } of rows) {
      const from = told[knownFrom < rescanned ? 0 : 1]?.records;
      const entry = entries.get(source.entry);
      assert.ok(entry?.kind === 'rescanned');
      const digest = entry.documents[source.document];
      assert.ok(digest);
      const kept = readKnowledge(await ledger.documents.get(digest), digest);
      const opened = kept.opened[source.place];
      assert.deepEqual([opened?.component, opened?.id], [component, vulnerability]);
      for (const id of advisories) {
        const record = kept.records.find((r) => r.record.id === id)?.record;
        assert.equal(Date.parse(record?.modified ?? ''), Date.parse(from?.get(id)?.modified ?? ''), id);
      }
    }
  }

  const key = (r: ExposureRow) => `${r.component} ${r.vulnerability}`;
  const set = <T>(rows: readonly ExposureRow[], of: (row: ExposureRow) => T) => [...new Set(rows.map(of))];

  test('as it was known on the day: the feeds of 2025-09-30, each row in both directions', async (t) => {
    assert.equal(stories.length, 2);
    for (const story of stories) {
      const [then] = story.told;
      assert.ok(then);
      const { rows } = await exposureAt(story.service.name, moment);
      assert.ok(rows.length >= 15, `${rows.length} rows of ${story.service.name}`);
      t.diagnostic(`${story.service.name}: ${rows.length} rows`);
      await trace(rows, then, story);
      assert.deepEqual([set(rows, (r) => r.knownWhileRunning), set(rows, (r) => r.knownTo)], [[true], [forever]]);
    }
  });

  test('the same moment as it is known afterwards: the feeds of 2026-08-21', async (t) => {
    for (const story of stories) {
      const { name } = story.service;
      const [, since] = story.told;
      assert.ok(since);
      const [known, { rows }] = [await exposureAt(name, moment), await exposureAt(name, afterwards)];
      const before = new Set(known.rows.map(key));
      const believed = rows.filter((r) => r.knownTo > afterwards);
      await trace(believed, since, story);
      const learned = believed.filter((r) => !before.has(key(r)));
      assert.ok(learned.length >= 15, `${learned.length} learned since of ${name}`);
      assert.deepEqual(
        [set(learned, (r) => r.knownWhileRunning), set(learned, (r) => r.firstKnown)],
        [[false], [rescanned]],
      );
      const stayed = believed.filter((r) => before.has(key(r)));
      assert.ok(stayed.every((r) => r.firstKnown < moment && r.knownWhileRunning));
      t.diagnostic(
        `${name}: ${believed.length} rows, ${learned.length} of them learned since; ${rows.length - believed.length} taken back`,
      );
      // What was known then and is none any more is still answered for, as what it was.
      const gone = rows.filter((r) => r.knownTo <= afterwards);
      assert.deepEqual([...stayed, ...gone].map(key).toSorted(), [...before].toSorted());
      assert.deepEqual(
        set(gone, (r) => r.knownTo),
        gone.length === 0 ? [] : [rescanned],
      );
      // And what was known on the day is not changed by what came after.
      assert.deepEqual((await exposureAt(name, moment)).rows, known.rows);
    }
  });

  test('the rescan says what it changed for what runs: exactly the difference', async () => {
    const { changes, running, notRunning } = answer('rescan.json');
    const sum = (counts: Record<string, number>) => Object.values(counts).reduce((a, b) => a + b, 0);
    assert.deepEqual([sum(running), sum(notRunning)], [changes.length, 0]);
    for (const { service } of stories) {
      const { name } = service;
      const [known, afterAll] = [await exposureAt(name, moment), await exposureAt(name, afterwards)];
      const before = new Map(known.rows.map((r) => [key(r), r]));
      const believed = new Map(afterAll.rows.filter((r) => r.knownTo > afterwards).map((r) => [key(r), r]));
      const listed = (...kinds: string[]) => {
        const own = changes.filter((c: Change) => c.service === name && kinds.includes(c.kind));
        return [...new Set(own.map((c: Change) => `${c.component} ${c.vulnerability}`))].toSorted();
      };
      const form = (r: ExposureRow | undefined) =>
        JSON.stringify([r?.severity, r?.score, r?.exploited, r?.fixedIn, r?.advisories]);
      assert.deepEqual(listed('new'), [...believed.keys()].filter((k) => !before.has(k)).toSorted());
      assert.deepEqual(listed('gone', 'withdrawn'), [...before.keys()].filter((k) => !believed.has(k)).toSorted());
      assert.deepEqual(
        listed('exploited', 'severity', 'fix-available', 'changed'),
        [...before.keys()].filter((k) => believed.has(k) && form(before.get(k)) !== form(believed.get(k))).toSorted(),
      );
    }
  });
});
