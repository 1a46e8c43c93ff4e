import type { Problem } from '../../../../model/problem.ts';
import type { CatalogFile } from '../../../cataloger.ts';
import { type LockNode, maxLockEdges, maxLockEntries, tooManyEntries } from '../../lock-graph.ts';
import { npmComponent, splitAtVersion } from '../../npm-component.ts';
import { readYaml } from '../../text-document.ts';
import { entryFor, type YarnLock } from './lock.ts';

/** The YAML of yarn 2 and later: descriptors joined by commas, `resolution` names what they came to. */
export function readBerry(file: CatalogFile): YarnLock {
  const document = readYaml(file);
  const problems: Problem[] = 'problem' in document ? [document.problem] : [];
  const invalid: string[] = [];
  const byDescriptor = new Map<string, string>();
  const entries = new Map<string, ReadonlyMap<unknown, unknown>>();
  for (const [key, entry] of 'problem' in document ? [] : (document.value[0] ?? [])) {
    if (typeof key !== 'string' || !(entry instanceof Map) || key === '__metadata') continue;
    if (entries.size >= maxLockEntries) {
      problems.push(tooManyEntries(file, 'entries', maxLockEntries));
      break;
    }
    const descriptors = key.split(', ');
    entries.set(descriptors[0] ?? key, entry);
    for (const descriptor of descriptors) byDescriptor.set(descriptor, descriptors[0] ?? key);
  }
  const nodes = new Map<string, LockNode>();
  const asked: string[] = [];
  let edges = 0;
  for (const [key, entry] of entries) {
    const wanted = entry.get('dependencies');
    const needs: string[] = [];
    for (const [name, range] of wanted instanceof Map ? wanted : []) {
      if (++edges > maxLockEdges) break;
      const need = entryFor(byDescriptor, String(name), String(range));
      if (need !== null) needs.push(need);
    }
    const resolution = splitAtVersion(textAt(entry, 'resolution') ?? key);
    // Linked folders and workspaces are the project's own.
    const own = textAt(entry, 'linkType') === 'soft' || textAt(entry, 'version') === '0.0.0-use.local';
    if (own && resolution?.rest.startsWith('workspace:')) asked.push(...needs);
    const component = own ? null : npmComponent(resolution?.name ?? '', textAt(entry, 'version') ?? '');
    if (!own && component === null) invalid.push(key);
    else nodes.set(key, { component, needs, dev: null });
  }
  if (edges > maxLockEdges) problems.push(tooManyEntries(file, 'edges', maxLockEdges));
  return { nodes, byDescriptor, asked, problems, invalid };
}

function textAt(entry: ReadonlyMap<unknown, unknown>, key: string): string | null {
  const value = entry.get(key);
  return typeof value === 'string' ? value : null;
}
