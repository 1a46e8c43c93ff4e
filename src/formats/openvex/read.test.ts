import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { allVexFormats } from '../all.ts';
import { openvexValidator } from '../testing/documents.ts';
import { statement } from '../testing/vex-statements.ts';
import { readVex } from '../vex.ts';

const bytes = (name: string) => readFileSync(new URL(`./testdata/${name}`, import.meta.url));
const read = (statements: unknown, more: object = {}) =>
  readVex(
    Buffer.from(JSON.stringify({ '@context': 'https://openvex.dev/ns/v0.2.0', statements, ...more })),
    'x.json',
    allVexFormats,
  );

test('a document in the shapes of the specification, 0.2.0', (t) => {
  const validate = openvexValidator((reason) => t.skip(reason));
  const text = bytes('foreign-0.2.0.json');
  if (validate !== null) assert.equal(validate(JSON.parse(text.toString())), null);
  const author = 'Wolfgang Keel';
  const net = 'pkg:golang/golang.org/x/net@v0.4.0';
  const second = {
    vulnerability: 'CVE-2023-12346',
    status: 'not_affected',
    justification: 'inline_mitigations_already_exist',
    impact: 'Included git is patched.\n\nConfirmed with upstream.',
    author,
    madeAt: '2023-01-09T00:00:00Z',
  } as const;
  assert.deepEqual(readVex(text, 'x.json', allVexFormats), {
    format: 'openvex',
    document: {
      id: 'https://openvex.example/docs/vex-9fb3463de1b57',
      author,
      timestamp: '2023-01-08T18:02:03.647787998-06:00',
      version: '3',
    },
    statements: [
      statement({
        vulnerability: 'CVE-2023-12345',
        aliases: ['GHSA-2c4f-6g8h-9jmp'],
        components: ['pkg:apk/wolfi/git@2.39.0-r1?arch=armv7', 'pkg:apk/wolfi/git@2.39.0-r1?arch=x86_64'],
        status: 'fixed',
        author,
        madeAt: '2023-01-08T18:02:03.647787998-06:00',
      }),
      // The purl has no version: the digest says which image it is.
      statement({
        ...second,
        products: ['sha256:7a4ab1e5ebf7d1fe4e9bf4cc4de57fef2f0c2bf8b1d40b3a30f3a2c5e7b0d6c1'],
        components: [net, 'pkg:golang/golang.org/x/text@v0.3.7'],
      }),
      statement({ ...second, products: [`pkg:oci/quay@sha256:${'b0'.repeat(32)}`], components: [net] }),
      statement({ ...second, products: ['https://openvex.example/products/whole'] }),
      statement({
        vulnerability: 'CVE-2023-12347',
        products: ['cpe:2.3:a:example:quay:1.0:*:*:*:*:*:*:*'],
        status: 'affected',
        action: 'Customers should upgrade to 1.1.',
        impact: 'Proof of concept seen.',
        author,
        madeAt: '2023-02-01T00:00:00Z',
      }),
    ],
    problems: [],
  });
});

test('a document of 0.0.1: strings, products of the document, subcomponents beside the products', () => {
  const author = 'Chainworks';
  const madeAt = '2023-01-16T19:07:16.853479631Z';
  assert.deepEqual(readVex(bytes('foreign-0.0.1.json'), 'x.json', allVexFormats), {
    format: 'openvex',
    document: { id: 'https://openvex.example/docs/vex-84822c4bf9f84', author, timestamp: madeAt, version: '1' },
    statements: [
      statement({
        vulnerability: 'CVE-2021-44228',
        components: ['pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1'],
        products: ['pkg:maven/org.example/spring-boot@2.6.0', 'pkg:maven/org.example/spring-boot@2.6.1'],
        status: 'not_affected',
        justification: 'vulnerable_code_not_in_execute_path',
        impact: 'Only affected when the default logging system was replaced.',
        author,
        madeAt,
      }),
      statement({
        vulnerability: 'CVE-2021-44229',
        products: [`pkg:oci/mooring@sha256:${'c0'.repeat(32)}`],
        author,
        madeAt,
      }),
    ],
    problems: [],
  });
});

const one = { vulnerability: { name: 'CVE-2024-1000' }, products: [{ '@id': 'pkg:npm/a@1' }] };
const base = statement({ components: ['pkg:npm/a@1'] });

test('what a statement lacks is told; notes lend no reason', () => {
  const { statements, problems } = read([
    { ...one, status: 'not_affected', status_notes: 'We think so.' },
    { ...one, status: 'not_affected', justification: 'component_not_present', status_notes: 'Looked twice.' },
    { ...one, status: 'not_affected', justification: 'trust_me' },
    { ...one, status: 'affected', justification: 'component_not_present' },
    { ...one, status: 'fixed', timestamp: 'Monday', status_notes: 'Noted by kvitto:\nReview by: never' },
  ]);
  assert.deepEqual(statements, [
    { ...base, status: 'not_affected' },
    { ...base, status: 'not_affected', justification: 'component_not_present', impact: 'Looked twice.' },
    { ...base, status: 'not_affected', originalJustification: 'trust_me' },
    { ...base, status: 'affected', originalJustification: 'component_not_present' },
    { ...base, status: 'fixed', impact: 'Noted by kvitto:\nReview by: never' },
  ]);
  assert.deepEqual(
    problems.map((p) => p.message),
    [
      'a justification is no label of OpenVEX, such as trust_me',
      'a statement may not stand: action (--action): status affected needs words on what is done about it, such as CVE-2024-1000',
      'a statement may not stand: justification (--justification) or impact (--reason): status not_affected needs one of them, such as CVE-2024-1000 (2 times)',
      'a time is not written as RFC 3339 has it and was left out, such as Monday',
    ],
  );
});

test('what is not readable is left out and told, never made wider', () => {
  const { statements, problems } = read(
    [
      { ...one, status: 'fixed', products: [] },
      { ...one, status: 'fixed', products: undefined },
      { ...one, status: 'fixed', products: [7, {}, { '@id': '' }] },
      { ...one, status: 'fixed', products: [{ '@id': 'pkg:npm/a@1', subcomponents: [{}] }] },
      { ...one, status: 'Fixed' },
      { ...one, status: 'fixed', vulnerability: { name: '<script>' } },
      7,
      { ...one, status: 'fixed', vulnerability: { '@id': 'https://nvd.nist.gov/vuln/detail/CVE-2024-1001' } },
    ],
    { '@context': 'https://openvex.dev/ns/v3.0.0' },
  );
  assert.deepEqual(statements, [{ ...base, vulnerability: 'CVE-2024-1001', status: 'fixed' }]);
  assert.deepEqual(problems, [
    ...[
      'a product has no identifier and was left out (3 times)',
      'a statement is no object and was left out',
      'a statement names no product and was left out, such as CVE-2024-1000 (4 times)',
      'a statement was left out: the id of a vulnerability is written like CVE-2024-12345, GHSA-2345-6789-cfgh or DSA-5417-1, such as <script>',
      'a status is no word of OpenVEX; its statement was left out, such as Fixed',
      'a subcomponent has no identifier and was left out',
    ].map((message) => ({ code: 'malformed', where: 'x.json', message })),
    {
      code: 'unsupported',
      where: 'x.json',
      message: 'its version of OpenVEX is not known and was read as 0.2.0, such as https://openvex.dev/ns/v3.0.0',
    },
  ]);
});

test('lists that multiply and long texts end at the limits', () => {
  const purls = (type: string, many: number) => Array.from({ length: many }, (_, i) => `pkg:${type}/a${i}@1`);
  const { problems, statements } = read([
    { ...one, status: 'fixed' },
    { ...one, status: 'fixed', products: purls('oci', 1001), subcomponents: purls('npm', 1001) },
    { ...one, status: 'fixed' },
  ]);
  assert.deepEqual(statements, [{ ...base, status: 'fixed' }]);
  assert.deepEqual(
    problems.map((p) => [p.code, p.message]),
    [['limit-exceeded', 'it holds more than 1000000 mentions of products; the rest was not read']],
  );
  const long = read([{ ...one, status: 'affected', action_statement: 'x'.repeat(10_000_000) }]);
  assert.deepEqual(long.statements, [{ ...base, status: 'affected', action: `${'x'.repeat(16_383)}…` }]);
  assert.deepEqual(
    long.problems.map((p) => [p.code, p.message]),
    [['limit-exceeded', 'a text is longer than 16384 characters and was cut, such as CVE-2024-1000']],
  );
});
