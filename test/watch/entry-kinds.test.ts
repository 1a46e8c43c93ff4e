// What the relay takes an entry to tell by its kind is what the entry tells.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventTypesOf } from '../../src/alerts/relay/entry-kinds.ts';
import { sampleAlert, sampleChange } from '../../src/alerts/testing/told-events.ts';
import type { Fact, FactKind } from '../../src/ledger/fact.ts';
import { readEntries } from '../../src/ledger/read-entries.ts';
import { putJson, putTexts } from '../../src/ledger/record/text.ts';
import { advisory, range } from '../../src/match/testing/memory-store.ts';
import type { EventType } from '../../src/model/event.ts';
import { eventsOf } from '../../src/watch/events/events.ts';
import { rescan } from '../../src/watch/rescan.ts';
import { dayOf, digestOf, smallLedger, smallStore } from '../../src/watch/testing/small-ledger.ts';
import { decision, decisionsFact, observedFact } from '../ledger/samples.ts';

test('every kind of entry tells the types that the table names, and no others', async () => {
  const small = await smallLedger();
  try {
    const { ledger } = small;
    const { documents } = ledger;
    const affected = [range('SEMVER', 'introduced 0', 'fixed 2.0.0')];
    const store = (n: number, osv: Parameters<typeof smallStore>[0]['osv']) =>
      smallStore({ asOf: new Date(dayOf(n)).toISOString(), osv });
    await small.record('shop', ['pkg:npm/a@1.0.0'], store(0, { npm: {} }));
    const number = await small.deploy('shop', 'shop');
    // Never scanned: it bypassed the gate.
    await small.deploy('other', 'unknown');
    small.now = dayOf(1);
    await rescan(ledger, store(1, { npm: { a: [advisory('GHSA-1', { affected })] } }), 'watch');
    const text = await putTexts(documents, [{ reason: 'x' }]);
    const { state: _, ...alert } = { state: 0, ...alertDocument() };
    const raised = await putJson(documents, alert);
    const ended = { what: 'feed-stale', subject: 'kev', level: '', detail: {} };
    const began = { schema: 'kvitto-conditions-1', began: [ended], ended: [] };
    const { size } = await ledger.state();
    const number4096 = (size + 4) * 4_096;
    const facts: Fact[] = [
      await observedFact(documents, []),
      await decisionsFact(documents, [decision('CVE-1', { until: new Date(dayOf(1)).toISOString() })]),
      { kind: 'decisions-expired', decisions: [(size + 1) * 65_536] },
      { kind: 'conditions-changed', conditions: await putJson(documents, began), began: 1, ended: 0 },
      { kind: 'alerts-raised', alerts: [raised] },
      { kind: 'alert-acknowledged', alert: number4096, text: null },
      { kind: 'alert-escalated', alert: number4096, send: ['pager'] },
      { kind: 'alerts-resolved', alerts: [number4096] },
      { kind: 'checkpoint-stamped', size: 1, root: '', by: 'rfc3161', evidence: digestOf('e') },
      { kind: 'repaired', found: 'log-behind', report: digestOf('r') },
      { kind: 'redacted', document: digestOf('d'), text },
      { kind: 'key-rotated', from: 'a', to: 'b', byOld: 'c', byNew: 'd', text },
    ];
    for (const fact of facts) await ledger.append('test', async () => [fact]);
    const corrected = { from: new Date(dayOf(-1)).toISOString(), until: null, text };
    await ledger.append('test', async () => [{ kind: 'deployment-corrected', deployment: number, ...corrected }]);
    const at = new Date(dayOf(0)).toISOString();
    await ledger.append('test', async () => [
      { kind: 'deployment-stopped', deployments: [number], at, ending: 'known' },
    ]);
    const told = new Map<FactKind, Set<EventType>>();
    const { size: end } = await ledger.state();
    for (let entry = 0; entry < end; entry++) {
      const kind = (await readEntries(ledger, [entry])).get(entry)?.kind;
      assert.ok(kind !== undefined);
      const types = told.get(kind) ?? new Set();
      told.set(kind, types);
      for await (const event of eventsOf(ledger, entry)) types.add(event.type);
    }
    const found = Object.fromEntries([...told].map(([kind, types]) => [kind, [...types].sort()]));
    const expected = Object.fromEntries(Object.entries(eventTypesOf).map(([kind, types]) => [kind, types.toSorted()]));
    // Drift is told as a change; the observation here found none.
    assert.deepEqual(found, { ...expected, observed: ['observation'] });
  } finally {
    await small.close();
  }
});

function alertDocument(): object {
  const { type, state, alert, raised, id, at, entry, place, actor, acknowledgedBy, ...rest } = sampleAlert();
  void [type, state, alert, raised, id, at, entry, place, actor, acknowledgedBy];
  return { schema: 'kvitto-alert-1', ...rest, changes: [sampleChange()], escalate: null };
}
