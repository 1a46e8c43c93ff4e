import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Statement } from '../../model/decision.ts';
import { allFormats, allVexFormats } from '../all.ts';
import { cyclonedxValidator } from '../testing/documents.ts';
import { sampleReport } from '../testing/sample-report.ts';
import { officialSchema } from '../testing/schemas.ts';
import { statement } from '../testing/vex-statements.ts';
import { readVex } from '../vex.ts';

const bytes = (name: string) => readFileSync(new URL(`./testdata/${name}`, import.meta.url));
const bom = (vulnerabilities: unknown, more: object = {}) =>
  readVex(
    Buffer.from(JSON.stringify({ bomFormat: 'CycloneDX', specVersion: '1.6', vulnerabilities, ...more })),
    'x.json',
    allVexFormats,
  );

test('an analysis beside the SBOM, by BOM-Link (1.4)', () => {
  const author = 'Acme, Inc.';
  const madeAt = '2022-03-03T00:00:00Z';
  const products = ['urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1'];
  assert.deepEqual(readVex(bytes('foreign-1.4.json'), 'x.json', allVexFormats), {
    format: 'cyclonedx-vex',
    document: { id: 'urn:uuid:5b0c7a0e-6f3a-4e52-8f2d-0f1d5b5a7c11', author, timestamp: madeAt, version: '2' },
    statements: [
      statement({
        vulnerability: 'CVE-2020-25649',
        aliases: ['SNYK-JAVA-COMFASTERXMLJACKSONCORE-1048302'],
        components: ['pkg:maven/com.fasterxml.jackson.core/jackson-databind@2.10.0?type=jar'],
        products,
        status: 'not_affected',
        justification: 'vulnerable_code_not_in_execute_path',
        impact:
          'Automated dataflow analysis and manual code review indicates that the vulnerable code is not reachable.',
        action: 'no_fix_planned: will_not_fix, update',
        author,
        madeAt,
      }),
      statement({
        vulnerability: 'CVE-2021-26411',
        products,
        status: 'affected',
        impact: 'Seen in the wild.',
        action: 'workaround: Turn the reader off.',
        author,
        madeAt,
      }),
    ],
    problems: [],
  });
});

test('analyses inside an SBOM (1.6): components are those of the subject', (t) => {
  const validate = cyclonedxValidator((reason) => t.skip(reason));
  const text = bytes('foreign-1.6.json');
  if (validate !== null) assert.equal(validate(JSON.parse(text.toString())), null);
  const root = `pkg:oci/portal@sha256:${'d1'.repeat(32)}`;
  const at = '2025-05-05T05:05:05Z';
  const made = (n: number, parts: Partial<Statement>) =>
    statement({
      vulnerability: `CVE-2025-100${n}`,
      products: [root],
      author: 'Product Security',
      madeAt: at,
      ...parts,
    });
  const { statements, problems } = readVex(text, 'x.json', allVexFormats);
  assert.deepEqual(statements, [
    made(1, {
      status: 'affected',
      originalJustification: 'protected_at_perimeter',
      impact: 'The gateway drops it.',
      action: 'Protected at the perimeter, outside of the product.',
      madeAt: '2025-05-01T00:00:00Z',
    }),
    made(2, {
      components: ['c@3'],
      status: 'not_affected',
      originalJustification: 'false_positive',
      impact: 'Another c.',
    }),
    made(3, {
      status: 'not_affected',
      justification: 'inline_mitigations_already_exist',
      originalJustification: 'protected_by_compiler',
      madeAt: '2025-05-02T00:00:00Z',
    }),
    made(4, {
      components: ['pkg:maven/org.b/b vers:maven/<1.0', 'pkg:maven/org.b/b@1.1', 'pkg:maven/org.b/b@1.2'],
      status: 'fixed',
    }),
    made(5, { products: ['sidecar@2'], components: ['pkg:npm/d@4.0.0'] }),
    made(5, { components: ['pkg:npm/a@1.0.0'] }),
    made(6, {
      components: ['pkg:npm/e@5.0.0'],
      status: 'not_affected',
      originalJustification: 'requires_environment',
    }),
    made(7, { components: ['pkg:npm/a@1.0.0'], status: 'affected', action: 'no_fix_planned: Roll back to 7.0.' }),
  ]);
  assert.deepEqual(problems, [
    {
      code: 'malformed',
      where: 'x.json',
      message:
        'a statement may not stand: justification (--justification) or impact (--reason): status not_affected needs one of them, such as CVE-2025-1006',
    },
  ]);
});

const meanings: Record<string, Pick<Statement, 'status' | 'justification' | 'originalJustification' | 'action'>> = {};
const meaning = (
  words: string,
  status: Statement['status'],
  justification: Statement['justification'],
  originalJustification: string | null,
  action: string | null = null,
) => {
  meanings[words] = { status, justification, originalJustification, action };
};
const path = 'vulnerable_code_not_in_execute_path';
const inline = 'inline_mitigations_already_exist';
meaning('not_affected code_not_present', 'not_affected', 'vulnerable_code_not_present', null);
meaning('not_affected code_not_reachable', 'not_affected', path, null);
meaning('not_affected requires_configuration', 'not_affected', null, 'requires_configuration');
meaning('not_affected requires_dependency', 'not_affected', null, 'requires_dependency');
meaning('not_affected requires_environment', 'not_affected', null, 'requires_environment');
meaning('not_affected protected_by_compiler', 'not_affected', inline, 'protected_by_compiler');
meaning('not_affected protected_at_runtime', 'not_affected', inline, 'protected_at_runtime');
const perimeter = 'Protected at the perimeter, outside of the product.';
meaning('not_affected protected_at_perimeter', 'affected', null, 'protected_at_perimeter', perimeter);
const control = 'Protected by a mitigating control outside of the product.';
meaning('not_affected protected_by_mitigating_control', 'affected', null, 'protected_by_mitigating_control', control);
meaning('not_affected ', 'not_affected', null, null);
meaning('not_affected of my own', 'not_affected', null, 'of my own');
meaning('false_positive ', 'not_affected', null, 'false_positive');
meaning('false_positive code_not_reachable', 'not_affected', path, 'false_positive');
meaning('false_positive protected_at_perimeter', 'affected', null, 'protected_at_perimeter', perimeter);
meaning('exploitable ', 'affected', null, null);
meaning('exploitable code_not_present', 'affected', null, 'code_not_present');
meaning('resolved ', 'fixed', null, null);
meaning('resolved code_not_present', 'fixed', null, 'code_not_present');
meaning('resolved_with_pedigree ', 'fixed', null, null);
meaning('in_triage ', 'under_investigation', null, null);
meaning('in_triage code_not_reachable', 'under_investigation', null, 'code_not_reachable');

test('every word of CycloneDX, in our words', (t) => {
  for (const [words, expected] of Object.entries(meanings)) {
    const at = words.indexOf(' ');
    const label = words.slice(at + 1);
    const analysis = { state: words.slice(0, at), ...(label !== '' && { justification: label }) };
    const [found] = bom([{ id: 'CVE-2025-1000', analysis, affects: [{ ref: 'pkg:npm/a@1' }] }]).statements;
    assert.deepEqual(
      found,
      statement({ vulnerability: 'CVE-2025-1000', components: ['pkg:npm/a@1'], ...expected }),
      words,
    );
  }
  const schema = officialSchema('cyclonedx/bom-1.7.schema.json', (reason) => t.skip(reason));
  if (schema === null) return;
  const { impactAnalysisState, impactAnalysisJustification } = schema['definitions'] as Record<
    string,
    { enum: string[] }
  >;
  const tried = Object.keys(meanings).map((words) => words.split(' '));
  for (const state of impactAnalysisState?.enum ?? [])
    assert.ok(
      tried.some(([s]) => s === state),
      state,
    );
  for (const label of impactAnalysisJustification?.enum ?? [])
    assert.ok(
      tried.some(([, l]) => l === label),
      label,
    );
});

test('what nobody can read is left out and told; properties lend no reason', () => {
  const affects = [{ ref: 'pkg:npm/a@1' }];
  const property = (name: string, value: unknown) => ({ name, value });
  const { statements, problems } = bom([
    { id: 'CVE-2025-1001', analysis: { state: 'safe' }, affects },
    { id: 'CVE-2025-1002', analysis: { state: 'resolved' } },
    { id: 'CVE-2025-1003', analysis: { state: 'resolved' }, affects: [{ ref: '' }, {}, 7, { ref: '\u0000' }] },
    { analysis: { state: 'resolved' }, affects },
    7,
    { id: 'CVE-2025-1004', analysis: 'resolved', affects },
    {
      id: 'CVE-2025-1005',
      analysis: { state: 'in_triage' },
      affects,
      properties: [property('kvitto:justification', 'component_not_present'), property('kvitto:reviewBy', 'never')],
    },
    {
      id: 'CVE-2025-1006',
      analysis: { state: 'not_affected', justification: 'code_not_reachable' },
      affects,
      properties: [property('kvitto:justification', 'component_not_present')],
    },
    {
      id: 'CVE-2025-1007',
      analysis: { state: 'not_affected', justification: 'protected_at_perimeter' },
      affects,
      properties: [property('kvitto:justification', 'inline_mitigations_already_exist'), property('__proto__', 1)],
    },
  ]);
  const made = (n: number, parts: Partial<Statement>) =>
    statement({ vulnerability: `CVE-2025-100${n}`, components: ['pkg:npm/a@1'], ...parts });
  assert.deepEqual(statements, [
    made(5, {}),
    made(6, { status: 'not_affected', justification: 'vulnerable_code_not_in_execute_path' }),
    made(7, { status: 'affected', originalJustification: 'protected_at_perimeter', action: perimeter }),
  ]);
  assert.deepEqual(
    problems.map((p) => p.message),
    [
      'a reference to what is affected leads nowhere and was left out (4 times)',
      'a state is no word of CycloneDX; its vulnerability was left out, such as safe',
      'a statement names no product and was left out, such as CVE-2025-1002 (2 times)',
      'a statement was left out: the id of the vulnerability is empty',
      'a vulnerability is no object and was left out',
    ],
  );
  assert.deepEqual(
    bom([]).problems.map((p) => [p.code, p.message]),
    [['nothing-recognised', 'it holds no VEX statement that could be read']],
  );
});

test('an own SBOM with exceptions is VEX, too: accepted risks stay risks', () => {
  const cyclonedx = allFormats.find((f) => f.id === 'cyclonedx');
  const text = cyclonedx?.render?.(sampleReport, { columns: null, colour: false, withVulnerabilities: true }) ?? '';
  const { statements } = readVex(Buffer.from(text), 'x.json', allVexFormats);
  const excepted = sampleReport.findings.filter((f) => f.excepted !== null);
  assert.ok(excepted.length > 0);
  assert.deepEqual(
    statements.map((s) => [s.vulnerability, s.components, s.status, s.impact, s.action?.slice(0, 14)]),
    excepted.map((f) => [f.id, [f.component], 'affected', f.excepted?.reason, 'no_fix_planned']),
  );
});

test('components nested to any depth', () => {
  const depth = 20_000;
  const text = `{"bomFormat":"CycloneDX","specVersion":"1.6","vulnerabilities":[{"id":"CVE-2025-1000","analysis":{"state":"resolved"},"affects":[{"ref":"deep"}]}],"components":${'[{"type":"library","name":"x","components":'.repeat(depth)}[{"bom-ref":"deep","type":"library","purl":"pkg:npm/deep@1"}]${'}]'.repeat(depth)}}`;
  assert.deepEqual(readVex(Buffer.from(text), 'x', allVexFormats).statements, [
    statement({ vulnerability: 'CVE-2025-1000', components: ['pkg:npm/deep@1'], status: 'fixed' }),
  ]);
});
