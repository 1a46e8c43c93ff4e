import { osvEcosystem } from '../../model/distro.ts';
import type { Digest, Inventory, OperatingSystem } from '../../model/inventory.ts';
import type { Problem } from '../../model/problem.ts';
import { asObject, listAt, own, textAt, textsOf } from '../json-values.ts';
import { inventoryOf, maxComponents, type StatedComponent } from '../sbom-inventory.ts';

type Json = Readonly<Record<string, unknown>>;

/** What the relationships say, by spdxId. */
interface Relations {
  readonly needs: ReadonlyMap<string, readonly string[]>;
  readonly licenses: ReadonlyMap<string, readonly string[]>;
  readonly dev: ReadonlySet<string>;
}

/** Most elements of a graph that are looked at: files and relationships are elements, too. */
const maxElements = maxComponents * 8;

/** Whether a document is SPDX 3 by its context, which may be one address or several. */
export function isSpdx3(document: unknown): boolean {
  const context = own(asObject(document), '@context');
  const texts = Array.isArray(context) ? textsOf(context) : [context];
  return texts.some((text) => typeof text === 'string' && text.includes('spdx.org/rdf/3.'));
}

/** Reads an SPDX 3.0 document in its JSON serialisation. https://spdx.github.io/spdx-spec/v3.0.1/ */
export function fromSpdx3(document: unknown, name: string, digest: Digest): Inventory {
  const graph = listAt(asObject(document), '@graph');
  const elements = graph
    .slice(0, maxElements)
    .map(asObject)
    .filter((e) => e !== null);
  const wrong = Math.min(graph.length, maxElements) - elements.length;
  const problems: Problem[] = [];
  const add = (code: Problem['code'], message: string) => problems.push({ code, where: name, message });
  if (!Array.isArray(own(asObject(document), '@graph'))) add('malformed', 'it has no list of elements ("@graph")');
  if (wrong > 0) add('malformed', `${wrong} of its elements are not objects`);
  if (graph.length > maxElements)
    add('limit-exceeded', `it holds more than ${maxElements} elements; the rest was not read`);
  const packages = elements.filter((e) => textAt(e, 'type') === 'software_Package');
  if (packages.length > maxComponents)
    add('limit-exceeded', `it holds more than ${maxComponents} packages; the rest was not read`);
  const roots = new Set(elements.flatMap((e) => textsOf(listAt(e, 'rootElement'))));
  const subjects = packages.filter((p) => roots.has(textAt(p, 'spdxId') ?? ''));
  // Where all packages are roots, none of them is what the document is about.
  const [subject] = subjects.length === 1 && packages.length > 1 ? subjects : [];
  const relations = relationsOf(elements);
  return inventoryOf({
    format: 'spdx',
    name,
    digest,
    references: subjects
      .flatMap((p) => textAt(p, 'name') ?? [])
      .slice(0, 100)
      .sort(),
    os: system(packages),
    components: packages
      .slice(0, maxComponents)
      .filter((p) => p !== subject)
      .flatMap((p) => stated(p, relations)),
    edges: relations.needs,
    problems,
    own: false,
  });
}

function stated(p: Json, relations: Relations): StatedComponent[] {
  const purpose = textAt(p, 'software_primaryPurpose');
  if (purpose === 'operatingSystem' || purpose === 'container' || purpose === 'file') return [];
  const ref = textAt(p, 'spdxId');
  const purl = purlOf(p);
  const version = textAt(p, 'software_packageVersion');
  if (purl === null && version === null) return [];
  return [
    {
      ref,
      purl,
      name: textAt(p, 'name') ?? '',
      version,
      source: null,
      locations: [],
      licenses: relations.licenses.get(ref ?? '') ?? [],
      direct: null,
      dev: relations.dev.has(ref ?? ''),
      foundBy: null,
      needs: [],
    },
  ];
}

function purlOf(p: Json): string | null {
  const identifiers = listAt(p, 'externalIdentifier').map(asObject);
  const found = identifiers.find((i) => textAt(i, 'externalIdentifierType') === 'packageUrl');
  return textAt(p, 'software_packageUrl') ?? textAt(found ?? null, 'identifier');
}

function relationsOf(elements: readonly Json[]): Relations {
  const needs = new Map<string, string[]>();
  const licenses = new Map<string, string[]>();
  const dev = new Set<string>();
  const runtime = new Set<string>();
  const texts = new Map(
    elements.map((e) => [textAt(e, 'spdxId') ?? '', textAt(e, 'simplelicensing_licenseExpression')] as const),
  );
  for (const e of elements) {
    const from = textAt(e, 'from');
    const to = textsOf(listAt(e, 'to'));
    if (from === null) continue;
    const type = textAt(e, 'relationshipType');
    if (type === 'dependsOn') {
      append(needs, from, to);
      const scope = textAt(e, 'scope');
      for (const id of to) (scope === 'development' || scope === 'test' ? dev : runtime).add(id);
    } else if (type === 'hasDeclaredLicense')
      append(
        licenses,
        from,
        to.flatMap((id) => texts.get(id) ?? []),
      );
  }
  return { needs, licenses, dev: new Set([...dev].filter((id) => !runtime.has(id))) };
}

function append(map: Map<string, string[]>, key: string, values: readonly string[]): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [...values]);
  else for (const value of values) list.push(value);
}

function system(packages: readonly Json[]): OperatingSystem | null {
  const p = packages.find((e) => textAt(e, 'software_primaryPurpose') === 'operatingSystem');
  const id = textAt(p ?? null, 'name')?.toLowerCase();
  if (id === undefined) return null;
  const versionId = textAt(p ?? null, 'software_packageVersion') ?? '';
  return { id, versionId, name: `${id} ${versionId}`.trim(), ecosystem: osvEcosystem(id, versionId) };
}
