// What becomes of changes, on any database.
import assert from 'node:assert/strict';
import { processRules } from '../../src/alerts/rules/process-rules.ts';
import { raiseHeld, raiseNews } from '../../src/alerts/rules/raise.ts';
import { eventsOf } from '../../src/watch/events/events.ts';
import { dayOf, factsOf, type SmallLedger } from '../../src/watch/testing/small-ledger.ts';
import { a, b, below, scanAt, store, testsOn } from '../ledger/watch-stage.ts';
import { alertsOf, all, configOf, hourMs, known, run, told, twoServices } from './rules-stage.ts';

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
}
