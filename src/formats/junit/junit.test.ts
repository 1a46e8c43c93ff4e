import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Report } from '../../model/report.ts';
import { readXml } from '../testing/read-xml.ts';
import { cannotSayReport, emptyReport, sampleReport } from '../testing/sample-report.ts';
import { xmlElement } from '../xml.ts';
import { junit } from './index.ts';

const render = (report: Report) =>
  junit.render?.(report, { columns: null, colour: false, withVulnerabilities: false }) ?? '';

test('a real XML parser reads every report, and the counts are right', (t) => {
  for (const [, attributes, , suites] of readXml([sampleReport, emptyReport, cannotSayReport].map(render), (r) =>
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
  const counts = readXml(reports.map(render), (r) => t.skip(r)).map(([, a]) =>
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
  const read = readXml(
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
