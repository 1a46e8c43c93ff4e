import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KnowledgeDocument, KnownMatch } from '../ledger/document-shapes.ts';
import { advisory, range } from '../match/testing/memory-store.ts';
import { recheckMatches } from './recheck-matches.ts';

const component = 'pkg:npm/left-pad@1.0.0';
const record = advisory('GHSA-aaaa-bbbb-cccc', {
  aliases: ['CVE-2026-0001'],
  affected: [range('SEMVER', 'introduced 0', 'fixed 1.2.0')],
});
const known: KnownMatch = {
  component,
  id: 'CVE-2026-0001',
  aliases: ['GHSA-aaaa-bbbb-cccc'],
  advisories: ['GHSA-aaaa-bbbb-cccc'],
  severity: { source: 'none', level: 'unknown', score: null, vector: null },
  fixedIn: '1.2.0',
  exploitation: [],
  epss: null,
  informational: null,
  reasons: [{ advisory: 'GHSA-aaaa-bbbb-cccc', range: '<1.2.0', fixed: '1.2.0' }],
  firstKnown: null,
};

function documentOf(opened: readonly KnownMatch[], records = [record]): KnowledgeDocument {
  return {
    schema: 'kvitto-knowledge-1',
    snapshot: 'sha256:0',
    records: records.map((r) => ({ ecosystem: 'npm', name: 'left-pad', record: r })),
    facts: [],
    opened,
    closed: [],
    names: [],
    ids: [],
    problems: [],
  };
}

test('a match that its records bear out is found again; since when it was known is no matter of theirs', () => {
  assert.deepEqual(recheckMatches(documentOf([known]), null), []);
  assert.deepEqual(recheckMatches(documentOf([{ ...known, firstKnown: '2026-01-01T00:00:00.000Z' }]), null), []);
});

test('what the records do not bear out is named with its place and field', () => {
  const worse: KnownMatch = { ...known, fixedIn: null, severity: { ...known.severity, level: 'low' } };
  assert.deepEqual(recheckMatches(documentOf([known, worse]), null), [
    {
      place: 1,
      message: `CVE-2026-0001 of ${component}: the advisory records give something else for severity, fixedIn`,
    },
  ]);
  assert.deepEqual(recheckMatches(documentOf([known], []), null), [
    { place: 0, message: `CVE-2026-0001 of ${component} does not follow from the advisory records` },
  ]);
  assert.deepEqual(recheckMatches(documentOf([{ ...known, component: 'pkg:npm/left-pad@1.2.0' }]), null), [
    { place: 0, message: 'CVE-2026-0001 of pkg:npm/left-pad@1.2.0 does not follow from the advisory records' },
  ]);
});

test('only components that were asked for are looked at', () => {
  assert.deepEqual(recheckMatches(documentOf([known], []), new Set(['pkg:npm/other@1.0.0'])), []);
});
