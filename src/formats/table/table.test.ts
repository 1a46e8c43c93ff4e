import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import type { Report } from '../../model/report.ts';
import { fit, widthOf, wrap } from '../terminal-text.ts';
import { assertGolden } from '../testing/golden.ts';
import { everywhere, hostileTexts } from '../testing/hostile-report.ts';
import { cannotSayReport, component, emptyReport, finding, sampleReport, says } from '../testing/sample-report.ts';
import { table } from './index.ts';

const reports = { sample: sampleReport, empty: emptyReport, 'cannot-say': cannotSayReport };
const render = (report: Report, columns: number | null = null, colour = false) =>
  table.render?.(report, { columns, colour, withVulnerabilities: false }) ?? '';

test('golden files for 80 and 120 columns', () => {
  for (const [name, report] of Object.entries(reports)) {
    assertGolden(new URL(`./testdata/${name}-80.txt`, import.meta.url), render(report, 80));
    assertGolden(new URL(`./testdata/${name}-120.txt`, import.meta.url), render(report, 120));
  }
});

test('no terminal is 120 columns without colour; colour changes nothing but itself', () => {
  for (const report of Object.values(reports)) {
    assert.equal(render(report, null), render(report, 120));
    assert.equal(stripVTControlCharacters(render(report, 80, true)), render(report, 80));
    assert.notEqual(render(report, 80, true), render(report, 80));
  }
});

test('no line is wider than the terminal', () => {
  for (const report of [...Object.values(reports), ...hostileTexts.map(everywhere)]) {
    for (const columns of [60, 80, 100, 120, 200]) {
      const wide = render(report, columns)
        .split('\n')
        .filter((line) => widthOf(line) > columns);
      assert.deepEqual(wide, [], String(columns));
    }
  }
});

test('green stands only on what passed, and never on a result that is not complete', () => {
  const green = '\u001b[1;32m';
  const line = (report: Report) =>
    render(report, 80, true)
      .split('\n')
      .find((l) => l.startsWith('Verdict')) ?? '';
  const allowed = { ...sampleReport, verdict: emptyReport.verdict };
  assert.deepEqual(
    [emptyReport, sampleReport, cannotSayReport, allowed].map((r) => line(r).includes(green)),
    [true, false, false, false],
  );
  assert.equal(render(cannotSayReport, 80, true).includes(green), false);
});

test('many findings fold, and nothing that folds is lost from the count', () => {
  const components = Array.from({ length: 70 }, (_, i) =>
    component(`pkg:npm/c${i}@1`, `c${String(i).padStart(2, '0')}`, '1'),
  );
  const findings = components.flatMap((c, i) =>
    Array.from({ length: i === 0 ? 12 : 1 }, (_, n) =>
      finding(`CVE-1-${i}-${n}`, c, says('NVD', i === 0 ? 'high' : 'low')),
    ),
  );
  const text = render({ ...emptyReport, inventory: { ...emptyReport.inventory, components }, findings });
  assert.match(text, /^ {2}… and 6 more: 6 HIGH$/m);
  assert.match(text, /^… and 10 more components with 10 more: 10 LOW; all of them: -f json$/m);
  assert.match(text, /Total: 81 \(CRITICAL: 0, HIGH: 12, MEDIUM: 0, LOW: 69, NEGLIGIBLE: 0, UNKNOWN: 0\)/);
  const problems = Array.from(
    { length: 100 },
    (_, i) => ({ code: 'malformed', where: `file ${i}`, message: 'x' }) as const,
  );
  assert.match(
    render({ ...emptyReport, problems, complete: false }),
    /^ {2}… and 75 more \(malformed: 75\); all of them: -f json$/m,
  );
});

test('width counts columns, not code units', () => {
  const widths: [string, number][] = [
    ['abc', 3],
    ['漢字', 4],
    ['e\u0301', 1],
    ['🙂', 2],
    ['한', 2],
    ['ｱ', 1],
    ['Ａ', 2],
    ['…→', 2],
  ];
  for (const [text, width] of widths) assert.equal(widthOf(text), width, text);
  assert.equal(fit('漢字漢字', 5), '漢字…');
  assert.equal(fit('abcdef', 4), 'abc…');
  assert.equal(fit('\u001b[31mred', 20), '\u{fffd}[31mred');
  assert.deepEqual(wrap('one two three', 7), ['one two', 'three']);
  assert.deepEqual(wrap('abcdefghij', 4), ['abcd', 'efgh', 'ij']);
  assert.deepEqual(wrap('', 4), ['']);
});

test('property: wrapped and cut text keeps within its columns', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), fc.integer({ min: 4, max: 60 }), (text, columns) => {
      assert.ok(widthOf(fit(text, columns)) <= columns);
      const lines = wrap(text, columns);
      assert.ok(lines.length <= 8);
      for (const line of lines) assert.ok(widthOf(line) <= columns, line);
    }),
  );
});

test('an empty list of findings says no more than what was assessed', () => {
  const { inventory } = emptyReport;
  const first = (report: Report) =>
    render(report)
      .split('\n\n')
      .find((part) => part.includes('\nLooked at: ') || part.includes('Nothing was looked at'));
  const problems = [{ code: 'malformed', where: 'x', message: 'y' }] as const;
  const none = { ...emptyReport, inventory: { ...inventory, components: [], coverage: [] } };
  const covered = 'Looked at: lang/go-binary (1 component); nothing found by os/os-release.';
  assert.deepEqual([emptyReport, { ...emptyReport, problems, complete: false }, none, cannotSayReport].map(first), [
    `No known vulnerabilities in 1 component.\n${covered}`,
    `No known vulnerabilities in the part that could be read and assessed (1 component); the rest is not known.\n${covered}`,
    'No component was recognised: there was nothing to hold against advisories.\nNothing was looked at.',
    'Not assessed: without advisories nothing can be said about 0 components.\nNothing was looked at.',
  ]);
});

test('a scan says that its verdict decides nothing, and what its options left out', () => {
  const scanned = (report: Report) =>
    table.render?.(report, { columns: 120, colour: false, withVulnerabilities: false, onlyScan: true }) ?? '';
  assert.match(scanned(sampleReport), /^Verdict {5}the gate would say FAIL: rule no-critical \(/m);
  assert.match(
    scanned(sampleReport),
    /^ {2}- a scan shows the verdict and lets it decide nothing: `kvitto gate` ends with 1 here$/m,
  );
  assert.match(scanned(emptyReport), /^Verdict {5}the gate would say PASS: 1 rule, none violated$/m);
  assert.doesNotMatch(render(sampleReport), /would say|decide nothing/);
  const filtered = scanned({ ...emptyReport, notShown: 3 });
  assert.match(filtered, /^ {12}3 findings left out by the options of this scan$/m);
  assert.match(
    filtered,
    /^Nothing that was asked for in 1 component; 3 findings left out by the options of this scan\.$/m,
  );
  assert.doesNotMatch(filtered, /No known vulnerabilities/);
});

test('a rule that matched nothing has passed only where all could be assessed', () => {
  const rule = (report: Report) =>
    render(report)
      .split('\n')
      .find((line) => line.endsWith('EPSS at least 0.95'));
  assert.equal(rule(sampleReport), '  no match    epss: EPSS at least 0.95');
  assert.equal(rule({ ...sampleReport, problems: [], complete: true }), '  pass        epss: EPSS at least 0.95');
});

test('components of one source package with the same findings stand together', () => {
  const of = (name: string) =>
    component(`pkg:deb/debian/${name}@1?distro=debian-12${name === 'src' ? '' : '&upstream=src'}`, name, '1');
  const components = ['a', 'b', 'other', 'src'].map(of);
  const findings = components.flatMap((c) => [
    finding('CVE-1', c, says('NVD', 'high'), { fixedIn: '2' }),
    ...(c.name === 'other' ? [finding('CVE-2', c, says('NVD', 'low'), { fixedIn: '3' })] : []),
  ]);
  const text = render({ ...emptyReport, inventory: { ...emptyReport.inventory, components }, findings });
  const titles = text.split('\n').filter((line) => / {2}1 → /.test(line));
  assert.deepEqual(titles, ['other  1 → 3   var/lib/dpkg/status', 'a, b, src  1 → 2   var/lib/dpkg/status']);
  assert.match(text, /Total: 5 \(/);
  assert.match(text, /^ {2}src 1 → 3 removes 5 in a, b, other, src$/m);
});
