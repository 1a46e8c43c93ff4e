// What record and rescan must do, on any database.
import assert from 'node:assert/strict';
import { readKnowledge } from '../../src/ledger/read-documents.ts';
import { decide } from '../../src/ledger/record/decide.ts';
import type { Advisory } from '../../src/model/advisory.ts';
import type { ChangeKind } from '../../src/watch/changes.ts';
import { rescan } from '../../src/watch/rescan.ts';
import { dayOf, factsOf, type SmallLedger } from '../../src/watch/testing/small-ledger.ts';
import { a, b, below, day, scanAt, store, testsOn } from './watch-stage.ts';

const none: Record<ChangeKind, number> = {
  exploited: 0,
  new: 0,
  severity: 0,
  'fix-available': 0,
  changed: 0,
  withdrawn: 0,
  gone: 0,
};

export function watchContract(database: string, open: () => Promise<SmallLedger>): void {
  const on = testsOn(database, open);

  on('a rescan matches only what changed, and says what it changed for what runs', async (small) => {
    const first = store(0, { npm: { a: [below('CVE-2026-0001', '2.0.0')], b: [below('CVE-2026-0002', '2.0.0')] } });
    const recorded = await small.record('shop', [a('1.0.0'), b('1.0.0'), 'pkg:npm/quiet@1.0.0'], first);
    assert.deepEqual(
      { ...recorded.rescanned, documents: recorded.rescanned?.documents.length },
      {
        kind: 'rescanned',
        snapshot: first.snapshot.digest,
        scope: recorded.rescanned?.scope,
        components: 3,
        opened: 2,
        closed: 0,
        problems: 0,
        documents: 1,
        part: null,
      },
    );
    await small.record('idle', [a('1.5.0')], first);
    small.now = dayOf(1);
    const deployment = await small.deploy('shop', 'shop');
    const unchanged = await scanAt(small, 2, first);
    assert.deepEqual([unchanged.assessed, unchanged.rescanned.opened, unchanged.rescanned.documents], [0, 0, []]);
    const second = store(
      3,
      {
        npm: {
          a: [below('CVE-2026-0001', '2.0.0'), below('CVE-2026-0003', '1.8.0')],
          b: [below('CVE-2026-0002', '2.0.0', { withdrawn: day(3) })],
        },
      },
      [factsOf('CVE-2026-0001', 9.8, true)],
    );
    const done = await scanAt(small, 3, second);
    assert.equal(done.assessed, 3);
    const where = { service: 'shop', environment: 'prod', deployment, artifact: recorded.rescanned?.scope };
    const unknown = { severity: 'unknown', score: null, exploited: false, fixedIn: '2.0.0' } as const;
    const old = { ...unknown, advisories: ['CVE-2026-0001'] };
    const now = { ...old, severity: 'critical', score: 9.8, exploited: true };
    const fresh = { ...unknown, fixedIn: '1.8.0', advisories: ['CVE-2026-0003'] };
    const back = { ...unknown, advisories: ['CVE-2026-0002'] };
    const one = { ...where, component: a('1.0.0'), vulnerability: 'CVE-2026-0001', before: old, after: now };
    assert.deepEqual(done.changes, {
      listed: [
        { ...one, kind: 'exploited' },
        { ...one, kind: 'severity' },
        { ...one, vulnerability: 'CVE-2026-0003', kind: 'new', before: null, after: fresh },
        {
          ...where,
          component: b('1.0.0'),
          vulnerability: 'CVE-2026-0002',
          kind: 'withdrawn',
          before: back,
          after: null,
        },
      ],
      running: { ...none, exploited: 1, severity: 1, new: 1, withdrawn: 1 },
      notRunning: { ...none, exploited: 1, severity: 1, new: 1 },
    });
    assert.deepEqual(await small.known(), [
      `${a('1.0.0')} CVE-2026-0001 critical 9.8 exploited <2.0.0 [CVE-2026-0001] day 0`,
      `${a('1.0.0')} CVE-2026-0003 unknown - <1.8.0 [CVE-2026-0003] day 3`,
      `${a('1.5.0')} CVE-2026-0001 critical 9.8 exploited <2.0.0 [CVE-2026-0001] day 0`,
      `${a('1.5.0')} CVE-2026-0003 unknown - <1.8.0 [CVE-2026-0003] day 3`,
    ]);
    assert.deepEqual(await small.known(dayOf(2)), [
      `${a('1.0.0')} CVE-2026-0001 unknown - <2.0.0 [CVE-2026-0001] day 0`,
      `${a('1.5.0')} CVE-2026-0001 unknown - <2.0.0 [CVE-2026-0001] day 0`,
      `${b('1.0.0')} CVE-2026-0002 unknown - <2.0.0 [CVE-2026-0002] day 0`,
    ]);
    assert.equal((await scanAt(small, 4, second)).assessed, 0);
    assert.equal((await scanAt(small, 4, second, { full: true })).assessed, 4);
    assert.equal((await scanAt(small, 4, second, { full: true })).rescanned.opened, 0);
  });

  on('a vulnerability keeps its age when its name changes, and loses it in a gap', async (small) => {
    const ghsa = (parts: Partial<Advisory> = {}) => ({ npm: { a: [below('GHSA-aaaa-bbbb-cccc', '2.0.0', parts)] } });
    await small.record('one', [a('1.0.0')], store(0, ghsa()));
    const form = 'unknown - <2.0.0 [GHSA-aaaa-bbbb-cccc]';
    const named = await scanAt(small, 1, store(1, ghsa({ aliases: ['CVE-2026-0001'] })));
    assert.deepEqual(await small.known(), [`${a('1.0.0')} CVE-2026-0001 ${form} day 0`]);
    assert.deepEqual(named.changes.notRunning, { ...none, changed: 1 });
    await scanAt(small, 2, store(2, ghsa()));
    assert.deepEqual(await small.known(), [`${a('1.0.0')} GHSA-aaaa-bbbb-cccc ${form} day 0`]);
    // Another alias of the same id is learned as well, though nothing else changed.
    await scanAt(small, 3, store(3, ghsa({ aliases: ['OSV-2026-1'] })));
    const names = await small.ledger.reader.selectFrom('vulnerability_name').select('name').orderBy('name').execute();
    assert.deepEqual([...new Set(names.map((n) => n.name))].sort(), [
      'CVE-2026-0001',
      'GHSA-aaaa-bbbb-cccc',
      'OSV-2026-1',
    ]);
    await scanAt(small, 4, store(4, { npm: { a: [] } }));
    assert.deepEqual(await small.known(), []);
    await scanAt(small, 5, store(5, ghsa()));
    assert.deepEqual(await small.known(), [`${a('1.0.0')} GHSA-aaaa-bbbb-cccc ${form} day 5`]);
    assert.deepEqual(await small.known(dayOf(4)), []);
    assert.deepEqual(await small.known(dayOf(3)), [`${a('1.0.0')} GHSA-aaaa-bbbb-cccc ${form} day 0`]);
  });

  on('recording one artifact leaves no stale severity on another that shares the vulnerability', async (small) => {
    const osv = { npm: { a: [below('CVE-2026-0001', '2.0.0')], b: [below('CVE-2026-0001', '2.0.0')] } };
    await small.record('one', [a('1.0.0')], store(0, osv, [factsOf('CVE-2026-0001', 5)]));
    small.now = dayOf(1);
    const newer = store(1, osv, [factsOf('CVE-2026-0001', 9)]);
    await small.record('two', [b('1.0.0')], newer);
    await scanAt(small, 2, newer);
    assert.deepEqual(await small.known(), [
      `${a('1.0.0')} CVE-2026-0001 critical 9 <2.0.0 [CVE-2026-0001] day 0`,
      `${b('1.0.0')} CVE-2026-0001 critical 9 <2.0.0 [CVE-2026-0001] day 1`,
    ]);
    // And the way back: what was recorded under the middle store is not left behind.
    const back = store(3, osv, [factsOf('CVE-2026-0001', 5)]);
    small.now = dayOf(3);
    await small.record('three', [b('1.1.0')], back);
    await scanAt(small, 4, store(4, osv, [factsOf('CVE-2026-0001', 9)]));
    assert.deepEqual(
      (await small.known()).map((line) => line.split(' ').slice(2, 4).join(' ')),
      ['critical 9', 'critical 9', 'critical 9'],
    );
  });

  on('the severity of another name of a vulnerability counts', async (small) => {
    const osv = { npm: { a: [below('CVE-2026-0001', '2.0.0', { aliases: ['CVE-2026-0002'] })] } };
    await small.record('one', [a('1.0.0')], store(0, osv));
    await scanAt(small, 1, store(1, osv, [factsOf('CVE-2026-0002', 9)]));
    assert.deepEqual(await small.known(), [`${a('1.0.0')} CVE-2026-0001 critical 9 <2.0.0 [CVE-2026-0001] day 0`]);
    assert.equal((await scanAt(small, 2, store(2, osv, [factsOf('CVE-2026-0002', 9)]))).assessed, 0);
  });

  on('an artifact that is recorded again with another inventory, or without a store', async (small) => {
    const osv = { npm: { a: [below('CVE-2026-0001', '2.0.0')], b: [below('CVE-2026-0002', '2.0.0')] } };
    assert.equal((await small.record('one', [a('1.0.0')], null)).rescanned, null);
    assert.deepEqual(await small.known(), []);
    await scanAt(small, 1, store(1, osv));
    assert.equal((await small.known()).length, 1);
    // Under a name that was asked for already; nothing was asked of the store for this version.
    await small.record('two', [a('1.2.0')], null);
    await small.deploy('shop', 'one');
    small.now = dayOf(2);
    const again = await small.record('one', [b('1.0.0')], store(1, osv));
    assert.deepEqual([again.known, again.appended.count], [false, 3]);
    assert.deepEqual((await small.record('one', [b('1.0.0')], store(1, osv))).known, true);
    const related = await small.ledger.reader
      .selectFrom('artifact_component as ac')
      .innerJoin('component as c', 'c.id', 'ac.component')
      .select(['c.purl', 'ac.known_from', 'ac.known_to'])
      .where('ac.artifact', '=', 1)
      .orderBy('ac.known_from')
      .execute();
    assert.deepEqual(
      related.map((r) => [r.purl, r.known_from, r.known_to > dayOf(100) ? null : r.known_to]),
      [
        [a('1.0.0'), dayOf(0), dayOf(2)],
        [b('1.0.0'), dayOf(2), null],
      ],
    );
    // What no artifact has any more is kept up to date: it was deployed once.
    const done = await scanAt(small, 3, store(3, osv, [factsOf('CVE-2026-0001', 9), factsOf('CVE-2026-0002', 9)]));
    assert.deepEqual(await small.known(), [
      `${a('1.0.0')} CVE-2026-0001 critical 9 <2.0.0 [CVE-2026-0001] day 1`,
      `${a('1.2.0')} CVE-2026-0001 critical 9 <2.0.0 [CVE-2026-0001] day 3`,
      `${b('1.0.0')} CVE-2026-0002 critical 9 <2.0.0 [CVE-2026-0002] day 2`,
    ]);
    assert.deepEqual(done.changes.running, { ...none, severity: 1 });
    assert.deepEqual(done.changes.notRunning, { ...none, severity: 1, new: 1 });
  });

  on('recorders and rescans at once', async (small) => {
    const osv = { npm: { a: [below('CVE-2026-0001', '2.0.0')], b: [below('CVE-2026-0002', '2.0.0')] } };
    const [first, second] = [store(0, osv), store(1, osv, [factsOf('CVE-2026-0001', 9), factsOf('CVE-2026-0002', 9)])];
    await small.record('zero', [a('1.0.0')], first);
    const other = await small.again();
    small.now = dayOf(1);
    await Promise.all([
      ...[1, 2, 3, 4].map((n) => small.record(`image-${n}`, [a(`1.${n}.0`), b('1.0.0')], n % 2 === 0 ? first : second)),
      rescan(other, second, 'watch'),
      rescan(small.ledger, second, 'watch'),
    ]);
    await rescan(other, second, 'watch');
    assert.deepEqual(await small.known(), [
      `${a('1.0.0')} CVE-2026-0001 critical 9 <2.0.0 [CVE-2026-0001] day 0`,
      ...[1, 2, 3, 4].map((n) => `${a(`1.${n}.0`)} CVE-2026-0001 critical 9 <2.0.0 [CVE-2026-0001] day 1`),
      `${b('1.0.0')} CVE-2026-0002 critical 9 <2.0.0 [CVE-2026-0002] day 1`,
    ]);
  });

  on('a decision whose time ran out is said to be over once', async (small) => {
    const osv = { npm: { a: [below('CVE-2026-0001', '2.0.0')] } };
    await small.record('one', [a('1.0.0')], store(0, osv));
    const request = { vulnerability: 'CVE-2026-0001', aliases: [], service: null, environment: null, component: null };
    const status = { status: 'affected', justification: null, originalJustification: null, action: null } as const;
    const rest = { owner: 'platform', approvedBy: null, from: null, until: dayOf(2), evidence: [], artifact: null };
    const { ids } = await decide(
      small.ledger,
      [{ ...request, ...status, ...rest, reason: 'we update in January' }],
      { fourEyes: [], longestMs: dayOf(400) },
      { actor: 'platform', source: 'command' },
    );
    assert.deepEqual((await scanAt(small, 1, store(1, osv))).expired, []);
    const done = await scanAt(small, 3, store(1, osv));
    assert.deepEqual([done.expired, done.appended.count], [ids, 2]);
    assert.deepEqual((await scanAt(small, 4, store(1, osv))).expired, []);
  });

  on('a large pass is cut into documents of bounded size', async (small) => {
    const names = Array.from({ length: 30 }, (_, n) => `n${n}`);
    const records = Array.from({ length: 100 }, (_, n) => below(`CVE-2026-${1000 + n}`, '2000.0.0'));
    const osv = { npm: Object.fromEntries(names.map((name) => [name, records])) };
    const purls = names.flatMap((name) => Array.from({ length: 8 }, (_, n) => `pkg:npm/${name}@1.${n}.0`));
    const { rescanned } = await small.record('large', purls, store(0, osv));
    assert.equal(rescanned?.opened, 24_000);
    const sizes: number[] = [];
    for (const digest of rescanned?.documents ?? []) {
      const { opened, records: kept } = readKnowledge(await small.ledger.documents.get(digest), digest);
      sizes.push(opened.length);
      assert.equal(kept.length, 100 * new Set(kept.map((r) => r.name)).size);
    }
    assert.deepEqual(sizes, [5_000, 5_000, 5_000, 5_000, 4_000]);
    assert.equal((await small.known()).length, 24_000);
  });
}
