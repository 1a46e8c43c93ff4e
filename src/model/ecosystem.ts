import { osvEcosystem, packageTypeOf, parseDistroQualifier } from './distro.ts';
import type { Purl } from './purl.ts';
import { apk } from './version/apk.ts';
import { bitnami } from './version/bitnami.ts';
import { deb } from './version/deb.ts';
import { gem } from './version/gem.ts';
import { go } from './version/go.ts';
import { pep440 } from './version/pep440.ts';
import { rpm } from './version/rpm.ts';
import type { VersionScheme } from './version/scheme.ts';
import { semver } from './version/semver.ts';

/** Where a component's advisories are looked up, told by its purl alone. */
export interface Lookup {
  /** Exact OSV ecosystem strings, with release (`Debian:12`). */
  readonly ecosystems: readonly string[];
  /** Name in the notation of the ecosystem. For packages of a distribution mostly the source package. */
  readonly name: string;
  /** Version to compare, in the notation of the scheme; empty where the purl has none. */
  readonly version: string;
  /** Whether `name` is the component's own name or that of its source package. */
  readonly by: 'purl' | 'source-package';
  /** Null where no order of the ecosystem's versions is known here: only lists of exact versions decide. */
  readonly scheme: VersionScheme | null;
}

interface LanguageEcosystem {
  readonly ecosystem: string;
  readonly scheme: VersionScheme | null;
  name(purl: Purl): string;
}

function plain(purl: Purl): string {
  return purl.name;
}

function joinedBy(separator: string): (purl: Purl) => string {
  return (purl) => (purl.namespace === null ? purl.name : `${purl.namespace}${separator}${purl.name}`);
}

const path = joinedBy('/');

/** The normal form of a Python project's name, https://packaging.python.org/en/latest/specifications/name-normalization/ */
function normalised(purl: Purl): string {
  return purl.name.toLowerCase().replace(/[-_.]+/g, '-');
}

function action(purl: Purl): string {
  return path(purl).toLowerCase();
}

/** purl type → OSV ecosystem. https://ossf.github.io/osv-schema/#defined-ecosystems */
const languages: ReadonlyMap<string, LanguageEcosystem> = new Map([
  ['npm', { ecosystem: 'npm', scheme: semver, name: path }],
  ['pypi', { ecosystem: 'PyPI', scheme: pep440, name: normalised }],
  ['golang', { ecosystem: 'Go', scheme: go, name: path }],
  ['cargo', { ecosystem: 'crates.io', scheme: semver, name: plain }],
  ['bitnami', { ecosystem: 'Bitnami', scheme: bitnami, name: plain }],
  ['hex', { ecosystem: 'Hex', scheme: semver, name: plain }],
  ['pub', { ecosystem: 'Pub', scheme: semver, name: plain }],
  ['swift', { ecosystem: 'SwiftURL', scheme: semver, name: path }],
  ['julia', { ecosystem: 'Julia', scheme: semver, name: plain }],
  ['composer', { ecosystem: 'Packagist', scheme: null, name: path }],
  ['gem', { ecosystem: 'RubyGems', scheme: gem, name: plain }],
  ['maven', { ecosystem: 'Maven', scheme: null, name: joinedBy(':') }],
  ['nuget', { ecosystem: 'NuGet', scheme: null, name: plain }],
  ['cran', { ecosystem: 'CRAN', scheme: null, name: plain }],
  ['bioconductor', { ecosystem: 'Bioconductor', scheme: null, name: plain }],
  ['conan', { ecosystem: 'ConanCenter', scheme: null, name: plain }],
  ['hackage', { ecosystem: 'Hackage', scheme: null, name: plain }],
  ['opam', { ecosystem: 'opam', scheme: null, name: plain }],
  ['githubactions', { ecosystem: 'GitHub Actions', scheme: null, name: action }],
  ['vscode-extension', { ecosystem: 'VSCode', scheme: null, name: path }],
]);

const distributionSchemes: ReadonlyMap<string, VersionScheme> = new Map([
  ['deb', deb],
  ['apk', apk],
  ['rpm', rpm],
]);

/** Distributions whose OSV records name binary packages. All others name the source package. */
const namesBinaries: ReadonlySet<string> = new Set(['AlmaLinux', 'Red Hat']);

const sourceRpm = /^([^/]{1,200})-([^/-]{1,200})-([^/-]{1,200})\.(?:no)?src\.rpm$/;

/** The source package, from `upstream=name`, `upstream=name@version` or, as Syft writes it, the file name of a source RPM. */
function sourceOf(purl: Purl, ownVersion: string): { name: string; version: string } | null {
  const upstream = purl.qualifiers['upstream'];
  if (upstream === undefined || upstream === '') return null;
  const file = purl.type === 'rpm' ? sourceRpm.exec(upstream) : null;
  if (file !== null) return { name: file[1] ?? '', version: ownVersion };
  const at = upstream.lastIndexOf('@');
  if (at <= 0) return { name: upstream, version: ownVersion };
  return { name: upstream.slice(0, at), version: upstream.slice(at + 1) };
}

/**
 * Debian signs its kernels in a source package of their own, whose version carries the kernel's with `+` before the last part;
 * the advisories speak of `linux`.
 */
function unsigned(source: { name: string; version: string }): { name: string; version: string } {
  if (!/^linux-signed-[a-z0-9]{1,20}$/.test(source.name)) return source;
  const plus = source.version.lastIndexOf('+');
  const version = plus === -1 ? source.version : `${source.version.slice(0, plus)}-${source.version.slice(plus + 1)}`;
  return { name: 'linux', version };
}

function distributionLookup(purl: Purl, scheme: VersionScheme): Lookup | null {
  // Rolling distributions need no release: the namespace alone tells them.
  const unreleased = { id: purl.namespace ?? '', versionId: '' };
  const distro = parseDistroQualifier(purl.namespace, purl.qualifiers['distro'] ?? '') ?? unreleased;
  const ecosystem = osvEcosystem(distro.id, distro.versionId);
  if (ecosystem === null || packageTypeOf(distro.id) !== purl.type) return null;
  const epoch = purl.qualifiers['epoch'];
  const bare = purl.version ?? '';
  const version =
    purl.type === 'rpm' && epoch !== undefined && /^\d{1,9}$/.test(epoch) && !bare.includes(':')
      ? `${epoch}:${bare}`
      : bare;
  const source = sourceOf(purl, version);
  if (source === null || namesBinaries.has(baseOf(ecosystem)))
    return { ecosystems: [ecosystem], name: purl.name, version, by: 'purl', scheme };
  return { ecosystems: [ecosystem], ...unsigned(source), by: 'source-package', scheme };
}

/**
 * Where the advisories for a component are looked up: of a distribution's package under the distribution and release that the
 * qualifier `distro` names, by source package (`upstream`) and source version; of any other component under the ecosystem of
 * its type. The one never matches the other. Null where OSV has no ecosystem for it, or the purl does not tell the release.
 */
export function lookupOf(purl: Purl): Lookup | null {
  const distribution = distributionSchemes.get(purl.type);
  if (distribution !== undefined) return distributionLookup(purl, distribution);
  const language = languages.get(purl.type);
  if (language === undefined) return null;
  const { ecosystem, scheme } = language;
  return { ecosystems: [ecosystem], name: language.name(purl), version: purl.version ?? '', by: 'purl', scheme };
}

/** The ecosystems of language packages and the like: purl type, OSV ecosystem, and whether the order of its versions is known. */
export function languageEcosystems(): { type: string; ecosystem: string; ordered: boolean }[] {
  return [...languages].map(([type, { ecosystem, scheme }]) => ({ type, ecosystem, ordered: scheme !== null }));
}

/** The order of the versions of a purl type; null where none is known here. */
export function schemeOf(purlType: string): VersionScheme | null {
  return distributionSchemes.get(purlType) ?? languages.get(purlType)?.scheme ?? null;
}

/** `Debian` of `Debian:12`. */
export function baseOf(ecosystem: string): string {
  const colon = ecosystem.indexOf(':');
  return colon === -1 ? ecosystem : ecosystem.slice(0, colon);
}

/** Whether the packages of this OSV ecosystem come from a distribution, which speaks for them before anybody else. */
export function isDistribution(ecosystem: string): boolean {
  const base = baseOf(ecosystem);
  if (base === 'Bitnami') return true;
  for (const language of languages.values()) if (language.ecosystem === base) return false;
  return true;
}

/** The name of a component as its ecosystem writes it: `@babel/core`, `org.slf4j:slf4j-api`, `libssl3`. */
export function nameOf(purl: Purl): string {
  const language = languages.get(purl.type);
  if (language !== undefined) return language.name(purl);
  return distributionSchemes.has(purl.type) ? purl.name : path(purl);
}
