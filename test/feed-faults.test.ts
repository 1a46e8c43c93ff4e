// Feeds that fail, from outside: what `db update` says of them, and that a verdict never rests on what they left to grow old.
import assert from 'node:assert/strict';
import { cpSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { osvRecord, writeFeeds, writeOsvZip } from '../src/advisories/testing/feeds-folder.ts';
import { kvitto, scratch } from './real/parts.ts';

const numbers = Array.from({ length: 40 }, (_, index) => 1000 + index);
const records = (prefix: string, ecosystem: string) =>
  numbers.map((n) => osvRecord(`${prefix}-2026-${n}`, ecosystem, `lib-${n}`, '1'));
const content = {
  osv: { npm: records('GHSA', 'npm'), PyPI: records('PYSEC', 'PyPI') },
  nvd: numbers.map((n) => ({ id: `CVE-2025-${n}` })),
  kev: numbers.map((n) => ({ cveID: `CVE-2025-${n}`, dateAdded: '2025-06-01' })),
  eukev: [{ cveID: 'CVE-2025-1000', dateReported: '2025/06/01' }],
  epss: numbers.map((n) => ({ cve: `CVE-2025-${n}`, epss: 0.5, percentile: 0.9 })),
};
const all = ['osv/PyPI', 'osv/npm', 'nvd', 'kev', 'eukev', 'epss'];
const kevFile = 'kev/known_exploited_vulnerabilities.json';

/** Midday of a day of the test. */
const day = (n: number) => `2026-03-${String(n).padStart(2, '0')}T12:00:00.000Z`;
const at = (n: number) => ({ SOURCE_DATE_EPOCH: String(Date.parse(day(n)) / 1000) });

describe('feeds that fail', () => {
  const folder = scratch('feed-faults');
  const base = join(folder, 'feeds');
  const sound = join(folder, 'sound');
  const boms = { npm: join(folder, 'npm.json'), pypi: join(folder, 'pypi.json') };
  let home = '';
  let homes = 0;

  before(() => {
    writeFeeds(sound, content);
    for (const [type, file] of Object.entries(boms)) {
      const components = [{ type: 'library', name: 'lib-1000', version: '2', purl: `pkg:${type}/lib-1000@2` }];
      writeFileSync(file, JSON.stringify({ bomFormat: 'CycloneDX', specVersion: '1.6', components }));
    }
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** A store of the sound feeds, as they were confirmed on the first day. */
  const start = () => {
    homes += 1;
    home = join(folder, `home-${homes}`);
    rmSync(base, { recursive: true, force: true });
    cpSync(sound, base, { recursive: true });
    const { status, stderr } = update(1);
    assert.equal(status, 0, stderr);
  };
  /** An update on a day on which the mirror confirmed all its feeds. */
  const update = (today: number, ...flags: string[]) => {
    const feeds = Object.fromEntries(all.map((id) => [id, { asOf: day(today) }]));
    writeFileSync(join(base, 'mirror.json'), JSON.stringify({ format: 1, feeds, files: {} }));
    return kvitto(['db', 'update', '--feeds', base, ...flags], { home, env: at(today) });
  };
  const status = () => JSON.parse(kvitto(['db', 'status', '-f', 'json', '--verify'], { home }).stdout);
  const verdict = (command: 'scan' | 'gate', bom: keyof typeof boms, today: number) => {
    const args = [command, boms[bom], '-f', 'json', '--offline', '--max-db-age', '5d'];
    const done = kvitto(args, { home, cwd: folder, env: at(today) });
    const { verdict: said, problems, complete } = JSON.parse(done.stdout);
    const where = problems.map((p: { code: string; where: string }) => `${p.code} ${p.where}`);
    return { status: done.status, kind: said.kind, reasons: said.reasons, where, complete };
  };
  const pass = { status: 0, kind: 'pass', reasons: [], where: [], complete: true };
  const cannotSay = (feeds: string[], asOf: string) => ({
    status: 3,
    kind: 'cannot-say',
    reasons: [`the advisory data is older than 5 days (${feeds.join(', ')} as of ${asOf}); run: kvitto db update`],
    where: feeds.map((feed) => `store-stale ${feed}`),
    complete: false,
  });

  test('db update says which failed, why, with both numbers and the remedy; the others are taken; exit code 4', () => {
    start();
    const { snapshot: former } = status();
    writeFeeds(base, {
      kev: content.kev.slice(10),
      epss: content.epss.map((row) => ({ ...row, epss: 0.25 })),
      eukev: [],
      osv: { npm: content.osv.npm.map((record) => ({ ...record, affected: 7 })) },
    });
    truncateSync(join(base, 'osv/PyPI/all.zip'), 700);
    const done = update(2);
    const { snapshot } = status();
    const stays = `its former state (${day(1)}) stays in use`;
    const accept = 'if it is meant to be so: kvitto db update --accept';
    const [pypi = '', npm, ...others] = done.stdout.split('\n');
    assert.match(pypi, /^osv\/PyPI {2}failed {5}40 records {2}invalid: osv\/PyPI\/all\.zip \S.*; its former state/);
    assert.deepEqual(
      [npm, ...others],
      [
        `osv/npm   failed     40 records  form changed: osv/npm/all.zip is no feed of npm: none of its 40 records is about npm (GHSA-2026-1000: \`affected\` is not a list); ${stays}`,
        'nvd       unchanged  40 records',
        `kev       failed     40 records  shrunk: kev holds 30 records and held 40: 25 % fewer, and more than 20 % at once is not believed; ${stays}; ${accept} kev`,
        `eukev     failed     1 record  invalid: eukev holds no record; ${stays}`,
        'epss      updated    40 records',
        `snapshot ${snapshot.digest}`,
        '',
      ],
    );
    assert.equal(done.status, 4);
    assert.equal(done.stderr, '');
    // Only what was taken, or confirmed, is of today.
    const fresh = (id: string) => id === 'epss' || id === 'nvd';
    assert.deepEqual(
      snapshot.feeds.map(({ id, asOf }: { id: string; asOf: string }) => [id, asOf]),
      former.feeds.map(({ id }: { id: string }) => [id, day(fresh(id) ? 2 : 1)]),
    );
  });

  test('--accept takes a feed that shrank, that one alone; 2 for a feed that the update has not', () => {
    start();
    writeFeeds(base, { kev: content.kev.slice(10), epss: content.epss.slice(10) });
    const done = update(2, '--accept', 'kev');
    const shrunk = 'holds 30 records and held 40: 25 % fewer, and more than 20 % at once is not believed';
    assert.deepEqual(done.stdout.split('\n').slice(3, 6), [
      `kev       updated    30 records  accepted: kev ${shrunk}`,
      'eukev     unchanged  1 record',
      `epss      failed     40 records  shrunk: epss ${shrunk}; its former state (${day(1)}) stays in use; if it is meant to be so: kvitto db update --accept epss`,
    ]);
    assert.equal(done.status, 4);
    assert.equal(update(3, '--accept', 'kev,epss').status, 0);
    const wrong = update(3, '--accept', 'kvitto');
    assert.equal(wrong.status, 2);
    assert.match(wrong.stderr, /"kvitto" cannot be accepted: it is no feed of this update/);
  });

  test('under a store that nobody updates, scan and gate cannot say', () => {
    start();
    for (const command of ['scan', 'gate'] as const) {
      assert.deepEqual(verdict(command, 'npm', 6), pass);
      assert.deepEqual(verdict(command, 'npm', 7), cannotSay(['epss', 'eukev', 'kev', 'nvd', 'osv/npm'], '2026-03-01'));
    }
  });

  test('one feed that fails for longer than the age allowed is enough, where the answer rests on it', () => {
    start();
    writeOsvZip(base, 'npm', content.osv.npm.slice(0, 20));
    for (const today of [3, 5, 7]) assert.equal(update(today).status, 4);
    for (const command of ['scan', 'gate'] as const) {
      assert.deepEqual(verdict(command, 'npm', 7), cannotSay(['osv/npm'], '2026-03-01'));
      assert.deepEqual(verdict(command, 'pypi', 7), pass);
    }
    cpSync(join(sound, 'osv/npm/all.zip'), join(base, 'osv/npm/all.zip'));
    assert.equal(update(7).status, 0);
    for (const command of ['scan', 'gate'] as const) assert.deepEqual(verdict(command, 'npm', 7), pass);
  });

  test('what is known to be exploited concerns every answer', () => {
    start();
    const text = readFileSync(join(base, kevFile), 'utf8');
    writeFileSync(join(base, kevFile), text.replaceAll('"cveID"', '"cveId"'));
    assert.equal(update(7).status, 4);
    for (const command of ['scan', 'gate'] as const) {
      for (const bom of ['npm', 'pypi'] as const)
        assert.deepEqual(verdict(command, bom, 7), cannotSay(['kev'], '2026-03-01'));
    }
  });
});
