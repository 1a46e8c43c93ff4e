import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { CodedError } from '../model/errors.ts';
import type { Component, Inventory, OperatingSystem } from '../model/inventory.ts';
import { sortProblems } from '../model/problem.ts';
import { formatPurl } from '../model/purl.ts';
import type { Report } from '../model/report.ts';
import { allFormats } from './all.ts';
import { problemCodes } from './problem-codes.ts';
import { readDocument } from './read-document.ts';
import { cannotSayReport, component, digestOf, emptyReport, sampleReport } from './testing/sample-report.ts';
import { validator } from './testing/validate.ts';

const read = (document: unknown, name = 'x.json'): Inventory =>
  readDocument(Buffer.from(typeof document === 'string' ? document : JSON.stringify(document)), name, allFormats);

/** Writes a report as an SBOM and reads that: components, operating system and problems. */
function through(report: Report, id: string) {
  const format = allFormats.find((f) => f.id === id);
  const text = format?.render?.(report, { columns: null, colour: false, withVulnerabilities: true }) ?? '';
  const { components, os, problems } = read(text);
  return { components, os, problems };
}

test('components, system and problems come through our own SBOMs unchanged', () => {
  for (const { inventory, ...rest } of [sampleReport, emptyReport, cannotSayReport]) {
    const { components, os, problems } = inventory;
    for (const id of ['cyclonedx', 'spdx']) {
      assert.deepEqual(through({ ...rest, inventory }, id), { components, os, problems }, id);
    }
  }
});

const word = fc
  .string({ minLength: 1, maxLength: 12, unit: 'binary' })
  .filter((s) => s.trim() !== '' && s.isWellFormed());
const path = word.filter((s) => !s.startsWith('/'));
const anyComponent: fc.Arbitrary<Component> = fc
  .record({
    name: word.filter((s) => !s.includes('/')),
    version: word,
    direct: fc.constantFrom(true, false, null),
    dev: fc.boolean(),
    foundBy: word,
    licenses: fc.uniqueArray(fc.oneof(word, fc.constantFrom('MIT', 'MIT OR ISC')), { maxLength: 3 }),
    locations: fc.uniqueArray(
      fc.record({ path, layer: fc.constantFrom(null, digestOf('a')) }).map((l) => ({ ...l })),
      {
        maxLength: 3,
        selector: (l) => `${l.path}\0${l.layer ?? ''}`,
      },
    ),
    needs: fc.array(fc.nat(5), { maxLength: 3 }),
  })
  .map(({ needs, name, version, locations, ...c }) => ({
    ...component(formatPurl({ type: 'generic', name, version }), name, version, c),
    locations: [...locations].sort((a, b) => (`${a.path}\0${a.layer ?? ''}` < `${b.path}\0${b.layer ?? ''}` ? -1 : 1)),
    dependsOn: [...new Set(needs.map((n) => `pkg:generic/other@${n}`))].sort(),
  }));

const anyOs: fc.Arbitrary<OperatingSystem | null> = fc.option(
  fc
    .record({ id: word, versionId: fc.string(), name: fc.string(), ecosystem: fc.option(word) })
    .map((os) => ({ ...os })),
);

test('property: any inventory comes through our own SBOMs unchanged', () => {
  const codes = Object.keys(problemCodes) as (keyof typeof problemCodes)[];
  const problem = fc
    .record({
      code: fc.constantFrom(...codes),
      where: fc.stringMatching(/^[a-z ]{0,9}$/),
      message: fc.stringMatching(/^[ -~]{0,30}$/),
    })
    .map((p) => ({ ...p }));
  fc.assert(
    fc.property(
      fc.uniqueArray(anyComponent, { maxLength: 6, selector: (c) => c.purl }),
      anyOs,
      fc.array(problem, { maxLength: 3 }),
      (unsorted, os, stated) => {
        const components = unsorted.sort((a, b) => (a.purl < b.purl ? -1 : 1));
        const problems = sortProblems(stated);
        const report = { ...emptyReport, inventory: { ...emptyReport.inventory, components, os, problems } };
        assert.deepEqual(through(report, 'cyclonedx'), { components, os, problems });
        assert.deepEqual(through(report, 'spdx'), { components, os, problems });
      },
    ),
    { numRuns: 150 },
  );
});

test('property: no JSON makes the readers crash', () => {
  const key = fc.constantFrom(
    ...'components packages metadata component properties name value type purl version bom-ref licenses license expression'.split(
      ' ',
    ),
    ...'@graph from to spdxId rootElement dependencies ref dependsOn evidence occurrences location compositions aggregate assemblies annotations comment'.split(
      ' ',
    ),
    ...'relationships relationshipType spdxElementId relatedSpdxElement documentDescribes externalRefs __proto__ constructor'.split(
      ' ',
    ),
  );
  const { tree } = fc.letrec((tie) => ({
    leaf: fc.oneof(
      fc.string(),
      fc.integer(),
      fc.constant(null),
      fc.boolean(),
      fc.constant('pkg:npm/a@1'),
      fc.constant('kvitto:problem x'),
    ),
    tree: fc.oneof(
      { depthSize: 'small' },
      tie('leaf'),
      fc.array(tie('tree'), { maxLength: 4 }),
      fc.dictionary(key, tie('tree'), { maxKeys: 5 }),
    ),
  }));
  fc.assert(
    fc.property(
      fc.dictionary(key, tree),
      fc.constantFrom<object>(
        { bomFormat: 'CycloneDX', specVersion: '1.5' },
        { spdxVersion: 'SPDX-2.3' },
        { '@context': 'https://spdx.org/rdf/3.0.1/spdx-context.jsonld' },
      ),
      (body, head) => {
        const inventory = read({ ...body, ...head });
        assert.equal(inventory.components.length > 0 || inventory.problems.length > 0, true);
      },
    ),
    { numRuns: 300 },
  );
});

test('the artifact is the document: its digest, and what it is about', () => {
  const text =
    allFormats
      .find((f) => f.id === 'spdx')
      ?.render?.(sampleReport, { columns: null, colour: false, withVulnerabilities: false }) ?? '';
  assert.deepEqual(read(text, '-').artifact, {
    kind: 'sbom',
    name: '-',
    digest: digestOf(text),
    digestOf: 'document',
    references: ['registry.example:5000/shop/web:1.4'],
    platform: null,
    configDigest: null,
    layers: [],
  });
});

for (const name of ['syft.cdx', 'trivy.cdx', 'syft.spdx', 'trivy.spdx', 'other.spdx3']) {
  test(`a document in the habits of ${name}`, () => {
    const bytes = readFileSync(new URL(`./testdata/${name}.json`, import.meta.url));
    const { components, os, problems, artifact } = readDocument(bytes, name, allFormats);
    const expected = JSON.parse(readFileSync(new URL(`./testdata/${name}.expected.json`, import.meta.url), 'utf8'));
    assert.deepEqual({ references: artifact.references, os, components, problems }, expected);
  });
}

test('a byte order mark is no obstacle', () => {
  assert.equal(
    read(`\u{feff}{"bomFormat":"CycloneDX","specVersion":"1.4","components":[{"purl":"pkg:npm/a@1"}]}`).components
      .length,
    1,
  );
});

test('documents that are not JSON, or no SBOM, are refused with the remedy', () => {
  const bad: [string | Uint8Array, RegExp][] = [
    ['', /^x is empty; only JSON is read$/],
    ['<?xml version="1.0"?><bom/>', /^x is XML; only JSON is read$/],
    ['\n# a comment\nSPDXVersion: SPDX-2.3\n', /^x is SPDX tag-value; only JSON is read$/],
    ['PK\u0003\u0004', /^x is a zip archive; only JSON is read$/],
    ['{"bomFormat": "CycloneDX"', /^x is not JSON: /],
    [new Uint8Array([0xff, 0xfe, 0x7b, 0]), /^x is not UTF-8 text$/],
    ['{}', /^x is JSON, but no SBOM$/],
    ['null', /^x is JSON, but no SBOM$/],
    ['{"artifacts":[],"descriptor":{}}', /it looks like the JSON of Syft: use -o cyclonedx-json/],
    ['{"Results":[],"ArtifactName":"x"}', /it looks like the JSON of Trivy: use --format cyclonedx/],
    [
      '{"bomFormat":"CycloneDX","specVersion":"9\\u001b[31m"}',
      /^x is not CycloneDX JSON of version 1\.2 to 1\.7, but says version 9\u{fffd}\[31m$/u,
    ],
    ['{"bomFormat":"CycloneDX"}', /^x is not CycloneDX JSON of version 1\.2 to 1\.7$/],
    ['{"spdxVersion":"SPDX-1.2"}', /^x is not SPDX JSON of version 2\.2, 2\.3 or 3\.0, but says SPDX-1\.2$/],
  ];
  for (const [content, message] of bad) {
    assert.throws(
      () => readDocument(typeof content === 'string' ? Buffer.from(content) : content, 'x', allFormats),
      (e) =>
        e instanceof CodedError && e.code === 'document-invalid' && message.test(e.message) && e.remedy !== undefined,
      String(message),
    );
  }
});

const bom = (components: unknown, more: object = {}) =>
  read({ bomFormat: 'CycloneDX', specVersion: '1.6', components, ...more });

test('what cannot be matched is counted, never dropped in silence', () => {
  const inventory = bom([
    { type: 'library', name: 'a', version: '1' },
    { type: 'library', name: 'b', version: '2', cpe: 'cpe:2.3:a:b:b:2' },
    { type: 'library', name: 'c', purl: 'pkg:npm' },
    { type: 'library', name: 'd', purl: 'pkg:npm/d' },
    { type: 'library', name: 'e', purl: 'pkg:deb/debian/e@1' },
    { type: 'file', name: '/etc/passwd', version: '1' },
    { type: 'application', name: 'package-lock.json' },
    7,
    { type: 'library', name: 'f', group: '@g', version: '3', purl: 'pkg:npm/@g/f' },
  ]);
  assert.deepEqual(
    inventory.components.map((c) => [c.purl, c.name, c.version]),
    [
      ['pkg:deb/debian/e@1', 'e', '1'],
      ['pkg:npm/%40g/f@3', '@g/f', '3'],
    ],
  );
  assert.deepEqual(inventory.problems, [
    {
      code: 'malformed',
      where: 'x.json',
      message: '1 component has an invalid purl and cannot be held against advisories, such as pkg:npm',
    },
    { code: 'malformed', where: 'x.json', message: '1 of its components are not objects' },
    {
      code: 'os-unknown',
      where: 'x.json',
      message: '1 component has no distribution in the purl, such as e: its advisories cannot be told',
    },
    {
      code: 'unsupported',
      where: 'x.json',
      message: '1 component has no version and cannot be held against advisories, such as d',
    },
    {
      code: 'unsupported',
      where: 'x.json',
      message: '2 components have no purl and cannot be held against advisories, such as a 1',
    },
  ]);
});

test('an incomplete document says so, a false problem does not pass for none', () => {
  const about = { component: { 'bom-ref': 'r', type: 'container', name: 'n' } };
  const compositions = [{ aggregate: 'incomplete_first_party_only', assemblies: ['r'] }];
  assert.deepEqual(bom([{ purl: 'pkg:npm/a@1' }], { metadata: about, compositions }).problems, [
    { code: 'truncated', where: 'x.json', message: 'the document says of itself that it is incomplete' },
  ]);
  const properties = [{ name: 'kvitto:problem', value: '{"code":"constructor","where":"","message":""}' }];
  assert.deepEqual(bom([{ purl: 'pkg:npm/a@1' }], { metadata: { ...about, properties } }).problems, [
    {
      code: 'malformed',
      where: 'x.json',
      message: 'it names a problem of its scan that cannot be read: {"code":"constructor","where":"","message":""}',
    },
  ]);
  assert.deepEqual(
    bom([]).problems.map((p) => p.code),
    ['nothing-recognised'],
  );
});

test('duplicates are joined', () => {
  const twice = bom(
    [
      { 'bom-ref': '1', purl: 'pkg:npm/a@1', evidence: { occurrences: [{ location: '/y' }] }, scope: 'excluded' },
      { 'bom-ref': '2', purl: 'pkg:npm/a@1', evidence: { occurrences: [{ location: 'x' }, { location: '' }] } },
      { 'bom-ref': '3', purl: 'pkg:npm/b@1', components: [{ 'bom-ref': '4', purl: 'pkg:npm/c@1' }] },
    ],
    {
      dependencies: [
        { ref: '1', dependsOn: ['3', '1', 'nowhere'] },
        { ref: '2', dependsOn: ['4'] },
      ],
    },
  );
  const empty = { foundBy: 'sbom', direct: null, dev: false, licenses: [], dependsOn: [], locations: [] };
  assert.deepEqual(twice.components, [
    {
      ...empty,
      purl: 'pkg:npm/a@1',
      name: 'a',
      version: '1',
      locations: [
        { path: 'x', layer: null },
        { path: 'y', layer: null },
      ],
      dependsOn: ['pkg:npm/b@1', 'pkg:npm/c@1'],
    },
    { ...empty, purl: 'pkg:npm/b@1', name: 'b', version: '1' },
    { ...empty, purl: 'pkg:npm/c@1', name: 'c', version: '1' },
  ]);
});

test('depth and number are bounded', () => {
  const depth = 20_000;
  const deep = `{"bomFormat":"CycloneDX","specVersion":"1.6","components":${'[{"purl":"pkg:npm/a@1","components":'.repeat(depth)}[]${'}]'.repeat(depth)}}`;
  assert.deepEqual(
    read(deep).components.map((c) => c.purl),
    ['pkg:npm/a@1'],
  );
  const many = { spdxVersion: 'SPDX-2.3', packages: new Array(500_001).fill(0) };
  assert.deepEqual(read(many).problems, [
    { code: 'limit-exceeded', where: 'x.json', message: 'it holds more than 500000 packages; the rest was not read' },
    { code: 'malformed', where: 'x.json', message: '500000 of its packages are not objects' },
  ]);
});

test('an SPDX 3 document without a graph is not complete', () => {
  const document = { '@context': ['https://spdx.org/rdf/3.0.1/spdx-context.jsonld'], '@graph': 1 };
  assert.deepEqual(read(document).problems, [
    { code: 'malformed', where: 'x.json', message: 'it has no list of elements ("@graph")' },
  ]);
});

test('the SPDX 3 sample is a valid document', (t) => {
  const validate = validator('spdx/spdx-3.0.1.schema.json', [], '2020-12', (reason) => t.skip(reason));
  if (validate === null) return;
  assert.equal(
    validate(JSON.parse(readFileSync(new URL('./testdata/other.spdx3.json', import.meta.url), 'utf8'))),
    null,
  );
});

test('all versions that are promised are read', () => {
  for (const specVersion of ['1.2', '1.3', '1.4', '1.5', '1.6', '1.7']) {
    const { artifact, components } = read({
      bomFormat: 'CycloneDX',
      specVersion,
      components: [{ purl: 'pkg:npm/a@1' }],
    });
    assert.deepEqual([artifact.kind, components.length], ['sbom', 1]);
  }
  const described = {
    SPDXID: 'SPDXRef-a',
    name: 'a',
    externalRefs: [{ referenceType: 'purl', referenceLocator: 'pkg:npm/a@1' }],
  };
  const other = {
    SPDXID: 'SPDXRef-b',
    name: 'b',
    externalRefs: [{ referenceType: 'purl', referenceLocator: 'pkg:npm/b@1' }],
  };
  for (const spdxVersion of ['SPDX-2.2', 'SPDX-2.3']) {
    const names = (packages: object[], documentDescribes: string[]) =>
      read({ spdxVersion, packages, documentDescribes }).components.map((c) => c.name);
    // One described package is the subject; where several are, or there is no other, they are what to look at.
    assert.deepEqual(names([described, other], ['SPDXRef-a']), ['b']);
    assert.deepEqual(names([described, other], ['SPDXRef-a', 'SPDXRef-b']), ['a', 'b']);
    assert.deepEqual(names([described], ['SPDXRef-a']), ['a']);
  }
});
