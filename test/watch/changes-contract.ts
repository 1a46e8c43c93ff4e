// What is told of what runs: every kind of change, once, with what was before and what is after.
import assert from 'node:assert/strict';
import { decide } from '../../src/ledger/record/decide.ts';
import { deploy } from '../../src/ledger/record/deploy.ts';
import { observe } from '../../src/ledger/record/observe.ts';
import { advisory, facts, range } from '../../src/match/testing/memory-store.ts';
import type { VulnerabilityFacts } from '../../src/model/advisory.ts';
import type { ChangeEvent, KnownState, KvittoEvent } from '../../src/model/event.ts';
import type { ObservedContainer } from '../../src/model/observation.ts';
import { type ConditionRequest, recordConditions } from '../../src/watch/conditions/conditions.ts';
import { eventsOf } from '../../src/watch/events/events.ts';
import { rescan } from '../../src/watch/rescan.ts';
import { dayOf, digestOf, factsOf, type SmallLedger } from '../../src/watch/testing/small-ledger.ts';
import { a, b, below, day, store, testsOn } from '../ledger/watch-stage.ts';

const dayMs = 86_400_000;
const settings = { maxDbAgeMs: 5 * dayMs, scanOverdueMs: 2 * dayMs, epss: 0.3 };

/** All events of the entries from one on. */
async function told(small: SmallLedger, from: number): Promise<KvittoEvent[]> {
  const { size } = await small.ledger.state();
  const events: KvittoEvent[] = [];
  for (let entry = from; entry < size; entry++) {
    for await (const event of eventsOf(small.ledger, entry)) events.push(event);
  }
  return events;
}

const changesIn = (events: readonly KvittoEvent[]): ChangeEvent[] => events.filter((e) => e.type === 'change');

const inShort = (s: KnownState | null) =>
  s === null
    ? '-'
    : `${s.severity} ${s.score ?? '-'}${s.exploited ? ' exploited' : ''} <${s.fixedIn ?? ''} ${s.advisories.join(' ')}`;

/** One line for each change. */
const lines = (events: readonly KvittoEvent[]) =>
  changesIn(events).map(
    (c) =>
      `${c.change}${c.state === 'ended' ? ' ended' : ''} ${c.service ?? '*'}/${c.environment ?? '*'} ${c.subject}${c.component === null ? '' : ` ${c.component}`} | ${inShort(c.before)} | ${inShort(c.after)}`,
  );

const likely = (id: string, probability: number): VulnerabilityFacts =>
  facts(id, { epss: { probability, percentile: 0.9 }, severity: factsOf(id, 5).severity });

const noFix = (id: string) => advisory(id, { affected: [range('SEMVER', 'introduced 0')] });

function container(parts: Partial<ObservedContainer>): ObservedContainer {
  return {
    id: '0'.repeat(64),
    name: 'shop-1',
    image: 'shop:1',
    configDigest: digestOf('config'),
    manifestDigests: [digestOf('shop')],
    labels: { 'kvitto.service': 'shop', 'kvitto.environment': 'prod' },
    startedAt: day(0),
    changes: [],
    moreChanges: 0,
    problems: [],
    ...parts,
  };
}

const decisionAsked = {
  aliases: [],
  service: 'shop',
  environment: null,
  component: null,
  artifact: null,
  status: 'not_affected',
  justification: 'vulnerable_code_not_in_execute_path',
  originalJustification: null,
  reason: 'the function is never called',
  action: null,
  owner: 'team-shop',
  approvedBy: null,
  from: null,
  evidence: [],
} as const;

export function changesContract(database: string, open: () => Promise<SmallLedger>): void {
  const on = testsOn(database, open);
  const conditions = (parts: Partial<ConditionRequest>): ConditionRequest => ({
    store: null,
    feeds: null,
    settings,
    silentSince: null,
    actor: 'watch',
    ...parts,
  });

  on('what becomes different in what is known, for each service once', async (small) => {
    const npm = {
      a: [
        noFix('CVE-2026-0001'),
        below('CVE-2026-0002', '2.0.0'),
        below('CVE-2026-0003', '2.0.0'),
        below('CVE-2026-0004', '2.0.0'),
        below('CVE-2026-0005', '2.0.0'),
        below('CVE-2026-0006', '2.0.0'),
        below('CVE-2026-0007', '2.0.0'),
        below('CVE-2026-0009', '2.0.0'),
      ],
      b: [],
    };
    const scored = [factsOf('CVE-2026-0002', 5), factsOf('CVE-2026-0003', 9.8), factsOf('CVE-2026-0006', 7.5)];
    const first = store(0, { npm }, [...scored, likely('CVE-2026-0009', 0.01)]);
    await small.record('shop', [a('1.0.0'), b('1.0.0')], first);
    await small.record('other', [a('1.0.0')], first);
    await small.record('idle', [a('1.5.0')], first);
    await small.deploy('shop', 'shop');
    // A thousand containers are one deployment; two deployments of one service are one change.
    const again = { service: 'shop', environment: 'prod', artifact: digestOf('other'), image: null, at: null };
    await deploy(small.ledger, { ...again, change: null, run: null, actor: 'x', breakGlass: null, alongside: true });
    await small.deploy('api', 'other');
    small.now = dayOf(1);
    await rescan(small.ledger, first, 'watch');
    await recordConditions(small.ledger, conditions({ store: first }));
    const before = (await small.ledger.state()).size;

    const npmLater = {
      a: [
        below('CVE-2026-0001', '1.9.0'),
        below('CVE-2026-0002', '2.0.0'),
        below('CVE-2026-0003', '2.0.0'),
        below('CVE-2026-0004', '2.0.0', { withdrawn: day(2) }),
        below('CVE-2026-0006', '2.0.0'),
        below('CVE-2026-0007', '3.0.0'),
        below('CVE-2026-0008', '2.0.0', { published: day(1), summary: 'a new one' }),
        below('CVE-2026-0009', '2.0.0'),
        below('CVE-2026-0010', '2.0.0'),
      ],
      b: [],
    };
    const second = store(2, { npm: npmLater }, [
      factsOf('CVE-2026-0002', 9.1),
      factsOf('CVE-2026-0003', 5),
      factsOf('CVE-2026-0006', 7.5, true),
      likely('CVE-2026-0009', 0.93),
      // Over the bound when it becomes known: told as new, not as crossed.
      likely('CVE-2026-0010', 0.95),
    ]);
    small.now = dayOf(2);
    await rescan(small.ledger, second, 'watch');
    await recordConditions(small.ledger, conditions({ store: second }));
    const events = await told(small, before);
    const expected = (place: string) =>
      [
        `fix-available ${place} CVE-2026-0001 ${a('1.0.0')} | unknown - < CVE-2026-0001 | unknown - <1.9.0 CVE-2026-0001`,
        `severity-up ${place} CVE-2026-0002 ${a('1.0.0')} | medium 5 <2.0.0 CVE-2026-0002 | critical 9.1 <2.0.0 CVE-2026-0002`,
        `severity-down ${place} CVE-2026-0003 ${a('1.0.0')} | critical 9.8 <2.0.0 CVE-2026-0003 | medium 5 <2.0.0 CVE-2026-0003`,
        `withdrawn ${place} CVE-2026-0004 ${a('1.0.0')} | unknown - <2.0.0 CVE-2026-0004 | -`,
        `gone ${place} CVE-2026-0005 ${a('1.0.0')} | unknown - <2.0.0 CVE-2026-0005 | -`,
        `exploited ${place} CVE-2026-0006 ${a('1.0.0')} | high 7.5 <2.0.0 CVE-2026-0006 | high 7.5 exploited <2.0.0 CVE-2026-0006`,
        `changed ${place} CVE-2026-0007 ${a('1.0.0')} | unknown - <2.0.0 CVE-2026-0007 | unknown - <3.0.0 CVE-2026-0007`,
        `new ${place} CVE-2026-0008 ${a('1.0.0')} | - | unknown - <2.0.0 CVE-2026-0008`,
        `epss ${place} CVE-2026-0009 ${a('1.0.0')} | - | -`,
        `new ${place} CVE-2026-0010 ${a('1.0.0')} | - | medium 5 <2.0.0 CVE-2026-0010`,
      ] as const;
    assert.deepEqual(lines(events).toSorted(), [...expected('api/prod'), ...expected('shop/prod')].toSorted());
    const fresh = changesIn(events).find((c) => c.subject === 'CVE-2026-0008' && c.service === 'shop');
    assert.deepEqual(
      {
        ...{ vulnerability: fresh?.vulnerability, deployments: fresh?.deployments, artifacts: fresh?.artifacts },
        ...{ since: fresh?.since, deployment: fresh?.deployment, at: fresh?.at },
      },
      {
        vulnerability: {
          ...{ id: 'CVE-2026-0008', aliases: [], published: day(1), summary: 'a new one', ratedBy: 'none' },
          ...{ vector: null, exploitation: [], epss: null },
        },
        ...{ deployments: 2, artifacts: 2, since: day(0), deployment: fresh?.deployment, at: day(2) },
      },
    );
    const epss = changesIn(events).find((c) => c.change === 'epss');
    assert.deepEqual([epss?.detail['before'], epss?.detail['probability'], epss?.detail['bound']], [0.01, 0.93, 0.3]);
    // Ids are stable, unlike each other, and lead back.
    assert.deepEqual(await told(small, before), events);
    assert.equal(new Set(events.map((e) => e.id)).size, events.length);

    const after = (await small.ledger.state()).size;
    small.now = dayOf(3);
    await rescan(small.ledger, second, 'watch');
    assert.equal((await recordConditions(small.ledger, conditions({ store: second }))).appended, null);
    assert.deepEqual(lines(await told(small, after)), []);
    // What is asked for again later says what ran then, not what runs now.
    await small.deploy('late', 'other');
    assert.deepEqual(await told(small, before).then((all) => all.slice(0, events.length)), events);
  });

  on('decisions that run out: 14, 7 and 1 days before, and when they have', async (small) => {
    const first = store(0, { npm: { a: [below('CVE-2026-0001', '2.0.0')] } });
    await small.record('shop', [a('1.0.0')], first);
    await small.deploy('shop', 'shop');
    const request = { ...decisionAsked, vulnerability: 'CVE-2026-0001', until: dayOf(30) };
    const demands = { fourEyes: [], longestMs: 400 * dayMs };
    const { ids } = await decide(small.ledger, [request], demands, { actor: 'team-shop', source: 'command' });
    const seen: string[] = [];
    for (const at of [1, 15, 16, 17, 22, 23, 24, 28, 29, 29.5, 30, 31]) {
      const from = (await small.ledger.state()).size;
      small.now = dayOf(at);
      await rescan(small.ledger, first, 'watch');
      await recordConditions(
        small.ledger,
        conditions({ store: first, settings: { ...settings, maxDbAgeMs: 99 * dayMs } }),
      );
      for (const c of changesIn(await told(small, from)))
        seen.push(`day ${at}: ${c.change} ${c.state} ${c.service} ${c.subject} ${c.detail['daysLeft']}`);
    }
    assert.deepEqual(seen, [
      `day 16: decision-expiring began shop ${ids[0]} 14`,
      `day 23: decision-expiring began shop ${ids[0]} 7`,
      `day 29: decision-expiring began shop ${ids[0]} 1`,
      `day 30: decision-expired began shop ${ids[0]} 0`,
      `day 30: decision-expiring ended shop ${ids[0]} 1`,
    ]);
  });

  on('a release reaches its end, feeds fail and are stale, a scan is overdue, nobody watched', async (small) => {
    const deb = 'pkg:deb/debian/zlib@1.0?arch=amd64&distro=debian-11';
    const osv = { 'Debian:11': { zlib: [] }, npm: { a: [] } };
    await small.record('shop', [deb, a('1.0.0')], store(0, osv));
    await small.deploy('shop', 'shop');
    const look = async (
      at: number,
      of: ReturnType<typeof store> | null,
      parts: Partial<ConditionRequest>,
      scan = true,
    ) => {
      const from = (await small.ledger.state()).size;
      small.now = dayOf(at);
      if (of !== null && scan) await rescan(small.ledger, of, 'watch');
      await recordConditions(small.ledger, conditions({ store: of, ...parts }));
      return lines(await told(small, from)).map((l) => l.replace(' | - | -', ''));
    };
    assert.deepEqual(await look(200, store(200, osv), { feeds: [] }), []);
    const failed = [
      { id: 'kev', state: 'failed', why: 'shrunk', message: 'has 10 records instead of 1,500' },
      { id: 'nvd', state: 'unchanged' },
    ] as const;
    // Debian 11: until the 31st of August.
    assert.deepEqual(await look(243, store(243, osv), { feeds: failed }), [
      'end-of-life shop/prod Debian:11',
      'feed-failed */* kev',
    ]);
    // Without an update, nothing is said of what failed.
    assert.deepEqual(await look(244, store(243, osv), {}), []);
    assert.deepEqual(await look(249, store(243, osv), { feeds: [] }, false), [
      'feed-stale */* kev',
      'feed-stale */* nvd',
      'feed-stale */* osv/Debian',
      'feed-stale */* osv/npm',
      'scan-overdue */* *',
      'feed-failed ended */* kev',
    ]);
    assert.deepEqual(await look(250, null, { feeds: null, silentSince: dayOf(249) }), [
      'feed-stale */* *',
      'watch-silent */* *',
      'feed-stale ended */* kev',
      'feed-stale ended */* nvd',
      'feed-stale ended */* osv/Debian',
      'feed-stale ended */* osv/npm',
    ]);
    assert.deepEqual(await look(251, store(251, osv), { feeds: [] }), [
      'scan-overdue ended */* *',
      'feed-stale ended */* *',
      'watch-silent ended */* *',
    ]);
    assert.deepEqual(await look(252, store(251, osv), { feeds: [] }), []);
  });

  on('drift, what runs unrecorded, and what bypassed the gate', async (small) => {
    const first = store(0, { npm: { a: [] } });
    await small.record('shop', [a('1.0.0')], first);
    await small.deploy('shop', 'shop');
    const see = async (at: number, containers: readonly ObservedContainer[]) => {
      const from = (await small.ledger.state()).size;
      small.now = dayOf(at);
      const observation = { source: 'docker', at: day(at), changesAsked: true, containers, problems: [] } as const;
      const asked = { environment: 'prod', services: null, coversMs: dayMs, written: [], actor: 'host' };
      await observe(small.ledger, { ...asked, observation });
      return changesIn(await told(small, from)).map(
        (c) => `${c.change} ${c.service} ${c.detail['what']} ${c.containers} ${c.detail['paths']}`,
      );
    };
    const byHand = container({ changes: [{ path: '/etc/passwd', kind: 'changed' }] });
    assert.deepEqual(await see(1, [container({})]), []);
    assert.deepEqual(await see(2, [byHand, { ...byHand, id: '1'.repeat(64) }]), [
      'drift shop changed-by-hand 2 changed /etc/passwd',
    ]);
    assert.deepEqual(await see(3, [byHand]), []);
    const labels = { 'kvitto.service': 'miner', 'kvitto.environment': 'prod' };
    const strange = container({ name: 'x', labels, manifestDigests: [digestOf('strange')] });
    assert.deepEqual(await see(4, [container({}), strange]), ['unrecorded-deployment miner unrecorded 1 ']);
    assert.deepEqual(await see(5, []), ['drift shop gone 0 ']);
    assert.deepEqual(await see(6, [container({ manifestDigests: [digestOf('else')], configDigest: digestOf('z') })]), [
      'unrecorded-deployment shop other-digest 1 ',
    ]);

    const from = (await small.ledger.state()).size;
    const never = { service: 'api', environment: 'prod', artifact: digestOf('never'), image: null, at: null };
    const rest = { change: null, run: null, actor: 'pipeline', alongside: false };
    await deploy(small.ledger, { ...never, ...rest, breakGlass: 'the shop was down' });
    await small.deploy('shop', 'shop');
    assert.deepEqual(
      changesIn(await told(small, from)).map((c) => `${c.change} ${c.service} ${c.detail['marks']}`),
      ['gate-bypassed api unrecorded break-glass', 'unrecorded-deployment api unrecorded break-glass'],
    );
  });
}
