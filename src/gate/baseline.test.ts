import assert from 'node:assert/strict';
import test from 'node:test';
import { parseBaseline } from './parse-baseline.ts';

const report = {
  tool: { name: 'kvitto', version: '0.1.0' },
  complete: true,
  findings: [
    { id: 'CVE-1', aliases: ['GHSA-a'], component: 'pkg:npm/%40a/b@1.0.0', severity: {} },
    { id: 'CVE-2', aliases: [], component: 'no purl' },
  ],
};

test('baseline: known by any id, for the component in any version', () => {
  const baseline = parseBaseline(JSON.stringify(report), 'old.json');
  const has = (id: string, component: string, aliases: string[] = []) => baseline.has({ id, aliases, component });
  assert.equal(baseline.complete, true);
  assert.equal(has('CVE-1', 'pkg:npm/%40a/b@2.0.0?arch=x'), true);
  assert.equal(has('GHSA-a', 'pkg:npm/%40a/b@1.0.0'), true);
  assert.equal(has('CVE-9', 'pkg:npm/%40a/b@1.0.0', ['GHSA-a']), true);
  assert.equal(has('CVE-2', 'no purl'), true);
  assert.equal(has('CVE-1', 'pkg:npm/b@1.0.0'), false);
  assert.equal(has('CVE-9', 'pkg:npm/%40a/b@1.0.0'), false);
});

test('baseline: anything but a report is refused', () => {
  const rows: [string, RegExp][] = [
    ['', /^old\.json is not JSON: /],
    ['[]', /^old\.json is not a Kvitto report: the document: /],
    ['{"tool":{"name":"other"}}', /^old\.json is not a Kvitto report: tool\.name: /],
    [JSON.stringify({ ...report, findings: [{ id: 1 }] }), /^old\.json is not a Kvitto report: findings\.0\.id: /],
  ];
  for (const [text, message] of rows)
    assert.throws(() => parseBaseline(text, 'old.json'), { code: 'document-invalid', message });
});
