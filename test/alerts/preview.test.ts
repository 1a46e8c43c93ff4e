// What a preview tells is what is raised.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { previewRules } from '../../src/alerts/rules/preview.ts';
import { decide } from '../../src/ledger/record/decide.ts';
import { eventsOf } from '../../src/watch/events/events.ts';
import { dayOf, factsOf, type SmallLedger, smallLedger } from '../../src/watch/testing/small-ledger.ts';
import { a, b, below, scanAt, store } from '../ledger/watch-stage.ts';
import { alertsOf, configOf, run } from './rules-stage.ts';

const hourMs = 3_600_000;
const config = configOf(`
alerts:
  - {name: all, every: 20h}
  - {name: night, quiet: {from: '20:00', until: '06:00', timezone: Europe/Stockholm}, send: [log]}
  - {name: each, by: vulnerability, severity: high, changes: [new, severity-up, exploited], escalate: {after: 2h, send: [log]}}
`);

const ids = ['CVE-2026-0001', 'CVE-2026-0002', 'CVE-2026-0003'];

/** So many hours later: what the store says of each vulnerability (0: nothing, 1: known, 2: high, 3: exploited), or a decision, or a deployment. */
const step = fc.record({
  hours: fc.integer({ min: 1, max: 30 }),
  what: fc.constantFrom('rescan', 'rescan', 'rescan', 'decide', 'deploy'),
  states: fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3)),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

async function follow(small: SmallLedger, steps: readonly Step[], each: () => Promise<void>): Promise<void> {
  let hours = 1;
  for (const { hours: more, what, states } of steps) {
    hours += more;
    await wake(small, dayOf(0) + hours * hourMs);
    small.now = dayOf(0) + hours * hourMs;
    if (what === 'rescan') {
      const known = ids.filter((_, i) => (states[i] ?? 0) > 0).map((id) => below(id, '2.0.0'));
      const facts = ids.flatMap((id, i) => ((states[i] ?? 0) > 1 ? [factsOf(id, 8, states[i] === 3)] : []));
      await scanAt(small, hours / 24, store(hours, { npm: { a: known, b: known.slice(0, 1) } }, facts));
    } else if (what === 'deploy') {
      await small.deploy(states[0] > 1 ? 'shop' : 'till', states[1] > 1 ? 'shop' : 'unheard-of');
    } else {
      const vulnerability = ids[states[0] % 3] ?? '';
      const request = { aliases: [], service: states[1] > 1 ? 'shop' : null, environment: null, component: null };
      const rest = {
        artifact: null,
        originalJustification: null,
        reason: 'r',
        action: null,
        owner: 'o',
        approvedBy: null,
      };
      const kind = { status: 'not_affected' as const, justification: 'vulnerable_code_not_present' as const };
      const until = small.now + (1 + states[2]) * 20 * hourMs;
      const decision = { vulnerability, ...request, ...rest, ...kind, from: null, until, evidence: [] };
      const by = { actor: 'o', source: 'command' as const };
      await decide(small.ledger, [decision], { fourEyes: [], longestMs: 1e12 }, by);
    }
    await each();
  }
}

/** Runs the rules whenever something is due before a moment. */
async function wake(small: SmallLedger, until: number): Promise<void> {
  for (;;) {
    const rows = await small.ledger.reader.selectFrom('held').select('due').orderBy('due').limit(1).execute();
    const due = rows[0]?.due;
    if (due === undefined || due >= until) return;
    small.now = due;
    await run(small, config);
  }
}

test('a preview of any month is what was raised in it', { timeout: 240_000 }, async () => {
  let alerts = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
      const small = await smallLedger();
      try {
        await small.record('shop', [a('1.0.0'), b('1.0.0')], store(0, { npm: { a: [], b: [] } }));
        await small.deploy('shop', 'shop');
        await small.deploy('till', 'shop');
        const from = dayOf(0) + 1;
        await run(small, config);
        await follow(small, steps, async () => {
          await run(small, config);
        });
        const until = small.now;
        const raised = (await alertsOf(small)).map(({ document }) => document);
        const previewed = [];
        const source = (entry: number, place: number) => eventsOf(small.ledger, entry, place);
        for await (const { alert } of previewRules(small.ledger, source, config, { from, until }))
          previewed.push(alert);
        const sorted = (list: readonly object[]) => list.map((d) => JSON.parse(JSON.stringify(d))).sort(byMessage);
        assert.deepEqual(sorted(previewed), sorted(raised));
        alerts += raised.length;
      } finally {
        await small.close();
      }
    }),
    { numRuns: 12 },
  );
  assert.ok(alerts > 20, `${alerts} alerts`);
});

function byMessage(x: { thread: string; changes: { id: string }[] }, y: typeof x): number {
  const key = (d: typeof x) => `${d.thread} ${d.changes.map((c) => c.id).join()}`;
  return key(x) < key(y) ? -1 : 1;
}
