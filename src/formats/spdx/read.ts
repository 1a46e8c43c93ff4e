import { osvEcosystem } from '../../model/distro.ts';
import { CodedError } from '../../model/errors.ts';
import type { Digest, Inventory, Location, OperatingSystem } from '../../model/inventory.ts';
import { clip, type Problem } from '../../model/problem.ts';
import { parsePurl } from '../../model/purl.ts';
import { asObject, listAt, own, parsedJson, textAt, textsOf } from '../json-values.ts';
import { inventoryOf, maxComponents, type StatedComponent } from '../sbom-inventory.ts';
import { readLocation, readOs, readProblem } from '../sbom-kept.ts';
import { containerTypes } from '../sbom-purl.ts';
import { relationsOf } from './relations.ts';

type Json = Readonly<Record<string, unknown>>;

/** Reads an SPDX JSON document of versions 2.2 and 2.3 by any tool. Throws `document-invalid` where it is none. */
export function fromSpdx(document: unknown, name: string, digest: Digest): Inventory {
  const spdx = asObject(document);
  const version = textAt(spdx, 'spdxVersion');
  if (spdx === null || version === null || !/^SPDX-2\.[23]$/.test(version)) throw invalid(version, name);
  const notes = comments(spdx);
  const problems: Problem[] = notes.all('kvitto:problem').map((text) => readProblem(text, name));
  const add = (code: Problem['code'], message: string) => problems.push({ code, where: name, message });
  const list = listAt(spdx, 'packages');
  if (own(spdx, 'packages') !== undefined && !Array.isArray(own(spdx, 'packages')))
    add('malformed', 'its "packages" is not a list');
  const objects = list
    .slice(0, maxComponents)
    .map(asObject)
    .filter((p) => p !== null);
  const wrong = Math.min(list.length, maxComponents) - objects.length;
  if (wrong > 0) add('malformed', `${wrong} of its packages are not objects`);
  if (list.length > maxComponents)
    add('limit-exceeded', `it holds more than ${maxComponents} packages; the rest was not read`);
  const relations = relationsOf(spdx);
  const subjects = subjectsOf(objects, relations.described);
  const kept = notes.all('kvitto:reference');
  const described = objects
    .filter((p) => relations.described.has(textAt(p, 'SPDXID') ?? ''))
    .flatMap((p) => textAt(p, 'name') ?? []);
  const names = described.length > 0 ? described : [textAt(spdx, 'name')].filter((n) => n !== null);
  return inventoryOf({
    format: 'spdx',
    name,
    digest,
    references: [...new Set(kept.length > 0 ? kept : names.slice(0, 100))].sort(),
    os: system(objects),
    components: objects.filter((p) => !subjects.has(p)).flatMap((p) => stated(p, relations.dev)),
    edges: relations.needs,
    problems,
    own: notes.all('kvitto:document').length > 0,
  });
}

function invalid(version: string | null, name: string): CodedError {
  const stated = version === null ? '' : `, but says ${clip(version, 20)}`;
  return new CodedError('document-invalid', `${clip(name)} is not SPDX JSON of version 2.2, 2.3 or 3.0${stated}`, {
    remedy: 'write the SBOM as SPDX 2.3 JSON or CycloneDX JSON',
  });
}

/** What the document is about: not a component itself. Some tools "describe" every package, which then are components. */
function subjectsOf(objects: readonly Json[], described: ReadonlySet<string>): ReadonlySet<Json> {
  const found = objects.filter((p) => described.has(textAt(p, 'SPDXID') ?? ''));
  const [first] = found;
  if (first === undefined || found.length > 1) return new Set();
  return new Set(objects.length > 1 || purlOf(first) === null ? [first] : []);
}

function stated(p: Json, dev: ReadonlySet<string>): StatedComponent[] {
  const purpose = textAt(p, 'primaryPackagePurpose');
  if (purpose === 'OPERATING-SYSTEM' || purpose === 'CONTAINER' || purpose === 'FILE') return [];
  const ref = textAt(p, 'SPDXID');
  const purl = purlOf(p);
  const version = textAt(p, 'versionInfo');
  if (purl === null && version === null) return [];
  const kept = comments(p).all('kvitto:component')[0];
  const ours = kept === undefined ? null : asObject(parsedJson(kept));
  const info = textAt(p, 'sourceInfo') ?? '';
  const direct = own(ours, 'direct');
  return [
    {
      ref,
      purl,
      name: textAt(p, 'name') ?? '',
      version,
      source: sourceOf(info),
      locations: ours === null ? locationsOf(info) : keptLocations(ours),
      licenses: ours === null ? licenses(p) : textsOf(listAt(ours, 'licenses')),
      direct: typeof direct === 'boolean' ? direct : null,
      dev: ours === null ? ref !== null && dev.has(ref) : own(ours, 'dev') === true,
      foundBy: textAt(ours, 'foundBy'),
      needs: textsOf(listAt(ours, 'needs')),
    },
  ];
}

/** The purl among the external references; that of a container where there is no other. */
function purlOf(p: Json): string | null {
  const purls = listAt(p, 'externalRefs').flatMap((entry) => {
    const ref = asObject(entry);
    return textAt(ref, 'referenceType') === 'purl' ? (textAt(ref, 'referenceLocator') ?? []) : [];
  });
  return purls.find((text) => !containerTypes.has(parsePurl(text)?.type ?? '')) ?? purls[0] ?? null;
}

/** Trivy's words for a source package: `built package from: openssl 3.0.11-1~deb12u2`. */
function sourceOf(info: string): StatedComponent['source'] {
  const [, name, version] = /^built package from: (\S{1,200}) (\S{1,200})$/.exec(info) ?? [];
  return name === undefined || version === undefined ? null : { name, version };
}

/** Syft's words for the files: `acquired package info from DPKG DB: /var/lib/dpkg/status, /usr/share/doc/…`. */
function locationsOf(info: string): Location[] {
  const at = info.startsWith('acquired package info from ') ? info.indexOf(': /') : -1;
  if (at < 0) return [];
  return info
    .slice(at + 2)
    .split(', ')
    .map((path) => readLocation(path, null))
    .filter((l) => l !== null);
}

function keptLocations(ours: Json): Location[] {
  return listAt(ours, 'locations')
    .map((entry) => readLocation(own(asObject(entry), 'path'), own(asObject(entry), 'layer')))
    .filter((l) => l !== null);
}

function licenses(p: Json): string[] {
  const text = [textAt(p, 'licenseConcluded'), textAt(p, 'licenseDeclared')].find(
    (t) => t !== null && t !== 'NOASSERTION' && t !== 'NONE',
  );
  return text == null ? [] : [text];
}

function system(objects: readonly Json[]): OperatingSystem | null {
  const p = objects.find((o) => textAt(o, 'primaryPackagePurpose') === 'OPERATING-SYSTEM');
  if (p === undefined) return null;
  const kept = comments(p).all('kvitto:os')[0];
  const known = kept === undefined ? null : readOs(kept);
  if (known !== null) return known;
  const id = textAt(p, 'name')?.toLowerCase();
  if (id === undefined) return null;
  const versionId = textAt(p, 'versionInfo') ?? '';
  const name = textAt(p, 'description') ?? `${id} ${versionId}`.trim();
  return { id, versionId, name, ecosystem: osvEcosystem(id, versionId) };
}

/** Annotations of the form `<key> <text>`, by key. */
function comments(holder: Json) {
  const texts = listAt(holder, 'annotations').flatMap((entry) => textAt(asObject(entry), 'comment') ?? []);
  return {
    all: (key: string) => texts.filter((t) => t.startsWith(`${key} `)).map((t) => t.slice(key.length + 1)),
  };
}
