import assert from 'node:assert/strict';
import { test } from 'node:test';
import { spdxValidator } from '../testing/documents.ts';
import { assertGolden } from '../testing/golden.ts';
import { everywhere, hostileTexts } from '../testing/hostile-report.ts';
import { cannotSayReport, emptyReport, sampleReport } from '../testing/sample-report.ts';
import { spdx } from './index.ts';

const reports = { sample: sampleReport, empty: emptyReport, 'cannot-say': cannotSayReport };
const render = (report: typeof sampleReport) =>
  spdx.render?.(report, { columns: null, colour: false, withVulnerabilities: false }) ?? '';

test('golden files', () => {
  for (const [name, report] of Object.entries(reports)) {
    assertGolden(new URL(`./testdata/${name}.spdx.json`, import.meta.url), render(report));
  }
});

test('documents are valid SPDX 2.3', (t) => {
  const validate = spdxValidator((reason) => t.skip(reason));
  if (validate === null) return;
  for (const report of [...Object.values(reports), ...hostileTexts.map(everywhere)])
    assert.equal(validate(JSON.parse(render(report))), null);
  assert.notEqual(validate({ ...JSON.parse(render(sampleReport)), surplus: 1 }), null);
});

test('ids are well formed and unique, and every relationship leads somewhere', () => {
  const document = JSON.parse(render(sampleReport));
  const ids: string[] = [document.SPDXID, ...document.packages.map((p: { SPDXID: string }) => p.SPDXID)];
  assert.deepEqual(
    ids.filter((id) => !/^SPDXRef-[A-Za-z0-9.-]+$/.test(id)),
    [],
  );
  assert.equal(new Set(ids).size, ids.length);
  const known = new Set(ids);
  for (const r of document.relationships) {
    assert.ok(known.has(r.spdxElementId) && known.has(r.relatedSpdxElement), JSON.stringify(r));
  }
  const declared = document.packages.map((p: { licenseDeclared: string }) => p.licenseDeclared).join(' ');
  const extracted = (document.hasExtractedLicensingInfos as { licenseId: string }[]).map((l) => l.licenseId);
  const used = [...new Set(declared.match(/LicenseRef-[A-Za-z0-9.-]+/g))];
  assert.deepEqual(used.sort(), extracted.sort());
});

test('problems are said in the comment', () => {
  const comments = Object.values(reports).map((r) => JSON.parse(render(r)).comment);
  assert.deepEqual(comments, [
    'INCOMPLETE: 2 parts of the artifact could not be read, see the annotations. Looked at: lang/go-binary (1 files), lang/npm (3 files), os/dpkg (1 files).',
    'All that was recognised was read. Looked at: lang/go-binary (1 files), os/os-release (1 files).',
    'INCOMPLETE: 1 part of the artifact could not be read, see the annotations. Looked at: nothing.',
  ]);
});
