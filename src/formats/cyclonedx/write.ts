import type { Component } from '../../model/inventory.ts';
import type { Report } from '../../model/report.ts';
import { uuidOf } from '../component-key.ts';
import { isLicenseExpression, isLicenseId } from '../licenses.ts';
import { artifactPurl } from '../oci-purl.ts';
import { keptOs, keptProblem } from '../sbom-kept.ts';
import { vulnerabilities } from './vulnerabilities.ts';

/** Longest version that the schema allows; a longer one is kept as a property. */
const mostVersion = 1024;

/** A report as a CycloneDX 1.6 document. https://cyclonedx.org/docs/1.6/json/ */
export function toBom(report: Report, withVulnerabilities: boolean): Record<string, unknown> {
  const { inventory } = report;
  const root = rootComponent(report);
  const known = new Set(inventory.components.map((c) => c.purl));
  const broken = inventory.problems.length > 0;
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${uuidOf(`kvitto cyclonedx ${inventory.artifact.digest}`)}`,
    version: 1,
    metadata: {
      timestamp: report.scannedAt,
      tools: { components: [{ type: 'application', name: report.tool.name, version: report.tool.version }] },
      component: root,
      properties: metadataProperties(report, withVulnerabilities),
    },
    components: [...systemComponent(report), ...inventory.components.map((c) => writeComponent(c, known))],
    dependencies: [
      { ref: root['bom-ref'], dependsOn: inventory.components.filter((c) => c.direct === true).map((c) => c.purl) },
      ...inventory.components.map((c) => ({
        ref: c.purl,
        dependsOn: [...new Set(c.dependsOn)].filter((purl) => known.has(purl)),
      })),
    ],
    // Software that no cataloger knows cannot be ruled out, so `complete` is never said.
    compositions: [{ aggregate: broken ? 'incomplete' : 'unknown', assemblies: [root['bom-ref']] }],
    ...(withVulnerabilities && { vulnerabilities: vulnerabilities(report) }),
  };
}

function rootComponent({ inventory }: Report): Record<string, unknown> {
  const { artifact } = inventory;
  const purl = artifactPurl(artifact);
  const hashed = artifact.digestOf === 'manifest' || artifact.digestOf === 'config';
  return {
    type: artifact.kind === 'image' ? 'container' : 'application',
    'bom-ref': `artifact:${artifact.digest}`,
    name: artifact.name || artifact.digest,
    version: artifact.digest,
    ...(hashed && { hashes: [{ alg: 'SHA-256', content: artifact.digest.slice('sha256:'.length) }] }),
    ...(purl !== null && { purl }),
  };
}

function metadataProperties(report: Report, withVulnerabilities: boolean) {
  const { artifact, problems, coverage } = report.inventory;
  const kept = new Set(problems.map(keptProblem));
  const assessment = withVulnerabilities ? report.problems.map(keptProblem).filter((p) => !kept.has(p)) : [];
  return [
    ['kvitto:document', '1'],
    ['kvitto:artifact:kind', artifact.kind],
    ['kvitto:artifact:digestOf', artifact.digestOf],
    ...artifact.references.map((reference) => ['kvitto:artifact:reference', reference]),
    ...(artifact.platform === null ? [] : [['kvitto:artifact:platform', artifact.platform]]),
    ...artifact.layers.map((layer) => ['kvitto:artifact:layer', layer.diffId]),
    ...coverage.map((c) => [
      'kvitto:coverage',
      `${c.cataloger} revision ${c.revision}: ${c.files} files, ${c.components} components`,
    ]),
    ['kvitto:complete', String(problems.length === 0)],
    ...[...kept].map((text) => ['kvitto:problem', text]),
    ...assessment.map((text) => ['kvitto:problem-of-assessment', text]),
    ...(withVulnerabilities && report.snapshot !== null ? [['kvitto:snapshot', report.snapshot.digest]] : []),
  ].map(([name, value]) => ({ name, value }));
}

function systemComponent({ inventory }: Report): Record<string, unknown>[] {
  const { os } = inventory;
  if (os === null) return [];
  return [
    {
      type: 'operating-system',
      'bom-ref': `os:${os.id}-${os.versionId}`,
      name: os.id || os.name || 'unknown',
      version: os.versionId.slice(0, mostVersion),
      description: os.name,
      properties: [{ name: 'kvitto:os', value: keptOs(os) }],
    },
  ];
}

function writeComponent(c: Component, known: ReadonlySet<string>): Record<string, unknown> {
  const properties = [
    ['kvitto:foundBy', c.foundBy],
    ...(c.version.length <= mostVersion ? [] : [['kvitto:version', c.version]]),
    ...(c.direct === null ? [] : [['kvitto:direct', String(c.direct)]]),
    ...(c.dev ? [['kvitto:dev', 'true']] : []),
    ...c.dependsOn.filter((purl) => !known.has(purl)).map((purl) => ['kvitto:needs', purl]),
  ];
  return {
    type: 'library',
    'bom-ref': c.purl,
    name: c.name || c.purl,
    ...(c.version.length <= mostVersion && { version: c.version }),
    ...(c.dev && { scope: 'excluded' }),
    ...(c.licenses.length > 0 && { licenses: writeLicenses(c.licenses) }),
    purl: c.purl,
    ...(c.locations.length > 0 && {
      evidence: {
        occurrences: c.locations.map((l) => ({
          location: l.path,
          ...(l.layer !== null && { additionalContext: `layer ${l.layer}` }),
        })),
      },
    }),
    properties: properties.map(([name, value]) => ({ name, value })),
  };
}

/** Either one expression, or a list of ids and names: the schema forbids the mixture. */
function writeLicenses(licenses: readonly string[]): Record<string, unknown>[] {
  const [first = ''] = licenses;
  if (licenses.length === 1 && !isLicenseId(first) && isLicenseExpression(first)) return [{ expression: first }];
  return licenses.map((text) => ({ license: isLicenseId(text) ? { id: text } : { name: text } }));
}
