import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Report } from '../../model/report.ts';
import { cannotSayReport, emptyReport, sampleReport } from '../testing/sample-report.ts';
import { xmlElement } from '../xml.ts';
import { junit } from './index.ts';

const render = (report: Report) =>
  junit.render?.(report, { columns: null, colour: false, withVulnerabilities: false }) ?? '';

/** Reads XML documents with a real parser: each element as [tag, attributes, text, children], or the parser's error. */
const reader = `
import sys, json, xml.etree.ElementTree as E
def tree(e): return [e.tag, dict(e.attrib), (e.text or '').strip(), [tree(c) for c in e]]
print(json.dumps([tree(E.fromstring(t.encode('utf-8', 'surrogatepass'))) for t in json.load(sys.stdin)]))
`;

type Tree = [tag: string, attributes: Record<string, string>, text: string, children: Tree[]];

function parsed(documents: readonly string[], skip: (reason: string) => void): Tree[] {
  const run = spawnSync('python3', ['-c', reader], {
    input: JSON.stringify(documents),
    encoding: 'utf8',
    timeout: 20_000,
  });
  if (run.error !== undefined) {
    skip('python3 not installed: apt-get install python3');
    return [];
  }
  assert.equal(run.status, 0, run.stderr);
  return JSON.parse(run.stdout);
}

test('a real XML parser reads every report, and the counts are right', (t) => {
  for (const [, attributes, , suites] of parsed([sampleReport, emptyReport, cannotSayReport].map(render), (r) =>
    t.skip(r),
  )) {
    const cases = suites.flatMap(([, , , children]) => children.filter(([tag]) => tag === 'testcase'));
    const count = (tag: string) => cases.filter(([, , , outcome]) => outcome.some(([name]) => name === tag)).length;
    const { tests, failures, errors, skipped } = attributes;
    const counted = [cases.length, count('failure'), count('error'), count('skipped')].map(String);
    assert.deepEqual([tests, failures, errors, skipped], counted);
    for (const [tag, suite, , children] of suites) {
      assert.equal(tag, 'testsuite');
      assert.equal(suite['tests'], String(children.filter(([name]) => name === 'testcase').length));
    }
  }
});

test('red is what the verdict fails on, and nothing that cannot be said is green', (t) => {
  const { verdict } = emptyReport;
  const bare = (kind: 'pass' | 'fail' | 'cannot-say') => ({
    ...emptyReport,
    verdict: { ...verdict, kind, rules: [], reasons: ['because'] },
  });
  const allowed = { ...sampleReport, verdict: { ...verdict } };
  const reports = [sampleReport, emptyReport, cannotSayReport, bare('fail'), bare('cannot-say'), bare('pass'), allowed];
  const counts = parsed(reports.map(render), (r) => t.skip(r)).map(([, a]) =>
    [a['failures'], a['errors'], a['skipped']].map(Number),
  );
  if (counts.length === 0) return;
  assert.deepEqual(counts, [
    [2, 4, 2],
    [0, 0, 0],
    [0, 3, 0],
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 0],
    [0, 0, 5],
  ]);
});

test('property: any text survives as well-formed XML', (t) => {
  const texts = fc.sample(fc.string({ unit: 'binary', maxLength: 20 }), 300);
  const all = [...texts, '\u0000\u001b\ufffe\uffff\ud800x', ']]>', '<!--', '&amp;', '\u0085'];
  const read = parsed(
    all.map((text) => xmlElement('a', { b: text })),
    (r) => t.skip(r),
  );
  for (const [i, [, { b = '' }]] of read.entries()) {
    const before = [...(all[i] ?? '')];
    const after = [...b];
    assert.equal(after.length, before.length);
    assert.deepEqual(
      after.filter((char, at) => char !== before[at] && char !== '\u{fffd}'),
      [],
    );
  }
});
