import { clip, type Problem } from '../../../../model/problem.ts';
import type { Cataloger, CatalogFile } from '../../../cataloger.ts';
import { ComponentSet } from '../../component-set.ts';
import { addLockGraph, type LockNode } from '../../lock-graph.ts';
import { folderOf } from '../../project-root.ts';
import { normalizedPythonName, parseRequirement, pythonComponent } from '../../python-component.ts';
import { malformed } from '../../text-document.ts';
import { keepHeaders, type Metadata, readMetadata } from './metadata.ts';

const id = 'lang/python';

/**
 * Only dpkg writes here, and its packages are found as such: versions that Debian and Ubuntu make up (`1.1build1`) are no
 * loss. https://www.debian.org/doc/packaging-manuals/python-policy/#module-path
 */
const debianFolder = 'usr/lib/python3/dist-packages/';

/**
 * Installed Python distributions: `*.dist-info/METADATA`, `*.egg-info/PKG-INFO`, `EGG-INFO/PKG-INFO` of an egg, and the
 * single file `*.egg-info`. `REQUESTED` marks what the user asked pip for.
 * https://packaging.python.org/en/latest/specifications/recording-installed-packages/
 */
export const python: Cataloger = {
  id,
  about: 'installed Python distributions: `*.dist-info`, `*.egg-info` and eggs',
  revision: 1,
  maxFileSizeBytes: 64 * 1024 * 1024,
  wants: ({ name, path }) =>
    name === 'METADATA' || name === 'REQUESTED'
      ? path.endsWith(`.dist-info/${name}`)
      : name === 'PKG-INFO'
        ? path.endsWith('.egg-info/PKG-INFO') || path.endsWith('EGG-INFO/PKG-INFO')
        : name.endsWith('.egg-info'),
  extract: keepHeaders,
  catalog(view, { signal }) {
    signal.throwIfAborted();
    const problems: Problem[] = [];
    const nodes = new Map<string, LockNode>();
    const files = new Map<string, CatalogFile>();
    const found: { file: CatalogFile; metadata: Metadata; site: string }[] = [];
    /** Site folder and normalized name → key. */
    const bySite = new Map<string, string>();
    for (const file of view.files) {
      if (file.name === 'REQUESTED') continue;
      const metadata = readMetadata(file.bytes);
      const component = pythonComponent(metadata.name ?? '', metadata.version ?? '');
      if (component === null) {
        if (!file.path.startsWith(debianFolder)) problems.push(malformed(file, describe(metadata)));
        continue;
      }
      const site = siteOf(file);
      found.push({ file, metadata, site });
      files.set(file.path, file);
      bySite.set(`${site}\0${normalizedPythonName(component.name)}`, file.path);
      const direct = view.get(`${folderOf(file.path)}REQUESTED`) === null ? null : true;
      nodes.set(file.path, { component, licenses: metadata.licenses, needs: [], dev: false, direct });
    }
    for (const { file, metadata, site } of found) {
      const needs = metadata.requires.flatMap((line) => {
        const requirement = parseRequirement(line);
        if (requirement === null || requirement.marker.includes('extra')) return [];
        return bySite.get(`${site}\0${normalizedPythonName(requirement.name)}`) ?? [];
      });
      const node = nodes.get(file.path);
      if (node !== undefined) nodes.set(file.path, { ...node, needs });
    }
    const set = new ComponentSet(id);
    addLockGraph(set, nodes, null, (path) => files.get(path));
    return { components: set.list(), problems };
  },
};

/** The folder that Python imports from: the one above `x.dist-info`, or above a single `x.egg-info` file. */
function siteOf(file: CatalogFile): string {
  const folder = folderOf(file.path);
  return file.name.endsWith('.egg-info') ? folder : folderOf(folder.slice(0, -1));
}

function describe({ name, version }: Metadata): string {
  if (name === null || version === null) return 'has no Name or no Version; install the component again';
  return `names no component of PyPI: ${clip(name)} ${clip(version)}`;
}
