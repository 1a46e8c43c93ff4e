import { osvEcosystem } from '../../model/distro.ts';
import { CodedError } from '../../model/errors.ts';
import type { Digest, Inventory, Location, OperatingSystem } from '../../model/inventory.ts';
import { clip, type Problem } from '../../model/problem.ts';
import { asObject, listAt, objectAt, own, textAt, textsOf } from '../json-values.ts';
import { inventoryOf, maxComponents, type StatedComponent } from '../sbom-inventory.ts';
import { readLocation, readOs, readProblem } from '../sbom-kept.ts';
import { Properties } from './properties.ts';

type Json = Readonly<Record<string, unknown>>;

/** Kinds that hold no code of their own: they are not missed when they carry no purl. */
const structural = new Set([
  'operating-system',
  'container',
  'device',
  'file',
  'data',
  'machine-learning-model',
  'cryptographic-asset',
  'platform',
]);

/** Reads a CycloneDX JSON document of versions 1.2 to 1.7 by any tool. Throws `document-invalid` where it is none. */
export function fromBom(document: unknown, name: string, digest: Digest): Inventory {
  const bom = asObject(document);
  const version = own(bom, 'specVersion');
  if (
    bom === null ||
    own(bom, 'bomFormat') !== 'CycloneDX' ||
    typeof version !== 'string' ||
    !/^1\.[2-7]$/.test(version)
  ) {
    const stated = typeof version === 'string' ? `, but says version ${clip(version, 20)}` : '';
    throw new CodedError('document-invalid', `${clip(name)} is not CycloneDX JSON of version 1.2 to 1.7${stated}`, {
      remedy: 'write the SBOM as CycloneDX JSON 1.6',
    });
  }
  const metadata = objectAt(bom, 'metadata');
  const about = new Properties(metadata);
  const subject = objectAt(metadata, 'component');
  const written = about.first('kvitto:document') !== null;
  const problems: Problem[] = about.all('kvitto:problem').map((text) => readProblem(text, name));
  const { objects, wrong, tooMany } = flatten(listAt(bom, 'components'), subject);
  const add = (code: Problem['code'], message: string) => problems.push({ code, where: name, message });
  if (own(bom, 'components') !== undefined && !Array.isArray(own(bom, 'components')))
    add('malformed', 'its "components" is not a list');
  if (wrong > 0) add('malformed', `${wrong} of its components are not objects`);
  if (tooMany) add('limit-exceeded', `it holds more than ${maxComponents} components; the rest was not read`);
  if (problems.length === 0 && saysIncomplete(bom, subject))
    add('truncated', 'the document says of itself that it is incomplete');
  return inventoryOf({
    format: 'cyclonedx',
    name,
    digest,
    references: references(subject, about),
    os: system(objects),
    components: objects.filter((c) => textAt(c, 'type') !== 'operating-system').flatMap(stated),
    edges: edges(bom),
    problems,
    own: written,
  });
}

/** All components, also those inside others, without recursion: an attacker chooses the depth. */
function flatten(top: readonly unknown[], subject: Json | null) {
  const objects: Json[] = [];
  const queue: (readonly unknown[])[] = [top, listAt(subject, 'components')];
  let wrong = 0;
  for (let at = 0; at < queue.length; at++) {
    for (const entry of queue[at] ?? []) {
      const component = asObject(entry);
      if (component === null) {
        wrong += 1;
        continue;
      }
      if (objects.length >= maxComponents) return { objects, wrong, tooMany: true };
      objects.push(component);
      const inner = listAt(component, 'components');
      if (inner.length > 0) queue.push(inner);
    }
  }
  return { objects, wrong, tooMany: false };
}

function stated(c: Json): StatedComponent[] {
  const type = textAt(c, 'type');
  const purl = textAt(c, 'purl');
  const p = new Properties(c);
  const version = textAt(c, 'version') ?? p.first('kvitto:version');
  // Tools use components without version as headings for a lock file or a folder.
  if (purl === null && (version === null || (type !== null && structural.has(type)))) return [];
  const group = textAt(c, 'group');
  const name = textAt(c, 'name') ?? '';
  const direct = p.first('kvitto:direct');
  return [
    {
      ref: textAt(c, 'bom-ref') ?? purl,
      purl,
      name: group === null ? name : `${group}/${name}`,
      version,
      source: p.source(),
      locations: locations(c, p),
      licenses: licenses(c),
      direct: direct === null ? null : direct === 'true',
      dev: textAt(c, 'scope') === 'excluded' || p.first('cdx:npm:package:development') === 'true',
      foundBy: p.first('kvitto:foundBy'),
      needs: p.all('kvitto:needs'),
    },
  ];
}

function locations(c: Json, p: Properties): Location[] {
  const seen = listAt(objectAt(c, 'evidence'), 'occurrences').map((entry) => {
    const occurrence = asObject(entry);
    return readLocation(own(occurrence, 'location'), textAt(occurrence, 'additionalContext')?.replace(/^layer /, ''));
  });
  return [...seen, ...p.locations()].filter((l) => l !== null);
}

function licenses(c: Json): string[] {
  return listAt(c, 'licenses').flatMap((entry) => {
    const choice = asObject(entry);
    const license = objectAt(choice, 'license');
    const text = textAt(choice, 'expression') ?? textAt(license, 'id') ?? textAt(license, 'name');
    return text === null ? [] : [text];
  });
}

function edges(bom: Json): Map<string, readonly string[]> {
  const map = new Map<string, readonly string[]>();
  for (const entry of listAt(bom, 'dependencies')) {
    const dependency = asObject(entry);
    const ref = textAt(dependency, 'ref');
    if (ref !== null && !map.has(ref)) map.set(ref, textsOf(listAt(dependency, 'dependsOn')));
  }
  return map;
}

function system(objects: readonly Json[]): OperatingSystem | null {
  const c = objects.find((o) => textAt(o, 'type') === 'operating-system');
  if (c === undefined) return null;
  const kept = new Properties(c).first('kvitto:os');
  const known = kept === null ? null : readOs(kept);
  if (known !== null) return known;
  const id = textAt(c, 'name')?.toLowerCase();
  if (id === undefined) return null;
  const versionId = textAt(c, 'version') ?? '';
  const name = textAt(c, 'description') ?? `${id} ${versionId}`.trim();
  return { id, versionId, name, ecosystem: osvEcosystem(id, versionId) };
}

function references(subject: Json | null, about: Properties): string[] {
  const kept = about.all('kvitto:artifact:reference');
  const name = textAt(subject, 'name');
  return [...new Set(kept.length > 0 || name === null ? kept : [name])].sort();
}

/** Only a statement about the whole document counts, not one about the parts of some component. */
function saysIncomplete(bom: Json, subject: Json | null): boolean {
  const ref = textAt(subject, 'bom-ref');
  return listAt(bom, 'compositions').some((entry) => {
    const composition = asObject(entry);
    return (
      ref !== null &&
      textAt(composition, 'aggregate')?.startsWith('incomplete') === true &&
      listAt(composition, 'assemblies').includes(ref)
    );
  });
}
