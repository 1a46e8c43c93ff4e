import { posix } from 'node:path';
import { clip, type Problem } from '../../../../model/problem.ts';
import type { Cataloger, CatalogFile, FileView } from '../../../cataloger.ts';
import { ComponentSet } from '../../component-set.ts';
import { someOf } from '../../input-shape.ts';
import { keepCondensed, keepNothing } from '../../kept-bytes.ts';
import { addLockGraph, type LockNode, maxLockEntries, tooManyEntries } from '../../lock-graph.ts';
import { folderOf, looksLikeProjectRoot } from '../../project-root.ts';
import { normalizedPythonName } from '../../python-component.ts';
import { insideInstalled, installedNames, marksInstalled } from '../../python-installed.ts';
import { malformed, readText } from '../../text-document.ts';
import { requirementLines } from './lines.ts';
import { isForDevelopment, isRequirementsFile } from './names.ts';
import { readRequirement } from './read.ts';

const id = 'lang/requirements';

/**
 * `requirements*.txt`: what is pinned is a component. What is not pinned has a version only once it is installed; unless
 * it is installed somewhere in the same artifact, one problem per file says so.
 */
export const requirements: Cataloger = {
  id,
  about: 'what `requirements*.txt` pins; what it leaves open is a problem unless it is installed',
  revision: 1,
  maxFileSizeBytes: 16 * 1024 * 1024,
  wants: (file) => marksInstalled(file) || (isRequirementsFile(file) && !insideInstalled(file.path)),
  extract: (file) => (marksInstalled(file) ? keepNothing() : keepCondensed((bytes) => bytes)),
  catalog(view, { signal }) {
    const set = new ComponentSet(id);
    const installed = installedNames(view);
    const problems: Problem[] = [];
    for (const file of view.files) {
      signal.throwIfAborted();
      if (!marksInstalled(file)) problems.push(...catalogFile(file, view, installed, set));
    }
    return { components: set.list(), problems };
  },
};

function catalogFile(
  file: CatalogFile,
  view: FileView,
  installed: ReadonlySet<string>,
  set: ComponentSet,
): readonly Problem[] {
  const text = readText(file);
  if ('problem' in text) return [text.problem];
  const dev = isForDevelopment(file.path);
  const problems: Problem[] = [];
  const invalid: string[] = [];
  const open: string[] = [];
  const unread: string[] = [];
  const nodes = new Map<string, LockNode & { needs: string[] }>();
  const vias: { key: string; names: readonly string[] }[] = [];
  for (const line of requirementLines(text.value)) {
    if (nodes.size >= maxLockEntries) {
      problems.push(tooManyEntries(file, 'entries', maxLockEntries));
      break;
    }
    const asked = readRequirement(line);
    if (asked === null) continue;
    if (asked.kind === 'invalid') invalid.push(asked.text);
    else if (asked.kind === 'include') {
      if (!isRead(asked.path, file, view)) unread.push(clip(asked.path, 60));
    } else if (asked.kind === 'open') {
      const missing = !installed.has(normalizedPythonName(asked.name));
      if (missing && !(asked.optional && installed.size > 0)) open.push(asked.name);
    } else {
      const key = normalizedPythonName(asked.component.name);
      nodes.set(key, {
        component: asked.component,
        needs: [],
        dev,
        direct: asked.via === null ? null : asked.via.direct,
      });
      if (asked.via !== null) vias.push({ key, names: asked.via.names });
    }
  }
  for (const { key, names } of vias) for (const name of names) nodes.get(name)?.needs.push(key);
  addLockGraph(set, nodes, null, () => file);
  if (invalid.length > 0) {
    const message = `${invalid.length} lines are no requirements: ${clip(someOf(invalid.map((line) => clip(line, 60))))}`;
    problems.push(malformed(file, message));
  }
  if (open.length > 0 && !dev && looksLikeProjectRoot(file.path)) {
    const names = clip(someOf(open.map((name) => clip(name, 60))));
    const message = `does not pin the version of ${open.length}: ${names}; pin them (pip-compile, uv pip compile, pip freeze) or scan the environment they are installed in`;
    problems.push({ code: 'unsupported', where: file.path, message });
  }
  if (unread.length > 0 && !dev && looksLikeProjectRoot(file.path)) {
    const message = `includes ${clip(someOf(unread))}, not read: rename to requirements-….txt, or scan the environment`;
    problems.push({ code: 'unsupported', where: file.path, message });
  }
  return problems;
}

/** Whether an included file is one that is read for itself. */
function isRead(path: string, from: CatalogFile, view: FileView): boolean {
  const full = path.startsWith('/') ? path : `/${folderOf(from.path)}${path}`;
  return path.length <= 4096 && !path.includes('://') && view.get(posix.normalize(full).slice(1)) !== null;
}
