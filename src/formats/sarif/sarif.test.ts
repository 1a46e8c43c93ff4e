import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Report } from '../../model/report.ts';
import { sarifValidator } from '../testing/documents.ts';
import { everywhere, hostileTexts } from '../testing/hostile-report.ts';
import { cannotSayReport, component, emptyReport, finding, sampleReport, says } from '../testing/sample-report.ts';
import { sarif } from './index.ts';

const log = (report: Report) =>
  JSON.parse(sarif.render?.(report, { columns: null, colour: false, withVulnerabilities: false }) ?? '');

test('logs are valid SARIF 2.1.0', (t) => {
  const validate = sarifValidator((reason) => t.skip(reason));
  if (validate === null) return;
  for (const report of [sampleReport, emptyReport, cannotSayReport, ...hostileTexts.map(everywhere)])
    assert.equal(validate(log(report)), null);
  assert.notEqual(validate({ ...log(sampleReport), surplus: 1 }), null);
});

test('one rule for each id, with a score that says the same as its severity', () => {
  const [run] = log(sampleReport).runs;
  const rules = run.tool.driver.rules.map(
    (r: { id: string; properties: Record<string, unknown>; defaultConfiguration: { level: string } }) => [
      r.id,
      r.defaultConfiguration.level,
      r.properties['security-severity'],
    ],
  );
  assert.deepEqual(rules, [
    ['CVE-2020-28500', 'warning', '5.3'],
    ['CVE-2021-23337', 'error', '7.2'],
    ['CVE-2024-24790', 'note', '3.1'],
    ['CVE-2025-0001', 'error', '9.0'],
    ['CVE-2025-0002', 'error', '7.0'],
    ['CVE-2025-0003', 'note', '0.1'],
    ['GHSA-evil-evil-evil', 'warning', undefined],
    ['RUSTSEC-2024-0001', 'note', undefined],
  ]);
  for (const r of run.results) assert.equal(run.tool.driver.rules[r.ruleIndex].id, r.ruleId);
});

test('places are relative references without base, suppressions are those of the exceptions', () => {
  const [run] = log(sampleReport).runs;
  const of = (id: string) => run.results.find((r: { ruleId: string }) => r.ruleId === id);
  const [place] = of('GHSA-evil-evil-evil').locations;
  assert.equal(
    place.physicalLocation.artifactLocation.uri,
    'srv/app/node_modules/%40evil/a%7Cb%60c%60%1B%5B2J%0D%0A%3Cb%3E.json',
  );
  assert.equal(
    of('CVE-2020-28500').relatedLocations[0].physicalLocation.artifactLocation.uri,
    'srv/old%20app/%C3%A4%25/node_modules/lodash/package.json',
  );
  const suppressed = run.results
    .filter((r: { suppressions: unknown[] }) => r.suppressions.length > 0)
    .map((r: { ruleId: string }) => r.ruleId);
  assert.deepEqual(suppressed, ['CVE-2021-23337']);
  const odd = component('pkg:npm/x@1', 'x', '1', { locations: [{ path: '../../..//./etc', layer: null }] });
  const report = { ...emptyReport, findings: [finding('A-1', odd, says('NVD', 'low'))] };
  assert.equal(log(report).runs[0].results[0].locations[0].physicalLocation.artifactLocation.uri, 'etc');
});

test('fingerprints outlive versions, releases and tags, and are unique in a report', () => {
  const prints = (purl: string, name = 'demo:1') => {
    const c = component(purl, 'libssl3', '1');
    const { inventory } = emptyReport;
    const findings = [finding('CVE-1', c, says('NVD', 'low'))];
    const report = { ...emptyReport, inventory: { ...inventory, artifact: { ...inventory.artifact, name } }, findings };
    return log(report).runs[0].results[0].partialFingerprints;
  };
  const first = prints('pkg:deb/debian/libssl3@1?distro=debian-12&upstream=openssl@1');
  assert.deepEqual(prints('pkg:deb/debian/libssl3@2?distro=debian-13&upstream=openssl@2', 'demo:2'), first);
  assert.notDeepEqual(prints('pkg:deb/debian/libssl1@1'), first);
  const two = [component('pkg:npm/a@1', 'a', '1'), component('pkg:npm/a@2', 'a', '2')];
  const both = log({ ...emptyReport, findings: two.map((c) => finding('CVE-1', c, says('NVD', 'low'))) }).runs[0]
    .results;
  const [x, y] = both.map(
    (r: { partialFingerprints: Record<string, string> }) => r.partialFingerprints['kvittoFinding/v1'],
  );
  assert.deepEqual([x.endsWith(':1'), y.endsWith(':2'), x.slice(0, -2) === y.slice(0, -2)], [true, true, true]);
});

test('an incomplete result is no successful execution', () => {
  const invocations = [sampleReport, emptyReport, cannotSayReport].map((r) => log(r).runs[0].invocations[0]);
  assert.deepEqual(
    invocations.map((i) => [i.executionSuccessful, i.toolExecutionNotifications.length]),
    [
      [false, 3],
      [true, 0],
      [false, 2],
    ],
  );
});

test('text of the input makes no link', () => {
  const c = component('pkg:npm/x@1', 'x', '1');
  const report = {
    ...emptyReport,
    findings: [finding('A-1', c, says('NVD', 'low'), { summary: 'see [here](https://evil.example) \\' })],
  };
  assert.equal(
    log(report).runs[0].results[0].message.text,
    'x 1: A-1 (low severity). No fixed version is known. see \\[here\\](https://evil.example) \\\\',
  );
});
