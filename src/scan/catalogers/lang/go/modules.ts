import { clip, type Problem } from '../../../../model/problem.ts';
import { type GoModule, isModulePath, isModuleVersion, stdlibVersion } from '../../../go-module.ts';
import type { BuildInfo } from './build-info-scan.ts';

const mostModules = 100_000;

interface Line {
  path: string;
  version: string;
  replaced: boolean;
}

/**
 * The modules inside a binary: the main module where its version is known, all that it was built with (what replaces a module
 * stands for it), the standard library, and for a command of the Go distribution itself `toolchain`, as OSV names them. Left out is own code
 * that has no version: a main module `(devel)`, a module replaced by a folder. What cannot be told is a problem; its
 * `where` is the path of the binary alone. The text may be an attacker's.
 */
export function modulesOf(info: BuildInfo, where: string): { modules: GoModule[]; problems: Problem[] } {
  const modules: GoModule[] = [];
  const problems: Problem[] = [];
  const lines = readLines(info.modules);
  if (lines.all.length > mostModules) {
    problems.push({
      code: 'limit-exceeded',
      where,
      message: `more than ${mostModules} modules in one Go binary: the rest was not read`,
    });
  }
  for (const { path, version, replaced } of lines.all.slice(0, mostModules)) {
    if (version === '' || version === '(devel)') continue;
    if (replaced && isFolder(path)) continue;
    if (isModulePath(path) && isModuleVersion(version)) modules.push({ path, version });
    else
      problems.push({
        code: 'malformed',
        where,
        message: `not a Go module and version: ${clip(`${path} ${version}`, 160)}`,
      });
  }
  const std = stdlibVersion(info.goVersion);
  if (std === null) {
    const said =
      info.goVersion === ''
        ? 'does not say which Go built it'
        : `was built by a Go that is no release: ${clip(info.goVersion, 80)}`;
    problems.push({
      code: 'version-not-comparable',
      where,
      message: `the Go binary ${said}; its standard library cannot be assessed`,
    });
  } else {
    modules.push({ path: 'stdlib', version: std });
    if (lines.path.startsWith('cmd/')) modules.push({ path: 'toolchain', version: std });
  }
  if (lines.all.length === 0 && !withoutModules(lines.path)) {
    const message =
      'the Go binary was built without modules (GOPATH, Bazel or a distribution): what it is made of cannot be assessed';
    problems.push({ code: 'unsupported', where, message });
  }
  return { modules, problems };
}

/** Commands of Go itself and single files need no module. */
function withoutModules(path: string): boolean {
  return path.startsWith('cmd/') || path === 'command-line-arguments';
}

function isFolder(path: string): boolean {
  return path.startsWith('.') || path.startsWith('/') || /^[A-Za-z]:[\\/]/.test(path);
}

/** `runtime/debug.ParseBuildInfo`: tab-separated lines, `=>` replaces the line before it. */
function readLines(text: string): { path: string; all: Line[] } {
  const all: Line[] = [];
  let main = '';
  for (const raw of text.split('\n')) {
    const [key, path = '', version = ''] = raw.split('\t', 4);
    if (key === 'path') main = path;
    else if (key === 'mod' || key === 'dep') all.push({ path, version, replaced: false });
    else if (key === '=>') {
      const last = all.at(-1);
      if (last !== undefined) Object.assign(last, { path, version, replaced: true });
    }
  }
  return { path: main, all };
}
