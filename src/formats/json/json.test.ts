import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { CodedError } from '../../model/errors.ts';
import { assertGolden } from '../testing/golden.ts';
import { everywhere, hostileTexts } from '../testing/hostile-report.ts';
import { cannotSayReport, emptyReport, sampleReport } from '../testing/sample-report.ts';
import { json } from './index.ts';
import { parseReport } from './parse.ts';
import { reportJsonSchema } from './schema.ts';

const options = { columns: null, colour: false, withVulnerabilities: false };
const reports = { sample: sampleReport, empty: emptyReport, 'cannot-say': cannotSayReport };
const published = new URL('../../../schema/kvitto-report-1.schema.json', import.meta.url);
const render = (report: typeof sampleReport) => json.render?.(report, options) ?? '';

test('the published schema is the one that is read with', () => {
  assertGolden(published, `${JSON.stringify(reportJsonSchema(), null, 2)}\n`);
});

/** The schema with every object closed, so that a key without documentation does not validate; undocumented keys named. */
function closed(node: unknown, path: string, undocumented: string[]): unknown {
  if (Array.isArray(node)) return node.map((n, i) => closed(n, `${path}/${i}`, undocumented));
  if (typeof node !== 'object' || node === null) return node;
  const entries = Object.entries(node).map(([k, v]) => [k, closed(v, `${path}/${k}`, undocumented)] as const);
  const copy = Object.fromEntries(entries);
  if (typeof copy['properties'] === 'object' && copy['type'] === 'object') {
    for (const [key, value] of Object.entries(copy['properties'] ?? {})) {
      if (typeof value.description !== 'string') undocumented.push(`${path}/${key}`);
    }
    return { ...copy, additionalProperties: false };
  }
  return copy;
}

test('every report validates, and every key is documented', () => {
  const undocumented: string[] = [];
  const schema = closed(JSON.parse(readFileSync(published, 'utf8')), '', undocumented);
  assert.deepEqual(undocumented, []);
  const validate = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true }).compile(schema as object);
  for (const [name, report] of [
    ...Object.entries(reports),
    ...hostileTexts.map((text) => [text, everywhere(text)] as const),
  ]) {
    assert.ok(validate(JSON.parse(render(report))), `${name}: ${JSON.stringify(validate.errors)}`);
  }
  assert.equal(validate({ ...JSON.parse(render(sampleReport)), surplus: 1 }), false);
});

test('golden files', () => {
  for (const [name, report] of Object.entries(reports)) {
    assertGolden(new URL(`./testdata/${name}.json`, import.meta.url), render(report));
  }
});

test('what was written is read back whole', () => {
  for (const report of [...Object.values(reports), ...hostileTexts.map(everywhere)]) {
    const text = render(report);
    assert.deepEqual(parseReport(text), report);
    assert.deepEqual(parseReport(JSON.parse(text)), report);
    assert.equal(render(parseReport(`\u{feff}${text}`)), text);
  }
});

test('dismissals stand there only when there are any', () => {
  assert.equal('dismissals' in JSON.parse(render(sampleReport)), true);
  assert.equal('dismissals' in JSON.parse(render(emptyReport)), false);
});

test('no control character of the input is written raw', () => {
  const more = {
    ...emptyReport,
    verdict: { ...emptyReport.verdict, warnings: ['\u001b[31m\u009b31m\u202e\u{e0001}\u2028'] },
  };
  const text = render(more);
  assert.match(text, /"\\u001b\[31m\\u009b31m\\u202e\\udb40\\udc01\\u2028"/);
  assert.deepEqual(parseReport(text), more);
});

test('what is no report is refused with the place', () => {
  const document = JSON.parse(render(sampleReport));
  const bad: [unknown, RegExp][] = [
    ['{', /x\.json is not a report of kvitto: it is not JSON/],
    ['', /not JSON/],
    [null, /no key "schema"/],
    [[], /no key "schema"/],
    [{ schema: 'urn:kvitto:report:9' }, /its schema is urn:kvitto:report:9, not urn:kvitto:report:1/],
    [{ schema: 'urn:kvitto:report:1' }, /at tool: /],
    [{ ...document, complete: 'yes' }, /at complete: /],
    [{ ...document, artifact: { ...document.artifact, digest: 'sha256:1' } }, /at artifact\.digest: /],
    [
      { ...document, problems: [{ code: '__proto__', where: '', message: '', stage: 'inventory' }] },
      /at problems\.0\.code: /,
    ],
    [{ ...document, findings: [{}] }, /at findings\.0\.id: /],
  ];
  for (const [input, message] of bad) {
    assert.throws(
      () => parseReport(input, 'x.json'),
      (e) => e instanceof CodedError && e.code === 'document-invalid' && message.test(e.message),
      String(message),
    );
  }
});
