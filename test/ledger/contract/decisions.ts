// What people say about vulnerabilities, and what they take back.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { describe, test } from 'node:test';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import { decisions } from '../../../src/ledger/queries/decisions.ts';
import { readDecisions, readText } from '../../../src/ledger/read-documents.ts';
import { type DecideRequest, type DecisionDemands, decide } from '../../../src/ledger/record/decide.ts';
import { deploy } from '../../../src/ledger/record/deploy.ts';
import { redact } from '../../../src/ledger/record/redact.ts';
import { CodedError } from '../../../src/model/errors.ts';
import type { Digest } from '../../../src/model/inventory.ts';
import type { NewPlace } from '../contract.ts';
import { open, TestClock } from '../place.ts';
import { artifactFact, deployRequest, digest, knownMatch, rescanFact } from '../samples.ts';

const dayMs = 86_400_000;
const start = '2026-01-01T00:00:00.000Z';
const t = (day: string) => Date.parse(`${day}T00:00:00Z`);
const year: DecisionDemands = { fourEyes: [], longestMs: 366 * dayMs };
const by = { actor: 'security', source: 'command' } as const;
const lodash = 'pkg:npm/lodash@4.17.20';

function request(more: Partial<DecideRequest> = {}): DecideRequest {
  return {
    vulnerability: 'CVE-2026-1001',
    aliases: [],
    service: null,
    environment: null,
    component: null,
    artifact: null,
    status: 'not_affected',
    justification: 'component_not_present',
    originalJustification: null,
    reason: 'it is not built in',
    action: null,
    owner: 'shop-team',
    approvedBy: null,
    from: null,
    until: t('2026-06-01'),
    evidence: [],
    ...more,
  };
}

export function decisionTests(newPlace: NewPlace): void {
  describe('decisions', () => {
    async function stage(stack: AsyncDisposableStack) {
      const clock = new TestClock(start);
      const place = await newPlace();
      const ledger = await open(place, clock);
      stack.defer(() => ledger.close());
      const artifact = await artifactFact(ledger.documents, digest(1), [lodash]);
      const opens = await rescanFact(ledger.documents, digest(0x51), {
        opened: [knownMatch(lodash, 'CVE-2026-1001', { aliases: ['GHSA-1111-2222-3333'] })],
      });
      await ledger.append('ci', async () => [artifact, opens]);
      await deploy(ledger, deployRequest());
      return { ledger, clock, place };
    }
    const sizeOf = async (ledger: Ledger) => (await ledger.state()).size;

    test('what may not stand is refused, says why, and leaves nothing', async () => {
      await using stack = new AsyncDisposableStack();
      const { ledger } = await stage(stack);
      const [size, documents] = [await sizeOf(ledger), await ledger.documents.list()];
      const four: DecisionDemands = { ...year, fourEyes: ['not_affected'] };
      const cases: [Partial<DecideRequest>, RegExp, DecisionDemands?][] = [
        [{ until: null }, /a decision "not_affected" needs an end/],
        [{ status: 'affected', justification: null, until: null }, /a decision "affected" needs an end/],
        [{ status: 'affected' }, /justification \(--justification\): goes with status not_affected only/],
        [{ until: t('2025-12-31'), from: t('2026-01-01') }, /is not after the beginning/],
        [{ from: t('2025-01-01'), until: t('2025-12-31') }, /the end 2025-12-31T00:00:00.000Z has passed/],
        [{ from: t('2026-02-01') }, /the beginning 2026-02-01T00:00:00.000Z lies in the future/],
        [{ until: t('2027-03-01') }, /more than 366 days away/],
        [{ until: t('2026-03-01') }, /more than 30 days away/, { ...year, longestMs: 30 * dayMs }],
        [{}, /the policy asks for a second role/, four],
        [{ approvedBy: 'shop-team' }, /--approved-by shop-team is the role that decides/, four],
        [{ approvedBy: 'Security' }, /--approved-by Security is the role that decides/, four],
        [{ approvedBy: 'two words' }, /--approved-by has characters that a name cannot have/],
        [{ owner: '' }, /--owner is empty/],
        [{ reason: ' \n' }, /--reason is empty/],
        [{ reason: 'x'.repeat(10_000_000) }, /^--reason is longer than 16384 characters \(10000000\)$/],
        [{ reason: 'a\u001b[2Jb' }, /--reason has control characters/],
        [{ reason: 'a\u202eb' }, /--reason has control characters/],
        [{ vulnerability: 'cve-1' }, /a CVE id is written CVE-2024-12345/],
        [{ aliases: ['no id'] }, /aliases: 1 of them are no ids/],
        [{ component: 'lodash' }, /--component lodash is not a package URL/],
        [{ service: 'nobody' }, /--service nobody is not in the ledger/],
        [{ environment: 'nowhere' }, /--env nowhere is not in the ledger/],
      ];
      for (const [more, message, demands = year] of cases) {
        // One that could stand goes with it: all or none.
        await assert.rejects(
          decide(ledger, [request({ vulnerability: 'CVE-2026-1007', approvedBy: 'ciso' }), request(more)], demands, by),
          (thrown) => {
            assert.ok(thrown instanceof CodedError, String(thrown));
            assert.match(thrown.message, message);
            assert.ok(thrown.message.length < 400, 'short');
            return true;
          },
        );
      }
      await assert.rejects(decide(ledger, [], year, by), /0 decisions at once/);
      assert.deepEqual([await sizeOf(ledger), await ledger.documents.list()], [size, documents]);
    });

    test('what is kept: the decision in its one form, its words apart, what nothing has', async () => {
      await using stack = new AsyncDisposableStack();
      const { ledger } = await stage(stack);
      const { fact, ids, unknown, redacted, appended } = await decide(
        ledger,
        [
          request({
            component: 'pkg:npm/lodash',
            service: 'api',
            approvedBy: 'ciso',
            reason: ' e\u0301tat\r\n\u200c ',
          }),
          request({
            ...{ vulnerability: 'CVE-2026-1009', component: 'pkg:npm/@a/b', artifact: digest(9) },
            ...{ status: 'fixed', justification: null, until: null, action: 'released' },
          }),
        ],
        { fourEyes: ['not_affected'], longestMs: year.longestMs },
        by,
      );
      assert.deepEqual(ids, [appended.first * 65_536, appended.first * 65_536 + 1]);
      assert.deepEqual(unknown, ['CVE-2026-1009', 'pkg:npm/%40a/b', digest(9)]);
      assert.deepEqual(redacted, []);
      const common = {
        aliases: [],
        environment: null,
        originalJustification: null,
        owner: 'shop-team',
        from: start,
        evidence: [],
      };
      assert.deepEqual(readDecisions(await ledger.documents.get(fact.decisions), fact.decisions), {
        schema: 'kvitto-decisions-1',
        decisions: [
          {
            ...common,
            ...{
              vulnerability: 'CVE-2026-1001',
              service: 'api',
              component: 'pkg:npm/lodash',
              artifact: null,
              approvedBy: 'ciso',
            },
            ...{ status: 'not_affected', justification: 'component_not_present', until: '2026-06-01T00:00:00.000Z' },
          },
          {
            ...common,
            ...{ vulnerability: 'CVE-2026-1009', service: null, component: 'pkg:npm/%40a/b', artifact: digest(9) },
            ...{ approvedBy: null, status: 'fixed', justification: null, until: null },
          },
        ],
      });
      const texts = fact.texts as Digest;
      assert.deepEqual(readText(await ledger.documents.get(texts), texts).texts, [
        { reason: 'état\n\u200c' },
        { reason: 'it is not built in', action: 'released' },
      ]);
    });

    test('one takes the place of another from when it begins, under any name, in its own scope alone', async () => {
      await using stack = new AsyncDisposableStack();
      const { ledger, clock } = await stage(stack);
      const make = async (day: string, more: Partial<DecideRequest>) => {
        clock.set(`${day}T00:00:00Z`);
        return (await decide(ledger, [request(more)], year, by)).ids[0] ?? 0;
      };
      const whole = await make('2026-01-02', {});
      const scoped = await make('2026-01-03', { component: lodash });
      // The ledger knows from a match that this is the same.
      const other = await make('2026-02-01', { vulnerability: 'GHSA-1111-2222-3333', reason: 'again' });
      // Named by the decision alone, both ways.
      const named = await make('2026-02-02', { vulnerability: 'OSV-2026-5', aliases: ['PYSEC-2026-5'] });
      const alias = await make('2026-02-03', { vulnerability: 'PYSEC-2026-5' });
      const inForce = async (at: string, asOf: string) =>
        (await decisions(ledger, { at: t(at), asOf: t(asOf) })).decisions.map((d) => d.id).sort((a, b) => a - b);
      assert.deepEqual(await inForce('2026-01-20', '2026-01-20'), [whole, scoped]);
      assert.deepEqual(await inForce('2026-02-10', '2026-02-10'), [scoped, other, alias]);
      // What was in force then, as it is known now; and as it would have gone on, as it was known then.
      assert.deepEqual(await inForce('2026-01-20', '2026-02-10'), [whole, scoped]);
      assert.deepEqual(await inForce('2026-02-10', '2026-01-20'), [whole, scoped]);
      assert.deepEqual(await inForce('2026-02-02', '2026-02-10'), [scoped, other, named]);
      // One that is decided late takes the place from when it began.
      const late = await make('2026-02-11', { component: lodash, from: t('2026-01-10') });
      assert.deepEqual(await inForce('2026-01-05', '2026-02-12'), [whole, scoped]);
      assert.deepEqual(await inForce('2026-01-20', '2026-02-12'), [whole, late]);
    });

    test('redaction: the words go and stay away, the rest stays, and what the tables need is kept', async () => {
      await using stack = new AsyncDisposableStack();
      const { ledger, clock, place } = await stage(stack);
      const evidence = Buffer.from('a letter that names a person');
      const letter = await ledger.documents.put(evidence);
      const made = await decide(ledger, [request({ evidence: [{ url: null, document: letter }] })], year, by);
      const texts = made.fact.texts as Digest;
      clock.set('2026-01-05T00:00:00Z');
      for (const document of [texts, letter]) {
        const done = await redact(ledger, { document, reason: 'names a person', actor: 'privacy' });
        assert.equal(done?.count, 1);
        assert.equal(await ledger.documents.has(document), false);
        // Again: ended quietly, also where a killed process left the file.
        assert.equal(await redact(ledger, { document, reason: 'names a person', actor: 'privacy' }), null);
      }
      const size = await sizeOf(ledger);
      for (const document of [
        made.fact.decisions,
        (await artifactFact(ledger.documents, digest(1), [lodash])).inventory,
      ]) {
        await assert.rejects(
          redact(ledger, { document, reason: 'x', actor: 'privacy' }),
          /cannot be redacted: it is (a list of decisions|an inventory), which the ledger is checked by/,
        );
        assert.equal(await ledger.documents.has(document), true);
      }
      await assert.rejects(redact(ledger, { document: digest(0xdead), reason: 'x', actor: 'privacy' }), /is not in/);
      assert.equal(await sizeOf(ledger), size);
      const all = await decisions(ledger, { at: null, asOf: null });
      assert.deepEqual(
        all.decisions.map((d) => [d.id, d.status]),
        [[made.ids[0], 'not_affected']],
      );
      // The same bytes again: as evidence of a decision, and as what an entry names.
      assert.equal(await ledger.documents.put(evidence), letter);
      const again = await decide(ledger, [request({ evidence: [{ url: null, document: letter }] })], year, by);
      assert.deepEqual([again.redacted, await ledger.documents.has(letter)], [[letter], false]);
      await ledger.documents.put(evidence);
      await ledger.append('ci', async () => [
        { kind: 'deployment-corrected', deployment: 3, from: start, until: null, text: letter },
      ]);
      assert.equal(await ledger.documents.has(letter), false);
      await ledger.publish();
      assert.equal(existsSync(place.folder), true);
    });
  });
}
