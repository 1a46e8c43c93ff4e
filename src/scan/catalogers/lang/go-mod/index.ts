import gt from 'semver/functions/gt.js';
import valid from 'semver/functions/valid.js';
import type { Component } from '../../../../model/inventory.ts';
import { clip, type Problem } from '../../../../model/problem.ts';
import type { Cataloger, CatalogFile, Extractor, FileView } from '../../../cataloger.ts';
import { type GoModule, goComponent, isModulePath, isModuleVersion, stdlibVersion } from '../../../go-module.ts';
import { keptLines, lineExtractor } from '../../../lines.ts';
import { type GoMod, mostModules, parseGoMod } from './go-mod.ts';

/** What Go itself leaves aside: sources of dependencies in the module cache, and samples for tests. */
const aside = ['pkg/mod/', 'testdata/', 'vendor/'] as const;

const mostProblems = 50;

/**
 * Modules that a project requires, from go.mod. Since Go 1.17 it names every module of the build; of an older one (`go` line below 1.17)
 * what it does not name is taken from go.sum, in the highest version whose content is there. A `toolchain` line gives
 * the standard library, the `go` line does not: it is the oldest Go that will do, not the one that builds.
 * Left out: the main module and what is replaced by a folder (own code without a version), the module cache, `std` and `cmd`.
 */
export const goMod: Cataloger = {
  id: 'lang/go-mod',
  about: 'modules that a project requires, from `go.mod` and, for Go before 1.17, `go.sum`',
  revision: 1,
  maxFileSizeBytes: 32 << 20,

  wants: ({ name, path }) =>
    (name === 'go.mod' || name === 'go.sum') &&
    !aside.some((folder) => path.startsWith(folder) || path.includes(`/${folder}`)),

  // Lines of go.sum that only vouch for a go.mod say nothing about what is built.
  extract: ({ name }) =>
    name === 'go.sum' ? lineExtractor((line) => line !== '' && !line.includes('/go.mod ')) : evenEmpty(),

  catalog(view, { signal }) {
    const components: Component[] = [];
    const problems: Problem[] = [];
    for (const file of view.files) {
      signal.throwIfAborted();
      if (file.name !== 'go.mod') continue;
      for (const component of projectOf(file, view, problems)) components.push(component);
    }
    return { components, problems };
  },
};

/** A go.mod without a line that can be read is still one, and has to be told. */
function evenEmpty(): Extractor {
  const lines = lineExtractor(() => true);
  return { push: (chunk) => lines.push(chunk), end: () => lines.end() ?? new Uint8Array(0) };
}

function* projectOf(file: CatalogFile, view: FileView, problems: Problem[]): Generator<Component> {
  const parsed = parseGoMod(Buffer.from(file.bytes).toString('utf8'));
  const where = file.path;
  const malformed = (message: string) => problems.push({ code: 'malformed', where, message });
  for (const error of parsed.errors) malformed(`not a line of a go.mod file: ${error}`);
  if (parsed.cut) problems.push(tooMany(where));
  if (parsed.module === null) malformed('go.mod has no module line');
  if (parsed.module === 'std' || parsed.module === 'cmd') return;

  const replaced = replacer(parsed);
  let bad = 0;
  const named = new Set<string>();
  const at = { foundBy: goMod.id, location: { path: file.path, layer: file.layer } };
  for (const requirement of parsed.requirements) {
    named.add(requirement.path);
    const effective = replaced(requirement);
    if (effective === null) continue;
    named.add(effective.path);
    if (isModulePath(effective.path) && isModuleVersion(effective.version)) {
      yield goComponent(effective, { ...at, direct: requirement.direct });
    } else if (bad++ < mostProblems)
      malformed(`not a Go module and version: ${clip(`${effective.path} ${effective.version}`, 160)}`);
  }
  const std = stdlibVersion(parsed.toolchain ?? '');
  if (std !== null) yield goComponent({ path: 'stdlib', version: std }, { ...at, direct: null });
  if (namesAll(parsed.go)) return;

  const sumPath = `${file.path.slice(0, -'go.mod'.length)}go.sum`;
  const sum = view.get(sumPath);
  if (sum === null) {
    if (parsed.requirements.length > 0) {
      const message =
        'this go.mod is older than Go 1.17 and names not every module, and there is no go.sum: run `go mod tidy -go=1.17` or keep go.sum beside it';
      problems.push({ code: 'unsupported', where, message });
    }
    return;
  }
  const { modules, strange, cut } = highest(keptLines(sum.bytes));
  if (cut) problems.push(tooMany(sum.path));
  if (strange > 0)
    problems.push({ code: 'malformed', where: sum.path, message: `${strange} lines are not "module version hash"` });
  for (const found of modules) {
    if (named.has(found.path)) continue;
    const effective = replaced(found);
    if (effective === null || !isModuleVersion(effective.version) || !isModulePath(effective.path)) continue;
    yield goComponent(effective, { foundBy: goMod.id, location: { path: sum.path, layer: sum.layer }, direct: false });
  }
}

/** Gives the module that stands for a requirement; null for a folder, which is own code. */
function replacer({ replacements }: GoMod): (asked: GoModule) => GoModule | null {
  const byModule = new Map(replacements.map((r) => [`${r.path} ${r.version ?? ''}`, r]));
  return ({ path, version }) => {
    const by = byModule.get(`${path} ${version}`) ?? byModule.get(`${path} `);
    if (by === undefined) return { path, version };
    return by.newVersion === null ? null : { path: by.newPath, version: by.newVersion };
  };
}

/** Whether go.mod names every module of the build: from `go 1.17` on. */
function namesAll(go: string | null): boolean {
  const [major = 1, minor = 16] = (go ?? '1.16').split(/[.a-z]/).map(Number);
  return major > 1 || minor >= 17;
}

/** Of each module of a go.sum file (lines are `path version hash`) the highest version, and how many lines are something else. */
function highest(lines: readonly string[]): { modules: GoModule[]; strange: number; cut: boolean } {
  const byPath = new Map<string, string>();
  let strange = 0;
  for (const line of lines) {
    const [path = '', version = '', hash] = line.split(' ', 3);
    if (hash === undefined || !isModulePath(path) || !isModuleVersion(version) || valid(version) === null) {
      strange++;
      continue;
    }
    const before = byPath.get(path);
    if (before === undefined && byPath.size >= mostModules) return { modules: asModules(byPath), strange, cut: true };
    if (before === undefined || gt(version, before)) byPath.set(path, version);
  }
  return { modules: asModules(byPath), strange, cut: false };
}

function asModules(byPath: ReadonlyMap<string, string>): GoModule[] {
  return [...byPath].map(([path, version]) => ({ path, version }));
}

function tooMany(where: string): Problem {
  return { code: 'limit-exceeded', where, message: `more than ${mostModules} modules: the rest was not read` };
}
