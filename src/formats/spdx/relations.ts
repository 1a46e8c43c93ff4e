import { asObject, listAt, textAt, textsOf } from '../json-values.ts';

type Json = Readonly<Record<string, unknown>>;

/** What the relationships of an SPDX 2 document say, by SPDXID. */
export interface Relations {
  readonly described: ReadonlySet<string>;
  /** Element → elements that it needs. */
  readonly needs: ReadonlyMap<string, readonly string[]>;
  /** Elements that are needed for development or tests, and for nothing else. */
  readonly dev: ReadonlySet<string>;
}

/** Relations that say "the first is needed by the second", and whether only for development. */
const inverse = new Map([
  ['DEPENDENCY_OF', false],
  ['RUNTIME_DEPENDENCY_OF', false],
  ['OPTIONAL_DEPENDENCY_OF', false],
  ['PROVIDED_DEPENDENCY_OF', false],
  ['DEV_DEPENDENCY_OF', true],
  ['TEST_DEPENDENCY_OF', true],
]);

/** Reads relationships in both directions, as different tools write them. Wrong entries are left out. */
export function relationsOf(spdx: Json): Relations {
  const described = new Set(textsOf(listAt(spdx, 'documentDescribes')));
  const needs = new Map<string, string[]>();
  const dev = new Set<string>();
  const runtime = new Set<string>();
  const need = (from: string, to: string) => {
    const list = needs.get(from);
    if (list === undefined) needs.set(from, [to]);
    else list.push(to);
  };
  for (const entry of listAt(spdx, 'relationships')) {
    const relation = asObject(entry);
    const from = textAt(relation, 'spdxElementId');
    const to = textAt(relation, 'relatedSpdxElement');
    const type = textAt(relation, 'relationshipType');
    if (from === null || to === null || type === null) continue;
    if (type === 'DESCRIBES' && from === 'SPDXRef-DOCUMENT') described.add(to);
    else if (type === 'DESCRIBED_BY' && to === 'SPDXRef-DOCUMENT') described.add(from);
    else if (type === 'DEPENDS_ON') {
      need(from, to);
      runtime.add(to);
    } else if (inverse.has(type)) {
      need(to, from);
      (inverse.get(type) === true ? dev : runtime).add(from);
    }
  }
  return { described, needs, dev: new Set([...dev].filter((id) => !runtime.has(id))) };
}
