// What record and rescan make of stores that lack something, or are older than others.
import assert from 'node:assert/strict';
import { readFeeds, readKnowledge } from '../../src/ledger/read-documents.ts';
import { advisory, range } from '../../src/match/testing/memory-store.ts';
import { CodedError } from '../../src/model/errors.ts';
import type { Digest } from '../../src/model/inventory.ts';
import { factsOf, type SmallLedger } from '../../src/watch/testing/small-ledger.ts';
import { a, b, below, day, p, scanAt, store, testsOn } from './watch-stage.ts';

export function storesContract(database: string, open: () => Promise<SmallLedger>): void {
  const on = testsOn(database, open);

  on('what a store does not hold stays as it is known, is told each time, and is taken up again', async (small) => {
    const npm = { a: [below('CVE-2026-0001', '2.0.0')] };
    const record = below('CVE-2026-0001', '2.0');
    await small.record('one', [a('1.0.0'), p('1.0')], store(0, { npm, PyPI: { p: [record] } }));
    const before = await small.known();
    const lacking = store(1, { npm }, [factsOf('CVE-2026-0001', 8)]);
    const done = await scanAt(small, 1, lacking);
    const problem = {
      code: 'ecosystem-not-in-store',
      where: 'PyPI',
      message:
        '1 component was not assessed: the advisory store holds no feed for it; run: kvitto db update --ecosystems PyPI',
    };
    assert.deepEqual(done.problems, [problem]);
    assert.deepEqual([done.rescanned.opened, done.rescanned.closed, done.rescanned.problems], [1, 1, 1]);
    const digest = done.rescanned.documents.at(-1);
    assert.ok(digest);
    assert.deepEqual(readKnowledge(await small.ledger.documents.get(digest), digest).problems, [problem]);
    assert.deepEqual(await small.known(), [
      `${a('1.0.0')} CVE-2026-0001 high 8 <2.0.0 [CVE-2026-0001] day 0`,
      ...before.slice(1),
    ]);
    assert.deepEqual((await scanAt(small, 2, lacking)).problems, [problem]);
    // Recorded while nothing can be said of it, under a name that was asked for before.
    assert.deepEqual((await small.record('two', [p('1.1')], lacking)).problems, [problem]);
    const whole = store(3, { npm, PyPI: { p: [record] } }, [factsOf('CVE-2026-0001', 8)]);
    await scanAt(small, 3, whole);
    assert.deepEqual(await small.known(), [
      `${a('1.0.0')} CVE-2026-0001 high 8 <2.0.0 [CVE-2026-0001] day 0`,
      `${p('1.0')} CVE-2026-0001 high 8 <2.0 [CVE-2026-0001] day 0`,
      `${p('1.1')} CVE-2026-0001 high 8 <2.0 [CVE-2026-0001] day 3`,
    ]);
    assert.equal((await scanAt(small, 4, whole)).assessed, 0);
  });

  on('a release that the store has never heard of, and an undecidable version, close nothing', async (small) => {
    const deb = 'pkg:deb/debian/zlib@1.0?distro=debian-12';
    const first = store(0, {
      'Debian:12': { zlib: [advisory('CVE-2026-0001', { affected: [range('ECOSYSTEM', 'introduced 0', 'fixed 2')] })] },
      npm: { a: [below('CVE-2026-0002', '2.0.0')] },
    });
    await small.record('one', [deb, a('1.0.0')], first);
    const before = await small.known();
    const odd = { affected: [range('SEMVER', 'introduced 0', 'fixed what?')] };
    const second = store(1, { 'Debian:13': { zlib: [] }, npm: { a: [advisory('CVE-2026-0002', odd)] } });
    const done = await scanAt(small, 1, second);
    assert.deepEqual(
      done.problems.map(({ code, where }) => [code, where]),
      [
        ['ecosystem-not-in-store', 'Debian:12'],
        ['version-not-comparable', a('1.0.0')],
      ],
    );
    assert.deepEqual(await small.known(), before);
    // Asked again as long as it is undecided, and told again.
    assert.deepEqual((await scanAt(small, 2, second)).problems, done.problems);
    await scanAt(small, 3, store(3, { 'Debian:12': { zlib: [] }, npm: { a: [] } }));
    assert.deepEqual(await small.known(), []);
  });

  on('what moved while a feed was missing is caught up with when it is back', async (small) => {
    const npm = { a: [below('CVE-2026-0001', '2.0.0')] };
    const both = { npm, PyPI: { p: [below('CVE-2026-0001', '2.0')] } };
    await small.record('one', [a('1.0.0'), p('1.0')], store(0, both));
    await scanAt(small, 1, store(1, { npm }, [factsOf('CVE-2026-0001', 8)]));
    const done = await scanAt(small, 2, store(2, both, [factsOf('CVE-2026-0001', 8)]));
    assert.equal(done.rescanned.opened, 1);
    assert.deepEqual(await small.known(), [
      `${a('1.0.0')} CVE-2026-0001 high 8 <2.0.0 [CVE-2026-0001] day 0`,
      `${p('1.0')} CVE-2026-0001 high 8 <2.0 [CVE-2026-0001] day 0`,
    ]);
    assert.equal((await scanAt(small, 3, store(3, both, [factsOf('CVE-2026-0001', 8)]))).assessed, 0);
  });

  on('what was recorded with an older store is no reason to take it for what is known of the others', async (small) => {
    const says = (fixed: string) => ({ npm: { a: [below('CVE-2026-0001', fixed)] } });
    await small.record('one', [a('1.0.0')], store(5, says('2.0.0')));
    await small.record('two', [a('1.1.0')], store(4, says('3.0.0')));
    assert.deepEqual(
      (await small.known()).map((line) => line.split(' ')[4]),
      ['<2.0.0', '<3.0.0'],
    );
    await scanAt(small, 6, store(6, says('3.0.0')));
    assert.deepEqual(
      (await small.known()).map((line) => line.split(' ')[4]),
      ['<3.0.0', '<3.0.0'],
    );
  });

  on('a version that cannot be compared is told each time, also where nothing is known of it', async (small) => {
    const odd = advisory('CVE-2026-0002', { affected: [range('SEMVER', 'introduced 0', 'fixed what?')] });
    const of = store(0, { npm: { a: [odd], b: [odd] } });
    const told = (problems: readonly { readonly where: string }[]) => problems.map((each) => each.where);
    // Of two versions of one name the first can be decided by a list.
    const listed = { ...odd, affected: odd.affected.map((each) => ({ ...each, versions: ['1.0.0'] })) };
    assert.deepEqual(told((await small.record('one', [a('1.0.0'), b('1.0.0')], of)).problems), [
      a('1.0.0'),
      b('1.0.0'),
    ]);
    assert.deepEqual(told((await scanAt(small, 1, of)).problems), [a('1.0.0'), b('1.0.0')]);
    const done = await scanAt(small, 2, store(2, { npm: { a: [listed], b: [odd] } }));
    assert.deepEqual(told(done.problems), [b('1.0.0')]);
    assert.deepEqual(await small.known(), [`${a('1.0.0')} CVE-2026-0002 unknown - < [CVE-2026-0002] day 2`]);
  });

  on('a store that is older, or lacks NVD, unlearns nothing unless it is forced to', async (small) => {
    const osv = { npm: { a: [below('CVE-2026-0001', '2.0.0')], b: [below('CVE-2026-0002', '2.0.0')] } };
    const facts = [factsOf('CVE-2026-0001', 8)];
    await small.record('one', [a('1.0.0')], store(5, osv, facts));
    const before = await small.known();
    const older = store(4, { npm: { a: [], b: osv.npm.b } }, facts);
    const refused = (pattern: RegExp) => (thrown: CodedError) => {
      assert.ok(thrown instanceof CodedError, String(thrown));
      assert.equal(thrown.code, 'usage');
      assert.match(thrown.message, pattern);
      assert.match(thrown.remedy ?? '', /db update.*--force/);
      return true;
    };
    await assert.rejects(
      scanAt(small, 6, older),
      refused(/: kev 2026-01-05 instead of 2026-01-06, nvd 2026-01-05 instead of 2026-01-06, osv\/npm 2026-01-05/),
    );
    const noFacts = store(6, osv, null);
    await assert.rejects(
      scanAt(small, 6, noFacts),
      refused(/: kev missing instead of 2026-01-06, nvd missing instead of 2026-01-06$/),
    );
    // Recording with it opens what is new, says so, and closes nothing.
    const two = await small.record('two', [a('1.0.0'), a('1.1.0'), b('1.0.0')], older);
    assert.deepEqual(
      two.problems.map(({ code, where }) => [code, where]),
      [['store-stale', 'advisory store']],
    );
    const fresh = `${b('1.0.0')} CVE-2026-0002 unknown - <2.0.0 [CVE-2026-0002] day 6`;
    assert.deepEqual(await small.known(), [...before, fresh]);
    // The next store that may speak sees all of it.
    await scanAt(small, 7, store(5, osv, facts));
    assert.deepEqual(await small.known(), [
      ...before,
      `${a('1.1.0')} CVE-2026-0001 high 8 <2.0.0 [CVE-2026-0001] day 7`,
      fresh,
    ]);
    const forced = await scanAt(small, 8, store(3, { npm: { a: [], b: [] } }, facts), { force: true });
    assert.equal(forced.rescanned.closed, 3);
    assert.deepEqual(await small.known(), []);
    await scanAt(small, 9, older);
    assert.deepEqual(await small.known(), [`${b('1.0.0')} CVE-2026-0002 unknown - <2.0.0 [CVE-2026-0002] day 9`]);
  });

  on('one feed that is older holds back its ecosystem alone; old feeds are told', async (small) => {
    const osv = { npm: { a: [below('CVE-2026-0001', '2.0.0')] }, PyPI: { p: [below('CVE-2026-0002', '2.0')] } };
    await small.record('one', [a('1.0.0'), p('1.0')], store(5, osv));
    const mixed = store(6, { npm: { a: [] }, PyPI: { p: [] } });
    const feeds = mixed.snapshot.feeds.map((f) => (f.id === 'osv/PyPI' ? { ...f, asOf: day(4) } : f));
    const done = await scanAt(small, 11, { ...mixed, snapshot: { ...mixed.snapshot, feeds } });
    assert.deepEqual(done.problems, [
      {
        code: 'store-stale',
        where: 'osv/PyPI',
        message:
          'is older than the one that was used before (2026-01-05, 2026-01-06): what is known from it stays as it is; run: kvitto db update',
      },
      {
        code: 'store-stale',
        where: 'osv/PyPI',
        message: 'was last confirmed on 2026-01-05; run: kvitto db update',
      },
    ]);
    assert.deepEqual(await small.known(), [`${p('1.0')} CVE-2026-0002 unknown - <2.0 [CVE-2026-0002] day 0`]);
    const row = await small.ledger.reader.selectFrom('snapshot').select('document').orderBy('id', 'desc').execute();
    const digest = row[0]?.document as Digest;
    const document = readFeeds(await small.ledger.documents.get(digest), digest);
    assert.deepEqual(
      document.newest.map(({ id, asOf }) => [id, asOf.slice(0, 10)]),
      [
        ['kev', '2026-01-07'],
        ['nvd', '2026-01-07'],
        ['osv/PyPI', '2026-01-06'],
        ['osv/npm', '2026-01-07'],
      ],
    );
    assert.deepEqual(
      document.feeds.map(({ id, asOf }) => [id, asOf.slice(0, 10)]),
      [
        ['kev', '2026-01-07'],
        ['nvd', '2026-01-07'],
        ['osv/PyPI', '2026-01-05'],
        ['osv/npm', '2026-01-07'],
      ],
    );
  });
}
