import type { Component } from '../../model/inventory.ts';
import type { Report } from '../../model/report.ts';
import { sha256, uuidOf } from '../component-key.ts';
import { isLicenseExpression } from '../licenses.ts';
import { artifactPurl } from '../oci-purl.ts';
import { keptOs, keptProblem } from '../sbom-kept.ts';

type Json = Record<string, unknown>;

const document = 'SPDXRef-DOCUMENT';
const artifactId = 'SPDXRef-Artifact';
const systemId = 'SPDXRef-OperatingSystem';

/** A report's inventory as an SPDX 2.3 document. https://spdx.github.io/spdx-spec/v2.3/ */
export function toSpdx(report: Report): Json {
  const { inventory } = report;
  const note = (comment: string) => ({
    annotationDate: report.scannedAt,
    annotationType: 'OTHER',
    annotator: `Tool: kvitto-${report.tool.version}`,
    comment,
  });
  const extracted = new Map<string, string>();
  const ids = new Map(inventory.components.map((c) => [c.purl, `SPDXRef-Component-${sha256(c.purl).slice(0, 24)}`]));
  const components = inventory.components.map((c) => writePackage(c, ids, extracted, note));
  const system = systemPackage(report, note);
  return {
    SPDXID: document,
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    name: inventory.artifact.name || inventory.artifact.digest,
    documentNamespace: `urn:uuid:${uuidOf(`kvitto spdx ${inventory.artifact.digest}`)}`,
    creationInfo: { created: report.scannedAt, creators: [`Tool: kvitto-${report.tool.version}`] },
    comment: completeness(report),
    annotations: [
      'kvitto:document 1',
      ...inventory.artifact.references.map((reference) => `kvitto:reference ${reference}`),
      ...inventory.problems.map((p) => `kvitto:problem ${keptProblem(p)}`),
    ].map(note),
    packages: [artifactPackage(report), ...system, ...components],
    ...(extracted.size > 0 && {
      hasExtractedLicensingInfos: [...extracted].map(([text, licenseId]) => ({
        licenseId,
        extractedText: text,
        name: text,
      })),
    }),
    relationships: relationships(report, ids, system.length > 0),
  };
}

function completeness({ inventory }: Report): string {
  const looked = inventory.coverage.map((c) => `${c.cataloger} (${c.files} files)`).join(', ') || 'nothing';
  const many = inventory.problems.length;
  if (many === 0) return `All that was recognised was read. Looked at: ${looked}.`;
  return `INCOMPLETE: ${many} ${many === 1 ? 'part' : 'parts'} of the artifact could not be read, see the annotations. Looked at: ${looked}.`;
}

function artifactPackage({ inventory }: Report): Json {
  const { artifact } = inventory;
  const purl = artifactPurl(artifact);
  const hashed = artifact.digestOf === 'manifest' || artifact.digestOf === 'config';
  return {
    SPDXID: artifactId,
    name: artifact.name || artifact.digest,
    versionInfo: artifact.digest,
    downloadLocation: 'NOASSERTION',
    filesAnalyzed: false,
    primaryPackagePurpose: artifact.kind === 'image' ? 'CONTAINER' : 'SOURCE',
    ...(hashed && { checksums: [{ algorithm: 'SHA256', checksumValue: artifact.digest.slice('sha256:'.length) }] }),
    licenseConcluded: 'NOASSERTION',
    licenseDeclared: 'NOASSERTION',
    copyrightText: 'NOASSERTION',
    ...(purl !== null && { externalRefs: [purlRef(purl)] }),
  };
}

function systemPackage({ inventory: { os } }: Report, note: (comment: string) => Json): Json[] {
  if (os === null) return [];
  return [
    {
      SPDXID: systemId,
      name: os.id || os.name || 'unknown',
      ...(os.versionId !== '' && { versionInfo: os.versionId }),
      downloadLocation: 'NOASSERTION',
      filesAnalyzed: false,
      primaryPackagePurpose: 'OPERATING-SYSTEM',
      description: os.name,
      licenseConcluded: 'NOASSERTION',
      licenseDeclared: 'NOASSERTION',
      copyrightText: 'NOASSERTION',
      annotations: [note(`kvitto:os ${keptOs(os)}`)],
    },
  ];
}

function writePackage(
  c: Component,
  ids: ReadonlyMap<string, string>,
  extracted: Map<string, string>,
  note: (comment: string) => Json,
): Json {
  const kept = {
    foundBy: c.foundBy,
    direct: c.direct,
    dev: c.dev,
    licenses: c.licenses,
    locations: c.locations,
    needs: c.dependsOn.filter((purl) => !ids.has(purl)),
  };
  const places = c.locations.map((l) => l.path).join(', ');
  return {
    SPDXID: ids.get(c.purl),
    name: c.name || c.purl,
    ...(c.version !== '' && { versionInfo: c.version }),
    downloadLocation: 'NOASSERTION',
    filesAnalyzed: false,
    sourceInfo: places === '' ? `found by ${c.foundBy}` : `found by ${c.foundBy} in ${places}`,
    licenseConcluded: 'NOASSERTION',
    licenseDeclared: declared(c.licenses, extracted),
    copyrightText: 'NOASSERTION',
    externalRefs: [purlRef(c.purl)],
    annotations: [note(`kvitto:component ${JSON.stringify(kept)}`)],
  };
}

/** One expression of all that is declared; texts that are no SPDX expression are carried as extracted licences. */
function declared(licenses: readonly string[], extracted: Map<string, string>): string {
  const parts = [...new Set(licenses)].map((text) => {
    if (isLicenseExpression(text) && !text.includes('LicenseRef-'))
      return licenses.length > 1 && text.includes(' ') ? `(${text})` : text;
    const id = extracted.get(text) ?? `LicenseRef-kvitto-${sha256(text).slice(0, 16)}`;
    extracted.set(text, id);
    return id;
  });
  return parts.length === 0 ? 'NOASSERTION' : parts.join(' AND ');
}

function purlRef(purl: string): Json {
  return { referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: purl };
}

function relationships({ inventory }: Report, ids: ReadonlyMap<string, string>, system: boolean): Json[] {
  const all = [relation(document, 'DESCRIBES', artifactId)];
  if (system) all.push(relation(artifactId, 'CONTAINS', systemId));
  for (const c of inventory.components) all.push(relation(artifactId, 'CONTAINS', ids.get(c.purl) ?? ''));
  for (const c of inventory.components) {
    for (const purl of new Set(c.dependsOn)) {
      const target = ids.get(purl);
      if (target !== undefined) all.push(relation(ids.get(c.purl) ?? '', 'DEPENDS_ON', target));
    }
  }
  return all;
}

function relation(from: string, type: string, to: string): Json {
  return { spdxElementId: from, relationshipType: type, relatedSpdxElement: to };
}
