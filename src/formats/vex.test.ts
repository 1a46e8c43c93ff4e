import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { statementFaults } from '../model/decision.ts';
import { CodedError } from '../model/errors.ts';
import { allVexFormats } from './all.ts';
import { csafValidator, cyclonedxValidator, openvexValidator } from './testing/documents.ts';
import { assertGolden } from './testing/golden.ts';
import type { Validate } from './testing/validate.ts';
import { anyStatements, claimsOf, isStronger } from './testing/vex-claims.ts';
import { about, folder, sample, shop, statement } from './testing/vex-statements.ts';
import { readVex } from './vex.ts';
import type { VexAbout, VexFormat } from './vex-format.ts';

const ends: Readonly<Record<string, string>> = {
  openvex: 'openvex.json',
  'cyclonedx-vex': 'cdx.json',
  csaf: 'csaf.json',
};
const validators: Readonly<Record<string, (skip: (reason: string) => void) => Validate | null>> = {
  openvex: openvexValidator,
  'cyclonedx-vex': cyclonedxValidator,
  csaf: (skip) => csafValidator('2.0', skip),
};
const read = (text: string, name = 'x.json') => readVex(Buffer.from(text), name, allVexFormats);
/** Every statement has its products: what is about nothing else is about the products of the document. */
const abouts: readonly VexAbout[] = [about, { ...about, products: [shop, folder] }];
/** What was read says itself what it is about. */
const nobody = { ...about, products: [] };
const anyAbout = fc.constantFrom(...abouts);

for (const format of allVexFormats) {
  test(`${format.id}: golden file, the same in any order`, () => {
    const text = format.write(sample, about);
    assertGolden(new URL(`./${format.id}/testdata/sample.${ends[format.id]}`, import.meta.url), text);
    assert.equal(format.write(sample.toReversed(), structuredClone(about)), text);
  });

  test(`${format.id}: documents are valid by the official schema`, (t) => {
    const validate = validators[format.id]?.((reason) => t.skip(reason)) ?? null;
    if (validate === null) return;
    assert.equal(validate(JSON.parse(format.write(sample, about))), null);
    fc.assert(
      fc.property(anyStatements, anyAbout, (statements, a) => {
        assert.equal(validate(JSON.parse(format.write(statements, a))), null);
      }),
      { numRuns: 50 },
    );
    assert.notEqual(validate({}), null);
  });

  test(`${format.id}: what was written is read again, but for the losses that are documented`, () => {
    fc.assert(
      fc.property(anyStatements, anyAbout, (statements, a) => {
        const found = read(format.write(statements, a));
        assert.deepEqual(found.problems, []);
        assert.deepEqual(
          { format: found.format, ...found.document },
          { format: format.id, id: a.id, author: a.author, timestamp: a.timestamp, version: '1' },
        );
        assert.deepEqual(claimsOf(found.statements, nobody), expected(format, statements, a));
      }),
      { numRuns: 300 },
    );
  });

  test(`${format.id}: nothing of a statement can steer a terminal`, () => {
    const text = '\u202eevil\u2028\u061c';
    const s = statement({ status: 'affected', action: text, impact: text, originalJustification: text, author: text });
    const written = format.write([s], { ...about, author: text, id: text, products: [{ ...shop, name: text }] });
    assert.deepEqual(written.replaceAll('\n', '').match(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u), null);
  });

  test(`${format.id}: what may not stand, or is about nothing, is not written`, () => {
    const refused = (statements: typeof sample, a: VexAbout, message: string) =>
      assert.throws(
        () => format.write(statements, a),
        (e) => e instanceof CodedError && e.code === 'document-invalid' && e.message === message,
      );
    refused([], about, 'there is no statement to write: a VEX document has at least one');
    refused(
      [statement({ status: 'affected' })],
      about,
      'the statement about CVE-2024-1000 is not written: action (--action): status affected needs words on what is done about it',
    );
    refused(
      [statement({})],
      nobody,
      'the statement about CVE-2024-1000 is not written: products: it names nothing, and the document is about no product',
    );
    // Named components are enough, wherever they are.
    const loose = [statement({ components: ['pkg:npm/a@1', 'pkg:npm/b@1'] })];
    assert.deepEqual(read(format.write(loose, nobody)).statements, [
      { ...loose[0], author: about.author, madeAt: about.timestamp },
    ]);
  });
}

/** The claims as a document gives them back: what each format has no place for is the document's. */
function expected(format: VexFormat, statements: readonly ReturnType<typeof statement>[], a: VexAbout) {
  return claimsOf(statements, a).map((claim) => {
    // CSAF has dates for flags, impacts and remediations, and none for a bare status.
    const bare = claim.justification ?? claim.impact ?? claim.action ?? claim.reviewBy ?? claim.originalJustification;
    const dated = format.id !== 'csaf' || bare !== null;
    return { ...claim, author: a.author, madeAt: (dated ? claim.madeAt : null) ?? a.timestamp };
  });
}

test('no way through the formats makes a claim stronger', () => {
  const anyFormat = fc.constantFrom(...allVexFormats);
  fc.assert(
    fc.property(anyStatements, anyAbout, fc.array(anyFormat, { minLength: 2, maxLength: 4 }), (statements, a, way) => {
      let now = statements;
      for (const [i, format] of way.entries()) now = [...read(format.write(now, i === 0 ? a : nobody)).statements];
      const before = claimsOf(statements, a);
      const after = claimsOf(now, nobody);
      assert.equal(after.length, before.length);
      for (const [i, claim] of after.entries()) {
        const from = before[i];
        assert.ok(from !== undefined && !isStronger(claim, from), JSON.stringify([from, claim]));
        assert.deepEqual(claim.originalJustification, from.originalJustification);
      }
    }),
    { numRuns: 200 },
  );
});

test('documents are told by their content, and what is none is refused with the remedy', () => {
  const bad: [string, RegExp][] = [
    ['', /^x\.json is empty; only JSON is read$/],
    ['{', /^x\.json is not JSON: /],
    ['{}', /^x\.json is JSON, but no VEX document$/],
    ['[]', /^x\.json is JSON, but no VEX document$/],
    ['{"bomFormat":"CycloneDX","specVersion":"1.6"}', /but no VEX document \(it is an SBOM without vulnerabilities\)$/],
    ['{"spdxVersion":"SPDX-2.3"}', /but no VEX document \(it is an SBOM in SPDX\)$/],
    [
      '{"bomFormat":"CycloneDX","specVersion":"1.3","vulnerabilities":[]}',
      /version 1\.4 to 1\.7, but says version 1\.3$/,
    ],
    ['{"@context":"https://openvex.dev/ns/v0.2.0","statements":{}}', /is not OpenVEX: it has no list of statements$/],
    ['{"document":{"csaf_version":"1.2","category":"csaf_vex"}}', /is CSAF of version 1\.2$/],
    ['{"document":{"csaf_version":"2.0","category":"csaf_base"}}', /is CSAF of the category csaf_base$/],
    ['{"__proto__":{"@context":"https://openvex.dev/ns"}}', /^x\.json is JSON, but no VEX document$/],
  ];
  for (const [content, message] of bad) {
    assert.throws(
      () => read(content),
      (e) =>
        e instanceof CodedError && e.code === 'document-invalid' && message.test(e.message) && e.remedy !== undefined,
      content,
    );
  }
  assert.throws(
    () => readVex(new Uint8Array(64 * 1024 * 1024 + 1), 'x', allVexFormats),
    (e) => e instanceof CodedError && e.code === 'limit-exceeded' && e.message === 'x is larger than 64 MiB',
  );
});

/** Replaces what lies at a path, chosen by numbers, with something else. */
function altered(node: unknown, path: readonly number[], by: unknown): unknown {
  if (typeof node !== 'object' || node === null || path.length === 0) return by;
  const [first = 0, ...rest] = path;
  const keys = Object.keys(node);
  const key = keys[first % Math.max(keys.length, 1)];
  if (key === undefined) return by;
  const value = altered(Object.entries(node)[keys.indexOf(key)]?.[1], rest, by);
  return Array.isArray(node) ? node.with(Number(key), value) : { ...node, [key]: value };
}

test('whatever is changed in a document, reading ends, and no statement is about everything', () => {
  const documents = allVexFormats.map((f) => JSON.parse(f.write(sample, about)));
  const hostile = fc.oneof(
    fc.constantFrom(
      '',
      '__proto__',
      'constructor',
      '\u001b[2J\u0000',
      'pkg:npm/',
      'pkg:oci/%',
      'x'.repeat(20_000),
      'CVE-',
    ),
    fc.constantFrom(null, true, -1, 1e308, [], {}, [[[[[]]]]], [null], ['__proto__'], { purl: 7 }),
    fc.constant(JSON.parse('{"__proto__": {"status": "not_affected"}, "constructor": 1}')),
    fc.jsonValue(),
  );
  const path = fc.array(fc.nat({ max: 30 }), { minLength: 1, maxLength: 9 });
  fc.assert(
    fc.property(
      fc.constantFrom(...documents),
      fc.array(fc.tuple(path, hostile), { minLength: 1, maxLength: 3 }),
      (d, changes) => {
        let document: unknown = d;
        for (const [at, by] of changes) document = altered(document, at, by);
        try {
          const { statements, problems } = read(JSON.stringify(document));
          for (const s of statements) {
            assert.ok(s.products.length + s.components.length > 0);
            const faults = statementFaults(s);
            assert.ok(faults.length === 0 || problems.length > 0, faults.join());
            assert.deepEqual([...s.products, ...s.components, s.vulnerability].join().match(/[\p{Cc}\p{Cf}]/u), null);
          }
          for (const p of problems) assert.doesNotMatch(p.message + p.where, /[\p{Cc}\p{Cf}]/u);
          assert.ok(statements.length > 0 || problems.length > 0);
        } catch (e) {
          if (!(e instanceof CodedError && e.code === 'document-invalid')) throw e;
        }
      },
    ),
    { numRuns: 1000 },
  );
});
