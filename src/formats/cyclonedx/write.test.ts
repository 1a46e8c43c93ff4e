import assert from 'node:assert/strict';
import { test } from 'node:test';
import { licenseIds } from '../licenses.ts';
import { cyclonedxValidator } from '../testing/documents.ts';
import { assertGolden } from '../testing/golden.ts';
import { everywhere, hostileTexts } from '../testing/hostile-report.ts';
import { cannotSayReport, emptyReport, sampleReport } from '../testing/sample-report.ts';
import { officialSchema } from '../testing/schemas.ts';
import { cyclonedx } from './index.ts';

const reports = { sample: sampleReport, empty: emptyReport, 'cannot-say': cannotSayReport };
const render = (report: typeof sampleReport, withVulnerabilities = false) =>
  cyclonedx.render?.(report, { columns: null, colour: false, withVulnerabilities }) ?? '';

test('golden files', () => {
  for (const [name, report] of Object.entries(reports)) {
    assertGolden(new URL(`./testdata/${name}.cdx.json`, import.meta.url), render(report));
  }
  assertGolden(new URL('./testdata/sample-vulnerabilities.cdx.json', import.meta.url), render(sampleReport, true));
});

test('documents are valid CycloneDX 1.6', (t) => {
  const validate = cyclonedxValidator((reason) => t.skip(reason));
  if (validate === null) return;
  for (const report of [...Object.values(reports), ...hostileTexts.map(everywhere)]) {
    assert.equal(validate(JSON.parse(render(report))), null);
    assert.equal(validate(JSON.parse(render(report, true))), null);
  }
  assert.notEqual(validate({ ...JSON.parse(render(sampleReport)), surplus: 1 }), null);
});

test('every licence id is on the official list', (t) => {
  const schema = officialSchema('cyclonedx/spdx.schema.json', (reason) => t.skip(reason));
  if (schema === null) return;
  const official = new Set(Array.isArray(schema['enum']) ? schema['enum'] : []);
  assert.deepEqual(
    [...licenseIds()].filter((id) => !official.has(id)),
    [],
  );
});

test('references inside the document lead somewhere, and each is there once', () => {
  const bom = JSON.parse(render(sampleReport, true));
  const refs = [bom.metadata.component, ...bom.components].map((c) => c['bom-ref']);
  assert.equal(new Set(refs).size, refs.length);
  const known = new Set(refs);
  const used = [
    ...bom.dependencies.flatMap((d: { ref: string; dependsOn: string[] }) => [d.ref, ...d.dependsOn]),
    ...bom.compositions.flatMap((c: { assemblies: string[] }) => c.assemblies),
    ...bom.vulnerabilities.flatMap((v: { affects: { ref: string }[] }) => v.affects.map((a) => a.ref)),
  ];
  assert.deepEqual(
    used.filter((ref) => !known.has(ref)),
    [],
  );
});

test('problems make the composition incomplete, and vulnerabilities come only when asked for', () => {
  const aggregates = Object.values(reports).map((r) => JSON.parse(render(r)).compositions[0].aggregate);
  assert.deepEqual(aggregates, ['incomplete', 'unknown', 'incomplete']);
  assert.equal('vulnerabilities' in JSON.parse(render(sampleReport)), false);
  assert.equal(JSON.parse(render(sampleReport, true)).vulnerabilities.length, sampleReport.findings.length);
});
