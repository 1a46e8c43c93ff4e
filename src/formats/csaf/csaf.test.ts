import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Statement } from '../../model/decision.ts';
import { allVexFormats } from '../all.ts';
import { csafValidator } from '../testing/documents.ts';
import { anyStatements } from '../testing/vex-claims.ts';
import { about, sample, shop, statement } from '../testing/vex-statements.ts';
import { readVex } from '../vex.ts';
import { csaf } from './index.ts';

const bytes = (name: string) => readFileSync(new URL(`./testdata/${name}`, import.meta.url));

test('a document as distributors publish it (2.0)', (t) => {
  const validate = csafValidator('2.0', (reason) => t.skip(reason));
  const text = bytes('foreign-2.0.json');
  if (validate !== null) assert.equal(validate(JSON.parse(text.toString())), null);
  const author = 'Example Hat Product Security';
  const at = '2024-06-03T10:00:00+00:00';
  const made = (parts: Partial<Statement>) =>
    statement({ vulnerability: 'CVE-2024-21001', aliases: ['GHSA-2c4f-6g8h-9jmp'], author, madeAt: at, ...parts });
  const appStream = 'cpe:/a:examplehat:linux:9::appstream';
  assert.deepEqual(readVex(text, 'x.json', allVexFormats), {
    format: 'csaf',
    document: { id: 'CVE-2024-21001', author, timestamp: at, version: '2' },
    statements: [
      made({
        products: [appStream],
        components: ['quay'],
        status: 'not_affected',
        justification: 'vulnerable_code_not_present',
        madeAt: '2024-05-02T00:00:00+00:00',
      }),
      // A relation to a relation is known by its own name, which is narrower than its parts.
      made({
        products: ['quay of AppStream on the image'],
        status: 'not_affected',
        impact: 'The image does not start the parser.',
      }),
      made({ products: [appStream], components: ['pkg:rpm/examplehat/harbour@2.0-2.el9?arch=src'], status: 'fixed' }),
      made({
        products: [appStream],
        components: ['pkg:rpm/examplehat/harbour@2.0-1.el9?arch=src'],
        status: 'affected',
        action: 'vendor_fix: Apply the erratum.\n\nworkaround: Close the port.',
      }),
      made({ products: [`sha256:${'e1'.repeat(32)}`], status: 'affected', action: 'workaround: Close the port.' }),
      made({ vulnerability: 'EHSA-2024:77', aliases: ['EHSA-2024:78'], products: ['quay'] }),
    ],
    problems: [],
  });
});

test('a document of 2.1', (t) => {
  const validate = csafValidator('2.1', (reason) => t.skip(reason));
  const text = bytes('foreign-2.1.json');
  if (validate !== null) assert.equal(validate(JSON.parse(text.toString())), null);
  const made = (parts: Partial<Statement>) =>
    statement({
      vulnerability: 'CVE-2026-1001',
      author: 'Example Company',
      madeAt: '2026-02-01T00:00:00.000Z',
      ...parts,
    });
  const { statements, problems } = readVex(text, 'x.json', allVexFormats);
  assert.deepEqual(statements, [
    made({ components: ['pkg:npm/%40example/controller@4.3.0'], status: 'fixed' }),
    made({
      components: ['pkg:npm/%40example/controller@4.2.0'],
      status: 'affected',
      action: 'fix_planned: In March.',
    }),
  ]);
  assert.deepEqual(problems, []);
});

const vex = (vulnerability: object, tree: object = {}) => {
  const names = ['a', 'b', 'c', 'd'].map((id) => ({
    product_id: id,
    name: id,
    product_identification_helper: { purl: `pkg:npm/${id}@1` },
  }));
  const document = { category: 'csaf_vex', csaf_version: '2.0' };
  const whole = { document, product_tree: { full_product_names: names, ...tree }, vulnerabilities: [vulnerability] };
  return readVex(Buffer.from(JSON.stringify(whole)), 'x.json', allVexFormats);
};
const plain = (component: string, parts: Partial<Statement>) =>
  statement({ components: [`pkg:npm/${component}@1`], ...parts });

test('contradictions count as the more cautious state; reasons without a product are none', () => {
  const { statements, problems } = vex({
    cve: 'CVE-2024-1000',
    product_status: {
      known_not_affected: ['a', 'b', 'c', 'd'],
      fixed: ['a', 'b'],
      under_investigation: ['a'],
      known_affected: ['b', 'nowhere'],
    },
    flags: [
      { label: 'component_not_present' },
      { label: 'because', product_ids: ['c'] },
      { label: 'component_not_present', product_ids: ['c', 'd'] },
    ],
    threats: [{ category: 'impact', details: 'It cannot happen.' }],
  });
  assert.deepEqual(statements, [
    plain('a', {}),
    plain('b', { status: 'affected' }),
    plain('c', { status: 'not_affected', originalJustification: 'because' }),
    plain('d', { status: 'not_affected', justification: 'component_not_present' }),
  ]);
  assert.deepEqual(
    problems.map((p) => p.message),
    [
      'a product has contradicting states; the more cautious one counts, such as a (4 times)',
      'a product has several flags; the first one counts, such as CVE-2024-1000',
      'a product id is not in the product tree and was left out, such as nowhere',
      'a statement may not stand: action (--action): status affected needs words on what is done about it, such as CVE-2024-1000',
      'a statement may not stand: justification (--justification) or impact (--reason): status not_affected needs one of them, such as CVE-2024-1000',
      'the label of a flag is no word of CSAF, such as because',
    ],
  );
});

test('keys of prototypes, deep branches and groups that multiply are no danger', () => {
  const odd = vex(
    { cve: 'CVE-2024-1000', product_status: { fixed: ['__proto__', 'constructor', 'toString'] } },
    { full_product_names: [{ product_id: '__proto__', name: 'p' }], relationships: [7, null], product_groups: 'x' },
  );
  assert.deepEqual(odd.statements, [statement({ products: ['p'], status: 'fixed' })]);
  assert.deepEqual(
    odd.problems.map((p) => p.message),
    ['a product id is not in the product tree and was left out, such as constructor (2 times)'],
  );

  const depth = 20_000;
  const branches = `${'[{"branches":'.repeat(depth)}[{"product":{"product_id":"deep","name":"deep"}}]${'}]'.repeat(depth)}`;
  const text = `{"document":{"category":"csaf_vex","csaf_version":"2.0"},"product_tree":{"branches":${branches}},"vulnerabilities":[{"cve":"CVE-2024-1000","product_status":{"fixed":["deep"]}}]}`;
  assert.deepEqual(readVex(Buffer.from(text), 'x', allVexFormats).statements, [
    statement({ products: ['deep'], status: 'fixed' }),
  ]);

  const ids = Array.from({ length: 2000 }, (_, i) => `p${i}`);
  const bomb = vex(
    {
      cve: 'CVE-2024-1000',
      product_status: { known_affected: ids },
      remediations: ids.map((id) => ({ category: 'mitigation', details: id, group_ids: ['all'] })),
    },
    {
      full_product_names: ids.map((id) => ({ product_id: id, name: id })),
      product_groups: [{ group_id: 'all', product_ids: ids }],
    },
  );
  assert.deepEqual(bomb.statements, []);
  assert.deepEqual(
    bomb.problems.map((p) => p.message),
    ['it holds more than 1000000 mentions of products; the rest was not read'],
  );
});

type Json = Record<string, unknown>;
const idsOf = (entry: Json): string[] => entry['product_ids'] as string[];

/** The tests of CSAF 2.0, section 6.1, that a schema cannot make and that a VEX document can fail. */
function mandatoryTests(text: string): string[] {
  const { product_tree: tree, vulnerabilities } = JSON.parse(text);
  const defined: string[] = [
    ...tree.full_product_names.map((p: Json) => p['product_id']),
    ...(tree.relationships ?? []).map((r: { full_product_name: Json }) => r.full_product_name['product_id']),
  ];
  const known = new Set(defined);
  const wrong: string[] = [];
  if (known.size !== defined.length) wrong.push('6.1.2 product id defined twice');
  for (const r of tree.relationships ?? [])
    for (const key of ['product_reference', 'relates_to_product_reference'])
      if (!known.has(r[key])) wrong.push('6.1.1 missing definition');
  const cves = vulnerabilities.map((v: Json) => v['cve']).filter((cve: unknown) => cve !== undefined);
  if (new Set(cves).size !== cves.length) wrong.push('6.1.23 CVE twice');
  for (const v of vulnerabilities) {
    const status: Record<string, string[]> = v.product_status;
    const all = Object.values(status).flat();
    const said = [...(v.flags ?? []), ...(v.threats ?? []), ...(v.remediations ?? [])];
    if (new Set(all).size !== all.length) wrong.push('6.1.6 contradicting states');
    if ([...all, ...said.flatMap(idsOf)].some((id) => !known.has(id))) wrong.push('6.1.1 missing definition');
    if (v.cve === undefined && v.ids === undefined) wrong.push('6.1.27.8 neither cve nor ids');
    if (v.notes.length === 0) wrong.push('6.1.27.5 no notes');
    const flagged: string[] = (v.flags ?? []).flatMap(idsOf);
    if (new Set(flagged).size !== flagged.length) wrong.push('6.1.33 several flags for one product');
    const reasons = new Set([...flagged, ...(v.threats ?? []).flatMap(idsOf)]);
    if ((status['known_not_affected'] ?? []).some((id) => !reasons.has(id))) wrong.push('6.1.27.9 no impact statement');
    const actions = new Set((v.remediations ?? []).flatMap(idsOf));
    if ((status['known_affected'] ?? []).some((id) => !actions.has(id))) wrong.push('6.1.27.10 no action statement');
  }
  return wrong;
}

test('written documents pass the mandatory tests of CSAF', () => {
  assert.deepEqual(mandatoryTests(csaf.write(sample, about)), []);
  fc.assert(
    fc.property(anyStatements, anyStatements, (a, b) => {
      assert.deepEqual(mandatoryTests(csaf.write([...a, ...b], about)), []);
    }),
    { numRuns: 100 },
  );
});

test('statements by alias are one vulnerability, and of contradicting ones the more cautious is written', () => {
  const ghsa = 'GHSA-2c4f-6g8h-9jmp';
  const cve = 'CVE-2024-1000';
  const a = { components: ['pkg:npm/a@1'], madeAt: '2026-01-01T00:00:00Z' };
  const written = csaf.write(
    [
      statement({ ...a, vulnerability: cve, status: 'not_affected', justification: 'component_not_present' }),
      statement({ ...a, vulnerability: ghsa, aliases: [cve], status: 'affected', action: 'Remove it.' }),
      statement({
        vulnerability: ghsa,
        aliases: [cve],
        components: ['pkg:npm/b@1'],
        impact: 'Asked.',
        madeAt: a.madeAt,
      }),
      statement({
        vulnerability: ghsa,
        aliases: [cve],
        components: ['pkg:npm/b@1'],
        impact: 'Told.',
        madeAt: '2026-01-02T00:00:00Z',
      }),
    ],
    about,
  );
  assert.deepEqual(mandatoryTests(written), []);
  const read = { vulnerability: cve, aliases: [ghsa], products: [shop.purl ?? ''], author: about.author };
  assert.deepEqual(readVex(Buffer.from(written), 'x', allVexFormats).statements, [
    statement({ ...read, components: ['pkg:npm/b@1'], impact: 'Told.', madeAt: '2026-01-02T00:00:00Z' }),
    statement({ ...read, ...a, status: 'affected', action: 'Remove it.' }),
  ]);
});
