import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { allVexFormats } from '../formats/all.ts';
import { anyStatements } from '../formats/testing/vex-claims.ts';
import { statement } from '../formats/testing/vex-statements.ts';
import { readVex } from '../formats/vex.ts';
import type { DecisionRecord } from '../ledger/document-shapes.ts';
import type { DecideRequest } from '../ledger/record/decide.ts';
import type { Statement } from '../model/decision.ts';
import { type ImportScope, requestsOf, statementOf } from './vex-decisions.ts';

const digest = (digit: string): `sha256:${string}` => `sha256:${digit.repeat(64)}`;
const scope: ImportScope = {
  service: 'shop',
  environment: null,
  owner: 'shop-team',
  approvedBy: null,
  until: Date.parse('2027-01-01T00:00:00Z'),
  document: digest('d'),
};
const of = (...statements: Statement[]) => requestsOf(statements, scope);
const targets = (s: Statement) => of(s).requests.map((r) => [r.artifact, r.component]);

test('what a statement is about is taken over, and never widened', () => {
  const image = `pkg:oci/shop@sha256%3A${'a'.repeat(64)}?repository_url=registry.example/shop`;
  const cases: [Partial<Statement>, unknown[]][] = [
    [{}, [[null, null]]],
    [
      { components: ['pkg:npm/a', 'pkg:npm/b@1'] },
      [
        [null, 'pkg:npm/a'],
        [null, 'pkg:npm/b@1'],
      ],
    ],
    [{ products: [digest('b')] }, [[digest('b'), null]]],
    [{ products: [image], components: ['pkg:npm/a'] }, [[digest('a'), 'pkg:npm/a']]],
    [{ products: ['pkg:npm/whole-app@1.0.0'] }, [[null, 'pkg:npm/whole-app@1.0.0']]],
    // What they name is nothing that a ledger knows, so nothing remains.
    [{ products: ['Some Product 4'] }, []],
    [{ products: ['pkg:oci/shop?tag=1'], components: ['pkg:npm/a'] }, []],
    [{ components: ['cpe:2.3:a:example:harbour:2.0:*:*:*:*:*:*:*'] }, []],
    [{ products: ['Some Product 4', digest('b')] }, [[digest('b'), null]]],
  ];
  for (const [more, expected] of cases) assert.deepEqual(targets(statement(more)), expected, JSON.stringify(more));
  assert.deepEqual(of(statement({ products: ['Some Product 4', digest('b')] })).narrowed, ['Some Product 4']);
  assert.deepEqual(of(statement({ products: ['Some Product 4'] })), {
    narrowed: ['Some Product 4'],
    requests: [],
    problems: [
      { code: 'unsupported', where: 'CVE-2024-1000', message: 'names no artifact or component that a ledger can know' },
    ],
  });
});

test('a statement that lacks what its status needs gets no reason from us', () => {
  const { requests, problems } = of(
    statement({ status: 'not_affected', justification: null, impact: null }),
    statement({ status: 'affected', justification: null, action: null, impact: 'bad' }),
  );
  assert.deepEqual(requests, []);
  assert.deepEqual(
    problems.map((p) => p.message.split(':')[0]),
    ['justification (--justification) or impact (--reason)', 'action (--action)'],
  );
});

test('words, times and names of others', () => {
  const s = { status: 'affected', justification: null, action: 'a\u202eb', impact: null, author: 'Supplier' } as const;
  const late = statement({
    ...s,
    madeAt: '2026-02-01T00:00:00Z',
    reviewBy: '2026-06-01',
    vulnerability: 'CVE-2026-1001',
  });
  const early = statement({ ...s, madeAt: '2026-01-01T00:00:00Z', aliases: ['CVE-2025-1000', 'GHSA-2345-6789-cfgh'] });
  const { requests, problems } = of(late, early);
  const kept = (r: DecideRequest) => [r.vulnerability, r.aliases, r.reason, r.action, r.from, r.until];
  assert.deepEqual(requests.map(kept), [
    ['CVE-2024-1000', ['GHSA-2345-6789-cfgh'], 'a\ufffdb', 'a\ufffdb', Date.parse('2026-01-01T00:00:00Z'), scope.until],
    [
      'CVE-2026-1001',
      [],
      'a\ufffdb',
      'a\ufffdb',
      Date.parse('2026-02-01T00:00:00Z'),
      Date.parse('2026-06-01T00:00:00Z'),
    ],
  ]);
  assert.deepEqual(problems, [
    { code: 'malformed', where: 'CVE-2024-1000', message: 'calls another CVE its alias; that name was left out' },
  ]);
  const silent = of(statement({ impact: null, author: 'Supplier' })).requests;
  assert.deepEqual(
    silent.map((r) => r.reason),
    ['stated by Supplier'],
  );
});

/** The decision that a request becomes. */
function recordOf(r: DecideRequest): DecisionRecord {
  const { reason: _, action: __, from, until, ...rest } = r;
  const time = (at: number | null) => (at === null ? null : new Date(at).toISOString());
  return { ...rest, from: time(from) ?? '2026-03-01T00:00:00.000Z', until: time(until) };
}

test('out of a ledger and into another: status, justification and scope stay, and nothing gets stronger', () => {
  const about = {
    author: 'shop-team',
    id: 'urn:uuid:x',
    timestamp: '2026-03-01T00:00:00Z',
    products: [],
    toolVersion: '0',
  };
  const rank = { affected: 0, under_investigation: 0, fixed: 1, not_affected: 1 } as const;
  fc.assert(
    fc.property(anyStatements, fc.constantFrom(...allVexFormats), (statements, format) => {
      const first = requestsOf(statements, scope).requests.filter((r) => r.artifact !== null || r.component !== null);
      if (first.length === 0) return;
      const said = first.map((r) =>
        statementOf(recordOf(r), { reason: r.reason, ...(r.action !== null && { action: r.action }) }),
      );
      const text = format.write(said, about);
      const second = requestsOf(readVex(Buffer.from(text), 'x.json', allVexFormats).statements, scope).requests;
      const place = (r: DecideRequest) => [r.vulnerability, r.artifact, r.component].join(' ');
      for (const r of second) {
        const same = first.filter((f) => place(f) === place(r));
        assert.ok(
          same.some((f) => rank[f.status] >= rank[r.status] && (rank[r.status] === 0 || f.status === r.status)),
          place(r),
        );
        assert.ok(r.justification === null || same.some((f) => f.justification === r.justification), place(r));
        assert.ok(
          same.some((f) => f.until === r.until),
          place(r),
        );
      }
      assert.deepEqual(new Set(second.map(place)), new Set(first.map(place)));
    }),
    { numRuns: 150 },
  );
});
