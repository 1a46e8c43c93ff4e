import { osvEcosystem } from '../model/distro.ts';
import type { Component, Digest, Inventory, Location, OperatingSystem } from '../model/inventory.ts';
import { clip, type Problem, sortProblems } from '../model/problem.ts';
import { sortLocations } from './sbom-kept.ts';
import { containerTypes, type KnownPurl, knownPurl, ownPurl } from './sbom-purl.ts';

/** Most components that are read from one document. */
export const maxComponents = 500_000;

/** A component as a document states it, before its purl has been looked at. */
export interface StatedComponent {
  /** What the relations of the document call it. */
  readonly ref: string | null;
  readonly purl: string | null;
  readonly name: string;
  readonly version: string | null;
  readonly source: { readonly name: string; readonly version: string } | null;
  readonly locations: readonly Location[];
  readonly licenses: readonly string[];
  readonly direct: boolean | null;
  readonly dev: boolean;
  /** Set where the document is our own: name and cataloger are then taken as they stand. */
  readonly foundBy: string | null;
  /** purls that it needs and the document does not hold. */
  readonly needs: readonly string[];
}

/** All that a document states. */
export interface StatedInventory {
  readonly format: string;
  readonly name: string;
  readonly digest: Digest;
  readonly references: readonly string[];
  readonly os: OperatingSystem | null;
  readonly components: readonly StatedComponent[];
  /** ref → refs that it needs. */
  readonly edges: ReadonlyMap<string, readonly string[]>;
  readonly problems: readonly Problem[];
  /** Whether we wrote it: then its problems are all there are. */
  readonly own: boolean;
}

/** An inventory from what a document states; whatever could not be understood becomes a problem with a count. */
export function inventoryOf(stated: StatedInventory): Inventory {
  const found = new Map<string, Draft>();
  const refs = new Map<string, string>();
  const lost = new Lost();
  let os = stated.os;
  for (const entry of stated.components) {
    if (entry.purl === null) {
      lost.add('no purl', entry);
      continue;
    }
    const known = entry.foundBy === null ? knownPurl(entry.purl, stated.os, entry) : ownPurl(entry.purl, entry);
    if (known === null) lost.add('an invalid purl', entry);
    else if (known === 'no-version') lost.add('no version', entry);
    else if (!containerTypes.has(known.type)) {
      if (known.ofSystem && known.distro === null && entry.foundBy === null) lost.add('no distribution', entry);
      os ??= systemOf(known);
      if (entry.ref !== null) refs.set(entry.ref, known.purl);
      const draft = found.get(known.purl);
      if (draft === undefined) found.set(known.purl, draftOf(entry, known));
      else join(draft, entry);
    }
  }
  const needed = dependencies(stated.edges, refs);
  const components = [...found.values()]
    .map((draft) => finished(draft, needed.get(draft.purl)))
    .sort((a, b) => (a.purl < b.purl ? -1 : a.purl > b.purl ? 1 : 0));
  const problems = [...stated.problems, ...lost.problems(stated.name)];
  if (components.length === 0 && !stated.own && problems.length === 0) {
    problems.push({
      code: 'nothing-recognised',
      where: stated.name,
      message: 'the document names no component with a purl, so there is nothing to hold against advisories',
    });
  }
  return {
    artifact: {
      kind: 'sbom',
      name: stated.name,
      digest: stated.digest,
      digestOf: 'document',
      references: stated.references,
      platform: null,
      configDigest: null,
      layers: [],
    },
    os,
    config: null,
    components,
    coverage: [{ cataloger: `sbom/${stated.format}`, revision: 1, files: 1, components: components.length }],
    problems: sortProblems(problems),
  };
}

/** A component that may still gain from further entries with its purl: appended to only, so that many cost no more each. */
interface Draft {
  readonly purl: string;
  readonly name: string;
  readonly version: string;
  readonly foundBy: string;
  readonly locations: Location[];
  readonly licenses: Set<string>;
  readonly needs: Set<string>;
  direct: boolean | null;
  dev: boolean;
}

function draftOf(entry: StatedComponent, known: KnownPurl): Draft {
  return {
    purl: known.purl,
    name: known.name,
    version: known.version,
    foundBy: entry.foundBy ?? 'sbom',
    locations: [...entry.locations],
    licenses: new Set(entry.licenses),
    needs: new Set(entry.needs),
    direct: entry.direct,
    dev: entry.dev,
  };
}

function join(draft: Draft, entry: StatedComponent): void {
  for (const location of entry.locations) draft.locations.push(location);
  for (const license of entry.licenses) draft.licenses.add(license);
  for (const need of entry.needs) draft.needs.add(need);
  draft.direct = draft.direct === true || entry.direct === true ? true : (draft.direct ?? entry.direct);
  draft.dev &&= entry.dev;
}

function finished(draft: Draft, needed: ReadonlySet<string> | undefined): Component {
  return {
    purl: draft.purl,
    name: draft.name,
    version: draft.version,
    foundBy: draft.foundBy,
    locations: sortLocations(draft.locations),
    direct: draft.direct,
    dev: draft.dev,
    licenses: [...draft.licenses],
    dependsOn: [...new Set([...draft.needs, ...(needed ?? [])])].sort(),
  };
}

function systemOf(known: KnownPurl): OperatingSystem | null {
  if (known.distro === null) return null;
  const { id, versionId } = known.distro;
  return { id, versionId, name: `${id} ${versionId}`.trim(), ecosystem: osvEcosystem(id, versionId) };
}

function dependencies(edges: ReadonlyMap<string, readonly string[]>, refs: ReadonlyMap<string, string>) {
  const needed = new Map<string, Set<string>>();
  for (const [from, targets] of edges) {
    const purl = refs.get(from);
    if (purl === undefined) continue;
    const set = needed.get(purl) ?? new Set();
    needed.set(purl, set);
    for (const target of targets) {
      const to = refs.get(target);
      if (to !== undefined && to !== purl) set.add(to);
    }
  }
  return needed;
}

type Lack = 'no purl' | 'an invalid purl' | 'no version' | 'no distribution';

/** Counts what cannot be matched, with one example of each kind. */
class Lost {
  readonly #kinds = new Map<Lack, { count: number; example: string }>();

  add(lack: Lack, entry: StatedComponent): void {
    const kind = this.#kinds.get(lack);
    if (kind === undefined) {
      const example = lack === 'an invalid purl' ? (entry.purl ?? '') : [entry.name, entry.version].join(' ');
      this.#kinds.set(lack, { count: 1, example: clip(example.trim(), 80) });
    } else kind.count += 1;
  }

  problems(where: string): Problem[] {
    return [...this.#kinds].map(([lack, { count, example }]) => {
      const many = `${count} ${count === 1 ? 'component has' : 'components have'} ${lack}`;
      if (lack === 'no distribution') {
        return {
          code: 'os-unknown',
          where,
          message: `${many} in the purl, such as ${example}: its advisories cannot be told`,
        };
      }
      const code = lack === 'an invalid purl' ? 'malformed' : 'unsupported';
      return { code, where, message: `${many} and cannot be held against advisories, such as ${example}` };
    });
  }
}
