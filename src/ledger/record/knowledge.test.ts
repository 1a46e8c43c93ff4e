import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { severityLevels } from '../../model/advisory.ts';
import { canonicalJson } from '../../tlog/canonical-json.ts';
import type { KnowledgeDocument } from '../document-shapes.ts';
import { knowledgeText } from './knowledge.ts';

// Whatever text there is: quotes, backslashes, escapes that look like surrogates, other planes.
const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 8 }),
  fc.constantFrom('\\ud800', '\u2028', '"\\', '\u{1f600}', ''),
);
const textOrNull = fc.option(text);
const texts = fc.array(text, { maxLength: 3 });
const number = fc.oneof(fc.double({ min: 0, max: 10, noNaN: true }), fc.constantFrom(-0, 1e21, 5e-7));
const severity = fc.record({
  vector: textOrNull,
  score: fc.option(number),
  level: fc.constantFrom(...severityLevels),
  source: text,
});
const epss = fc.option(fc.record({ probability: number, percentile: number }));
const exploitation = fc.array(
  fc.record({ source: fc.constantFrom('CISA KEV', 'EU KEV'), since: text, due: textOrNull, ransomware: fc.boolean() }),
  { maxLength: 2 },
);
const list = <T>(of: fc.Arbitrary<T>) => fc.array(of, { maxLength: 3 });
const event = fc.oneof(fc.record({ introduced: text }), fc.record({ fixed: text }), fc.record({ last_affected: text }));
const affected = fc.record({
  versions: texts,
  severity: list(severity),
  ranges: list(fc.record({ type: fc.constantFrom('SEMVER', 'ECOSYSTEM', 'GIT'), events: list(event) })),
});
const record = fc.record({
  id: text,
  aliases: texts,
  upstream: texts,
  modified: text,
  published: textOrNull,
  withdrawn: textOrNull,
  summary: text,
  severity: list(severity),
  affected: list(affected),
  informational: textOrNull,
  references: texts,
});
const match = fc.record({
  component: text,
  id: text,
  aliases: texts,
  advisories: texts,
  severity,
  fixedIn: textOrNull,
  exploitation,
  epss,
  informational: textOrNull,
  reasons: list(fc.record({ range: text, advisory: text, fixed: textOrNull })),
  firstKnown: textOrNull,
});
const document = fc.record({
  schema: fc.constant('kvitto-knowledge-1'),
  snapshot: text,
  records: list(fc.record({ record, name: text, ecosystem: text })),
  facts: list(
    fc.record({ summary: text, id: text, severity: list(severity), published: textOrNull, epss, exploitation }),
  ),
  opened: list(match),
  closed: list(fc.record({ why: fc.constantFrom('gone', 'withdrawn', 'changed'), id: text, component: text })),
  names: list(fc.tuple(text, text, textOrNull)),
  ids: list(fc.tuple(text, textOrNull)),
  problems: list(fc.record({ where: text, message: text, code: fc.constantFrom('malformed', 'store-stale') })),
}) as fc.Arbitrary<KnowledgeDocument>;

test('a document is written in its canonical form', () => {
  fc.assert(
    fc.property(document, (given) => {
      assert.equal(knowledgeText(given), canonicalJson(given as never));
    }),
    { numRuns: 300 },
  );
});

test('what JSON cannot say is refused', () => {
  const [given] = fc.sample(document, { numRuns: 1, seed: 1 });
  assert.ok(given !== undefined);
  assert.throws(() => knowledgeText({ ...given, snapshot: 'half \ud800' }), { code: 'malformed' });
  const facts = { id: 'a', severity: [], published: null, summary: '', exploitation: [] };
  const odd = { ...facts, epss: { probability: Number.NaN, percentile: 1 } };
  assert.throws(() => knowledgeText({ ...given, facts: [odd] }), { code: 'malformed' });
});
