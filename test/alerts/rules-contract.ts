// What becomes of changes, on any database.
import assert from 'node:assert/strict';
import { processRules } from '../../src/alerts/rules/process-rules.ts';
import { raiseHeld, raiseNews } from '../../src/alerts/rules/raise.ts';
import { mostAlerts } from '../../src/ledger/apply/alerts.ts';
import type { ConditionKind, ConditionsDocument } from '../../src/ledger/document-shapes.ts';
import { decide } from '../../src/ledger/record/decide.ts';
import { stop } from '../../src/ledger/record/stop.ts';
import { putJson } from '../../src/ledger/record/text.ts';
import { eventsOf } from '../../src/watch/events/events.ts';
import { dayOf, digestOf, factsOf, type SmallLedger } from '../../src/watch/testing/small-ledger.ts';
import { a, b, below, scanAt, store, testsOn } from '../ledger/watch-stage.ts';
import { alertsOf, configOf, run, told } from './rules-stage.ts';

const hourMs = 3_600_000;
const all = configOf('alerts: [{name: all}]');

/** Two services with the same components, and nothing known of them; the rules have begun. */
async function twoServices(small: SmallLedger): Promise<void> {
  const empty = store(0, { npm: { a: [], b: [] } });
  await small.record('shop', [a('1.0.0'), b('1.0.0')], empty);
  await small.record('till', [a('1.0.0')], empty);
  await small.deploy('shop', 'shop');
  await small.deploy('till', 'till');
  const { raised, began } = await run(small, all);
  assert.deepEqual([raised, began], [0, true]);
}

const known = (n: number, fixed = '2.0.0') =>
  store(n, { npm: { a: [below('CVE-2026-0001', fixed)], b: [below('CVE-2026-0002', fixed)] } }, [
    factsOf('CVE-2026-0001', 9.8, true),
    factsOf('CVE-2026-0002', 7.5),
  ]);

export function rulesContract(database: string, open: () => Promise<SmallLedger>): void {
  const on = testsOn(database, open);

  on('what is new raises one alert for each rule and place, once; by vulnerability one for each', async (small) => {
    await twoServices(small);
    await scanAt(small, 1, known(1));
    const config = configOf(`
owners: [{service: 'sh*', owner: team-shop}, {service: '*', owner: platform}]
alerts:
  - {name: severe, severity: high, send: [mail]}
  - {name: each, by: vulnerability, services: [shop], send: []}
  - {name: mine, owners: [team-*], exploited: true, send: [log]}
  - {name: never, services: [other]}
`);
    const done = await run(small, config);
    assert.deepEqual(done, { raised: 5, escalated: 0, resolved: 0, dueAt: null, began: false });
    assert.deepEqual(await told(small), [
      'severe! shop/prod: 2 new [CVE-2026-0001 CVE-2026-0002]',
      'each! shop/prod: 1 new [CVE-2026-0001]',
      'mine! shop/prod: 1 new [CVE-2026-0001]',
      'each shop/prod: 1 new [CVE-2026-0002]',
      'severe! till/prod: 1 new [CVE-2026-0001]',
    ]);
    const [first, , mine] = await alertsOf(small);
    assert.deepEqual(
      { ...first?.document, changes: first?.document.changes.map((c) => [c.component, c.change, c.service]) },
      {
        schema: 'kvitto-alert-1',
        rule: 'severe',
        thread: first?.document.thread,
        service: 'shop',
        environment: 'prod',
        owner: 'team-shop',
        severity: 'critical',
        exploited: true,
        total: 2,
        counts: { new: 2 },
        send: ['mail'],
        message: `shop (prod): 2 new; worst: ${first?.document.changes[0]?.message}`,
        changes: [
          ['pkg:npm/a@1.0.0', 'new', 'shop'],
          ['pkg:npm/b@1.0.0', 'new', 'shop'],
        ],
        escalate: null,
      },
    );
    assert.deepEqual([mine?.document.send, mine?.document.message], [['log'], mine?.document.changes[0]?.message]);
    assert.match(first?.document.thread ?? '', /^[0-9a-f]{16}$/);
    const again = await run(small, config);
    assert.deepEqual([again.raised, (await told(small)).length], [0, 5]);
  });

  on('several processes at once raise each alert once', async (small) => {
    await twoServices(small);
    await scanAt(small, 1, known(1));
    const ledgers = [small.ledger, await small.again(), await small.again()];
    const done = await Promise.all(
      ledgers.map((ledger) => processRules(ledger, (e, from) => eventsOf(ledger, e, from), all, small.now)),
    );
    assert.equal(
      done.reduce((sum, d) => sum + d.raised, 0),
      2,
    );
    assert.deepEqual(await told(small), [
      'all! shop/prod: 2 new [CVE-2026-0001 CVE-2026-0002]',
      'all! till/prod: 1 new [CVE-2026-0001]',
    ]);
  });

  on('a pass that is too large for the memory is kept in parts, and told as if it were not', async (small) => {
    await twoServices(small);
    const ids = Array.from({ length: 60 }, (_, i) => `CVE-2026-${String(i + 1).padStart(4, '0')}`);
    const lists = { a: ids.map((id) => below(id, '2.0.0')), b: ids.slice(0, 30).map((id) => below(id, '2.0.0')) };
    await scanAt(small, 1, store(1, { npm: lists }, [factsOf('CVE-2026-0059', 9.8, true)]));
    const config = configOf('alerts: [{name: all}, {name: each, by: vulnerability, services: [till]}]');
    const { ledger } = small;
    const source = (entry: number, from: number) => eventsOf(ledger, entry, from);
    const raising = { ledger, source, config, now: small.now, actor: 'watch', mostKept: 7 };
    assert.equal(await raiseNews(raising), 0);
    assert.equal(await raiseHeld(raising), 62);
    assert.equal((await raiseNews(raising)) + (await raiseHeld(raising)), 0);
    const raised = await alertsOf(small);
    const wide = raised.filter((r) => r.rule === 'all').map(({ document: d }) => d);
    assert.deepEqual(
      wide.map((d) => [d.service, d.total, d.exploited, d.changes.length, d.changes[0]?.subject]).sort(),
      [
        ['shop', 90, true, 90, 'CVE-2026-0059'],
        ['till', 60, true, 60, 'CVE-2026-0059'],
      ],
    );
    for (const { changes } of wide) assert.equal(new Set(changes.map((c) => c.id)).size, changes.length);
    const each = raised
      .filter((r) => r.rule === 'each')
      .map(({ document: d }) => d.changes.map((c) => c.subject).join());
    assert.deepEqual(each.sort(), ids);
  });

  on('what was recorded before anybody asked raises nothing', async (small) => {
    const empty = store(0, { npm: { a: [], b: [] } });
    await small.record('shop', [a('1.0.0'), b('1.0.0')], empty);
    await small.deploy('shop', 'shop');
    await scanAt(small, 1, known(1));
    assert.deepEqual(await run(small, all), { raised: 0, escalated: 0, resolved: 0, dueAt: null, began: true });
    assert.deepEqual(await told(small), []);
  });

  on('quiet hours hold what is not exploited until they end; what is exploited brings it along', async (small) => {
    await twoServices(small);
    const config = configOf(
      "alerts: [{name: q, quiet: {from: '22:00', until: '06:00', timezone: UTC}}, {name: loud, exploited: true, changes: [new, exploited]}]",
    );
    const quietly = (n: number) => store(n, { npm: { a: [], b: [below('CVE-2026-0002', '2.0.0')] } });
    await scanAt(small, 1, quietly(1));
    const held = await run(small, config);
    assert.deepEqual([held.raised, held.dueAt], [0, dayOf(1) + 6 * hourMs]);
    small.now = dayOf(1) + 6 * hourMs - 1;
    assert.equal((await run(small, config)).raised, 0);
    small.now += 1;
    const done = await run(small, config);
    assert.deepEqual([done.raised, done.dueAt], [1, null]);
    assert.deepEqual(await told(small), ['q shop/prod: 1 new [CVE-2026-0002]']);
    // The next night: held, then something exploited comes.
    await scanAt(
      small,
      2,
      store(2, { npm: { a: [], b: [below('CVE-2026-0002', '3.0.0'), below('CVE-2026-0003', '3.0.0')] } }),
    );
    assert.deepEqual((await run(small, config)).raised, 0);
    small.now += hourMs;
    const exploited = store(
      3,
      {
        npm: {
          a: [],
          b: [below('CVE-2026-0002', '3.0.0'), below('CVE-2026-0003', '3.0.0'), below('CVE-2026-0004', '3.0.0')],
        },
      },
      [factsOf('CVE-2026-0004', 9, true)],
    );
    await scanAt(small, 2.1, exploited);
    assert.deepEqual((await run(small, config)).raised, 2);
    assert.deepEqual((await told(small)).slice(1), [
      'q! shop/prod: 1 changed, 2 new [CVE-2026-0004 CVE-2026-0003 CVE-2026-0002]',
      'loud! shop/prod: 1 new [CVE-2026-0004]',
    ]);
  });

  on('what was due while nobody was there waits again where it is quiet', async (small) => {
    await twoServices(small);
    const config = configOf("alerts: [{name: q, quiet: {from: '22:00', until: '06:00', timezone: UTC}}]");
    await scanAt(small, 1, store(1, { npm: { a: [], b: [below('CVE-2026-0002', '2.0.0')] } }));
    await run(small, config);
    small.now = dayOf(2) + hourMs;
    const late = await run(small, config);
    assert.deepEqual([late.raised, late.dueAt], [0, dayOf(2) + 6 * hourMs]);
    small.now = dayOf(2) + 6 * hourMs;
    assert.equal((await run(small, config)).raised, 1);
  });

  on('every: one alert of a thread in its time, with all that came meanwhile', async (small) => {
    await twoServices(small);
    const config = configOf('alerts: [{name: e, services: [shop], every: 1h}]');
    const upTo = (count: number, n: number) => {
      const ids = Array.from({ length: count }, (_, i) => below(`CVE-2026-000${i + 1}`, '2.0.0'));
      return store(n, { npm: { a: [], b: ids } });
    };
    await scanAt(small, 1, upTo(1, 1));
    assert.equal((await run(small, config)).raised, 1);
    for (const [count, day] of [
      [2, 1.01],
      [3, 1.02],
    ] as const) {
      await scanAt(small, day, upTo(count, day));
      const done = await run(small, config);
      assert.deepEqual([done.raised, done.dueAt], [0, dayOf(1) + hourMs]);
    }
    small.now = dayOf(1) + hourMs;
    const done = await run(small, config);
    assert.deepEqual([done.raised, done.dueAt], [1, null]);
    assert.deepEqual(await told(small), [
      'e shop/prod: 1 new [CVE-2026-0001]',
      'e shop/prod: 2 new [CVE-2026-0002 CVE-2026-0003]',
    ]);
    // What waits for a rule that is gone waits for nobody.
    await scanAt(small, 1.05, upTo(4, 1.05));
    await run(small, config);
    small.now = dayOf(3);
    assert.deepEqual((await run(small, configOf('alerts: []'))).dueAt, null);
    assert.equal((await told(small)).length, 2);
  });

  on('every: what waits for a time that only a wrong clock knew is told when the clock is right', async (small) => {
    await twoServices(small);
    const config = configOf('alerts: [{name: e, services: [shop], every: 1h}]');
    const upTo = (count: number) => {
      const ids = Array.from({ length: count }, (_, i) => below(`CVE-2026-000${i + 1}`, '2.0.0'));
      return store(count, { npm: { a: [], b: ids } });
    };
    await scanAt(small, 400, upTo(1));
    assert.equal((await run(small, config)).raised, 1);
    await scanAt(small, 400, upTo(2));
    assert.deepEqual((await run(small, config)).dueAt, dayOf(400) + hourMs);
    small.now = dayOf(4);
    const done = await run(small, config);
    assert.deepEqual([done.raised, done.dueAt], [1, null]);
    await scanAt(small, 4.01, upTo(3));
    assert.equal((await run(small, config)).raised, 1);
    assert.deepEqual(await told(small), [
      'e shop/prod: 1 new [CVE-2026-0001]',
      'e shop/prod: 1 new [CVE-2026-0002]',
      'e shop/prod: 1 new [CVE-2026-0003]',
    ]);
  });

  on('nobody acknowledged in time: told to others, once', async (small) => {
    await twoServices(small);
    const config = configOf('alerts: [{name: e, services: [shop], send: [log], escalate: {after: 4h, send: [mail]}}]');
    await scanAt(small, 1, known(1));
    assert.deepEqual((await run(small, config)).dueAt, dayOf(1) + 4 * hourMs);
    small.now = dayOf(1) + 4 * hourMs - 1;
    assert.equal((await run(small, config)).escalated, 0);
    small.now += 1;
    const done = await run(small, config);
    assert.deepEqual([done.escalated, done.dueAt], [1, null]);
    assert.equal((await run(small, config)).escalated, 0);
    const [alert] = await alertsOf(small);
    const events = [];
    for await (const event of eventsOf(small.ledger, alert?.escalated ?? -1)) events.push(event);
    assert.deepEqual(
      events.map((e) => (e.type === 'alert' ? [e.state, e.send, e.alert] : e.type)),
      [['escalated', ['mail'], alert?.id]],
    );
  });

  on('what is acknowledged is not escalated', async (small) => {
    await twoServices(small);
    const config = configOf('alerts: [{name: e, services: [shop], escalate: {after: 4h, send: [mail]}}]');
    await scanAt(small, 1, known(1));
    await run(small, config);
    const [alert] = await alertsOf(small);
    await small.ledger.append('on-call', async () => [
      { kind: 'alert-acknowledged', alert: alert?.id ?? -1, text: null },
    ]);
    small.now = dayOf(2);
    assert.deepEqual(await run(small, config), { raised: 0, escalated: 0, resolved: 0, dueAt: null, began: false });
  });

  on(
    'resolved when the fix is deployed everywhere in the place, when it is withdrawn, when nothing runs',
    async (small) => {
      await twoServices(small);
      await scanAt(small, 1, known(1));
      await run(small, all);
      assert.equal((await told(small)).length, 2);
      // Half of it is fixed.
      await small.record('shop-2', [a('2.0.0'), b('1.0.0')], known(1));
      small.now = dayOf(2);
      await small.deploy('shop', 'shop-2');
      assert.equal((await run(small, all)).resolved, 0);
      small.now = dayOf(3);
      await small.record('shop-3', [a('2.0.0'), b('2.0.0')], known(1));
      await small.deploy('shop', 'shop-3');
      assert.equal((await run(small, all)).resolved, 1);
      assert.equal((await run(small, all)).resolved, 0);
      assert.deepEqual(await told(small), [
        'all! shop/prod: 2 new [CVE-2026-0001 CVE-2026-0002] resolved',
        'all! till/prod: 1 new [CVE-2026-0001]',
      ]);
      await scanAt(
        small,
        4,
        store(4, { npm: { a: [below('CVE-2026-0001', '2.0.0', { withdrawn: '2026-01-04T00:00:00Z' })], b: [] } }),
      );
      assert.equal((await run(small, configOf('alerts: []'))).resolved, 1);
    },
  );

  on('resolved when the service ends', async (small) => {
    await twoServices(small);
    await scanAt(small, 1, known(1));
    await run(small, all);
    small.now = dayOf(2);
    const request = { service: 'till', environment: 'prod', at: null, deployment: null, unknownEnd: false };
    await stop(small.ledger, { ...request, actor: 'ops' });
    assert.equal((await run(small, all)).resolved, 1);
  });

  const decision = (more: Partial<Parameters<typeof decide>[1][number]>) => ({
    vulnerability: 'CVE-2026-0001',
    aliases: [],
    service: null,
    environment: null,
    component: null,
    artifact: null,
    status: 'not_affected' as const,
    justification: 'vulnerable_code_not_present' as const,
    originalJustification: null,
    reason: 'it is not there',
    action: null,
    owner: 'security',
    approvedBy: null,
    from: null,
    until: dayOf(30),
    evidence: [],
    ...more,
  });
  const demands = { fourEyes: [], longestMs: 366 * 24 * hourMs };
  const by = { actor: 'security', source: 'command' as const };

  on('decided: resolved, and no alarm again; another place is not settled by it', async (small) => {
    await twoServices(small);
    await scanAt(small, 1, known(1));
    await run(small, all);
    small.now = dayOf(2);
    await decide(small.ledger, [decision({ service: 'till' })], demands, by);
    assert.equal((await run(small, all)).resolved, 1);
    assert.deepEqual(await told(small), [
      'all! shop/prod: 2 new [CVE-2026-0001 CVE-2026-0002]',
      'all! till/prod: 1 new [CVE-2026-0001] resolved',
    ]);
    // Known in another form: news for the shop alone.
    await scanAt(small, 3, known(3, '2.5.0'));
    await run(small, all);
    assert.deepEqual((await told(small)).slice(2), ['all! shop/prod: 2 changed [CVE-2026-0001 CVE-2026-0002]']);
    // A more specific decision that it is affected opens it again for its component.
    await decide(
      small.ledger,
      [decision({ service: 'till', component: a('1.0.0'), status: 'affected', justification: null, action: 'wait' })],
      demands,
      by,
    );
    await scanAt(small, 4, known(4, '2.6.0'));
    await run(small, all);
    assert.deepEqual((await told(small)).slice(3).sort(), [
      'all! shop/prod: 2 changed [CVE-2026-0001 CVE-2026-0002]',
      'all! till/prod: 1 changed [CVE-2026-0001]',
    ]);
  });

  on(
    'conditions: what began is told, what ended is not and resolves; where nothing runs with it, too',
    async (small) => {
      await twoServices(small);
      await scanAt(small, 1, known(1));
      await run(small, configOf('alerts: []'));
      const record = async (began: ConditionsDocument['began'], ended: ConditionsDocument['ended']) => {
        const document: ConditionsDocument = { schema: 'kvitto-conditions-1', began, ended };
        const conditions = await putJson(small.ledger.documents, document);
        const counts = { began: began.length, ended: ended.length };
        await small.ledger.append('watch', async () => [{ kind: 'conditions-changed', conditions, ...counts }]);
      };
      const of = (what: ConditionKind, subject: string) => ({ what, subject, level: '', detail: {} });
      const stale = of('feed-stale', 'kev');
      const likely = of('epss', 'CVE-2026-0002');
      await record([stale, likely], []);
      assert.equal((await run(small, all)).raised, 2);
      assert.deepEqual((await told(small)).sort(), [
        'all shop/prod: 1 epss [CVE-2026-0002]',
        'all: 1 feed-stale [kev]',
      ]);
      await record([], [stale]);
      const ended = await run(small, all);
      assert.deepEqual([ended.raised, ended.resolved], [0, 1]);
      // The probability stays as it is; nothing that has it runs there any more.
      small.now = dayOf(2);
      await small.record('shop-2', [b('2.0.0')], null);
      await small.deploy('shop', 'shop-2');
      assert.deepEqual((await run(small, configOf('alerts: []'))).resolved, 1);
    },
  );

  on(
    'past the gate: resolved when it does not run any more; a decision that ran out, when another is made',
    async (small) => {
      await twoServices(small);
      await scanAt(small, 1, known(1));
      await run(small, configOf('alerts: []'));
      const config = configOf(
        'alerts: [{name: gate, changes: [gate-bypassed, unrecorded-deployment, decision-expired]}]',
      );
      await decide(small.ledger, [decision({ service: 'till', until: dayOf(2) })], demands, by);
      await small.deploy('shop', 'never scanned');
      assert.equal((await run(small, config)).raised, 1);
      small.now = dayOf(3);
      const row = await small.ledger.reader.selectFrom('decision').select('id').executeTakeFirstOrThrow();
      await small.ledger.append('watch', async () => [{ kind: 'decisions-expired', decisions: [row.id] }]);
      assert.deepEqual(await run(small, config), { raised: 1, escalated: 0, resolved: 0, dueAt: null, began: false });
      assert.deepEqual(await told(small), [
        'gate shop/prod: 1 unrecorded-deployment [never scanned]'.replace('never scanned', digestOf('never scanned')),
        `gate till/prod: 1 decision-expired [${row.id}]`,
      ]);
      await decide(small.ledger, [decision({ service: 'till' })], demands, by);
      assert.equal((await run(small, config)).resolved, 1);
      await small.deploy('shop', 'shop');
      const later = await run(small, configOf('alerts: []'));
      assert.equal(later.resolved, 1);
    },
  );

  on('an alert that counts more than it lists is over only when nothing of its time is open', async (small) => {
    await twoServices(small);
    const many = (count: number, n: number) => {
      const ids = Array.from({ length: count }, (_, i) => below(`CVE-2026-${String(i + 1).padStart(4, '0')}`, '2.0.0'));
      return store(n, { npm: { a: [], b: ids } }, [factsOf('CVE-2026-0130', 9.9)]);
    };
    await scanAt(small, 1, many(130, 1));
    await run(small, all);
    const [alert] = await alertsOf(small);
    const { total, counts, changes } = alert?.document ?? { total: 0, counts: {}, changes: [] };
    assert.deepEqual([total, counts, changes.length, changes[0]?.subject], [130, { new: 130 }, 100, 'CVE-2026-0130']);
    assert.deepEqual(alert?.id, Math.floor((alert?.id ?? 0) / mostAlerts) * mostAlerts);
    // All that is listed goes; thirty that are counted stay.
    const listed = new Set(changes.map((c) => c.subject));
    const rest = Array.from({ length: 130 }, (_, i) => `CVE-2026-${String(i + 1).padStart(4, '0')}`);
    const unlisted = rest.filter((id) => !listed.has(id)).map((id) => below(id, '2.0.0'));
    assert.equal(unlisted.length, 30);
    await scanAt(small, 2, store(2, { npm: { a: [], b: unlisted } }));
    assert.equal((await run(small, configOf('alerts: []'))).resolved, 0);
    // What comes later does not keep it open.
    await scanAt(small, 3, store(3, { npm: { a: [], b: [below('CVE-2027-0001', '2.0.0')] } }));
    assert.equal((await run(small, configOf('alerts: []'))).resolved, 1);
  });
}
