// When alerts are over: nothing of what they told is open any more in what runs.
import assert from 'node:assert/strict';
import { mostAlerts } from '../../src/ledger/apply/alerts.ts';
import type { ConditionKind, ConditionsDocument } from '../../src/ledger/document-shapes.ts';
import { decide } from '../../src/ledger/record/decide.ts';
import { stop } from '../../src/ledger/record/stop.ts';
import { putJson } from '../../src/ledger/record/text.ts';
import { dayOf, digestOf, factsOf, type SmallLedger } from '../../src/watch/testing/small-ledger.ts';
import { a, b, below, scanAt, store, testsOn } from '../ledger/watch-stage.ts';
import { alertsOf, all, configOf, hourMs, known, run, told, twoServices } from './rules-stage.ts';

export function resolvedContract(database: string, open: () => Promise<SmallLedger>): void {
  const on = testsOn(database, open);

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
        `gate shop/prod: 1 unrecorded-deployment [${digestOf('never scanned')}]`,
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
