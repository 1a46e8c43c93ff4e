import type { Component } from '../../../../model/inventory.ts';
import type { Problem } from '../../../../model/problem.ts';
import { capProblems } from '../../../cap-problems.ts';
import type { Cataloger, FileStat } from '../../../cataloger.ts';
import { goComponent } from '../../../go-module.ts';
import { GoExtractor, type Kept } from './extractor.ts';
import { modulesOf } from './modules.ts';

/** The smallest program that Go's linker makes is ten times as large. */
const leastBytes = 100_000;

const anyExecuteBit = 0o111;

/** Endings of what may be a Go binary without an execute bit: programs for Windows, and libraries. */
const binaryEndings: ReadonlySet<string> = new Set(['exe', 'dll', 'so', 'dylib', 'bin', 'node']);

/** Endings that are versions or platforms rather than kinds of data: `tool-linux-amd64`, `kubectl-v1.30.1`, `app.linux`. */
function mayBeBinaryName(name: string): boolean {
  const dot = name.lastIndexOf('.');
  if (dot < 0) return true;
  const ending = name.slice(dot + 1).toLowerCase();
  return binaryEndings.has(ending) || (ending.charCodeAt(0) >= 0x30 && ending.charCodeAt(0) <= 0x39);
}

/** Endings that scripts and data carry even where everything has the execute bit. */
const dataEndings: ReadonlySet<string> = new Set([
  'js',
  'json',
  'map',
  'py',
  'pyc',
  'txt',
  'html',
  'css',
  'gz',
  'zip',
  'tar',
  'jar',
  'png',
  'jpg',
  'svg',
  'h',
  'c',
  'md',
  'xml',
]);

function hasDataEnding(name: string): boolean {
  const dot = name.lastIndexOf('.');
  return dot > 0 && dataEndings.has(name.slice(dot + 1).toLowerCase());
}

/**
 * Modules inside Go binaries (ELF, PE, Mach-O, also stripped), from the build information that Go's linker leaves in them. Files
 * without an execute bit are looked at too, because archives and Windows lose it: those whose name has no ending of a kind of
 * data. The first bytes decide, so a file that is no executable costs one comparison.
 */
export const go: Cataloger = {
  id: 'lang/go',
  about: 'modules and standard library inside Go binaries (ELF, PE, Mach-O), from their build information',
  revision: 1,
  // Streamed, and little is kept: no size is too large.
  maxFileSizeBytes: 2 ** 50,

  wants: (file: FileStat) =>
    file.sizeBytes >= leastBytes &&
    ((file.mode & anyExecuteBit) !== 0 ? !hasDataEnding(file.name) : mayBeBinaryName(file.name)),

  extract: ({ sizeBytes }) => new GoExtractor(sizeBytes),

  catalog(view, { signal }) {
    const components: Component[] = [];
    const problems: Problem[] = [];
    for (const file of view.files) {
      signal.throwIfAborted();
      const kept = JSON.parse(Buffer.from(file.bytes).toString('utf8')) as Kept;
      if ('missing' in kept) {
        const message =
          'a Go binary without readable build information (before Go 1.13, or removed): its modules cannot be assessed';
        problems.push({ code: 'unsupported', where: file.path, message });
        continue;
      }
      const read = modulesOf(kept, file.path);
      problems.push(...capProblems(read.problems, file.path));
      const location = { path: file.path, layer: file.layer };
      for (const one of read.modules) components.push(goComponent(one, { foundBy: go.id, location, direct: null }));
    }
    return { components, problems };
  },
};
