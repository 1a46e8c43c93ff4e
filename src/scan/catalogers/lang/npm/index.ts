import { clip, type Problem } from '../../../../model/problem.ts';
import type { Cataloger } from '../../../cataloger.ts';
import { ComponentSet } from '../../component-set.ts';
import { keepCondensed } from '../../kept-bytes.ts';
import { npmComponent } from '../../npm-component.ts';
import { condenseNpmManifest, keepProjectManifest, type NpmManifest, readNpmManifest } from '../../npm-manifest.ts';
import { looksLikeProjectRoot } from '../../project-root.ts';
import { malformed } from '../../text-document.ts';
import { installPlace } from './install-place.ts';
import { Installed } from './installed.ts';

const id = 'lang/npm';

/**
 * Installed components of npm, yarn, pnpm and bun: each `package.json` directly below a `node_modules`. A project's own
 * `package.json` tells which of them it asks for.
 */
export const npm: Cataloger = {
  id,
  about: 'components that npm, yarn, pnpm or bun installed, from each `package.json` below a `node_modules`',
  revision: 1,
  maxFileSizeBytes: 4 * 1024 * 1024,
  wants: ({ name, path }) => name === 'package.json' && (installPlace(path) !== null || looksLikeProjectRoot(path)),
  extract: ({ path }) => (installPlace(path) === null ? keepProjectManifest() : keepCondensed(condenseNpmManifest)),
  catalog(view, { signal }) {
    signal.throwIfAborted();
    const problems: Problem[] = [];
    const installed = new Installed(view);
    for (const file of view.files) {
      const place = installPlace(file.path);
      const manifest = readNpmManifest(file);
      if (place === null) installed.addProject(file, manifest);
      else {
        const component = componentOf(manifest);
        if (component !== null && typeof component === 'object') installed.add(file, component, manifest.licenses);
        else if (component !== null && place === 'component') problems.push(malformed(file, component));
      }
    }
    const set = new ComponentSet(id);
    installed.addTo(set);
    return { components: set.list(), problems };
  },
};

/** The component, what is wrong with it, or null for a stub that only sets a mode for its folder (`{"type": "module"}`). */
function componentOf({ name, version, problem }: NpmManifest) {
  if (problem !== null) return `${problem}; install the component again`;
  if (name === null && version === null) return null;
  if (name === null || version === null)
    return `has no ${name === null ? 'name' : 'version'}; install the component again`;
  const component = npmComponent(name, version);
  return component ?? `names no component that npm could install: ${clip(name)} ${clip(version)}`;
}
