// Builds real images from Debian's packages, with versions that have known holes, once per test run.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keptBuild } from './kept-build.ts';
import { run } from './parts.ts';

/** Binary packages that share a source package must have one version; each group takes its lowest one. */
const holes = [
  ['curl', 'libcurl4'],
  ['openssl', 'libssl3'],
  ['libexpat1'],
  ['sudo'],
  ['git', 'git-man'],
  ['libxml2'],
] as const;

/** Tools that build images. */
export const imageTools = ['mmdebstrap', 'umoci', 'skopeo', 'dpkg', 'apt-cache'] as const;

/** `name=version` of the lowest version that this machine's apt offers, for each package with a known hole. */
export function vulnerablePackages(): string[] {
  return holes.flatMap((group) => {
    const offered = group.map((name) => versionsOf(name));
    const shared = offered.reduce((a, b) => a.filter((version) => b.includes(version)));
    const lowest = shared.toSorted(compareDeb)[0];
    return lowest === undefined ? [] : group.map((name) => `${name}=${lowest}`);
  });
}

function versionsOf(name: string): string[] {
  const lines = run('apt-cache', ['madison', name]).split('\n');
  return [...new Set(lines.map((line) => line.split('|')[1]?.trim() ?? '').filter((version) => version !== ''))];
}

/** Debian's own order, by dpkg. */
export function compareDeb(a: string, b: string): number {
  const holds = (operator: string) => {
    try {
      run('dpkg', ['--compare-versions', a, operator, b]);
      return true;
    } catch {
      return false;
    }
  };
  return holds('lt') ? -1 : holds('gt') ? 1 : 0;
}

function mirror(): string {
  const sources = readFileSync('/etc/apt/sources.list.d/debian.sources', 'utf8');
  const address = /^URIs:\s*(\S+)/m.exec(sources)?.[1];
  if (address === undefined) throw new Error('debian.sources names no mirror');
  return address;
}

/** A Debian root file system as a tar, kept for the day: read it, never change it. `packages` may pin versions. */
export function debianRoot(release: 'bookworm' | 'bullseye', packages: readonly string[]): string {
  const include = packages.length > 0 ? [`--include=${packages.join(',')}`] : [];
  // Without a mirror mmdebstrap takes main, updates and security of bookworm, which is where the pinned versions are.
  const from = release === 'bookworm' ? [] : [`deb ${mirror()} ${release} main`];
  const documents = ['--dpkgopt=path-exclude=/usr/share/doc/*', '--dpkgopt=path-exclude=/usr/share/locale/*'];
  const flags = ['-q', '--variant=minbase', '--format=tar', ...documents, ...include];
  return keptBuild(`${release}.tar`, [release, ...flags, ...from], (tar) =>
    run('mmdebstrap', [...flags, release, tar, ...from], { env: { SOURCE_DATE_EPOCH: '1790000000' } }),
  );
}

/** An OCI layout with the tar as its first layer, and a folder of the host copied in as its second. */
export function ociLayout(
  folder: string,
  name: string,
  rootTar: string,
  insert: { from: string; to: string } | null,
): string {
  const layout = join(folder, name);
  rmSync(layout, { recursive: true, force: true });
  run('umoci', ['init', '--layout', layout]);
  run('umoci', ['new', '--image', `${layout}:app`]);
  run('umoci', ['raw', 'add-layer', '--image', `${layout}:app`, rootTar]);
  if (insert !== null) run('umoci', ['insert', '--image', `${layout}:app`, insert.from, insert.to]);
  run('umoci', ['config', '--image', `${layout}:app`, '--config.user', '10001:10001', '--config.cmd', 'node']);
  return layout;
}

/** Copies an image between shapes: `oci:…:app` to `docker-archive:…`, `oci-archive:…`, `docker://…`. */
export function copyImage(from: string, to: string, ...flags: readonly string[]): void {
  run('skopeo', ['--insecure-policy', 'copy', '-q', ...flags, from, to]);
}

/** A Node application with old components, installed by the real npm where `lockOnly` is false. */
export function nodeProject(folder: string, dependencies: Record<string, string>, lockOnly = false): string {
  const project = join(folder, 'node-app');
  mkdirSync(project, { recursive: true });
  writeFileSync(
    join(project, 'package.json'),
    JSON.stringify({ name: 'shop', version: '1.0.0', private: true, dependencies }),
  );
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  run('npm', ['install', ...flags, ...(lockOnly ? ['--package-lock-only'] : [])], { cwd: project });
  return project;
}

/** A root that holds a project folder at `/srv/app`. */
export function appRoot(folder: string, project: string): string {
  const target = join(folder, 'srv');
  mkdirSync(target, { recursive: true });
  cpSync(project, join(target, 'app'), { recursive: true });
  return target;
}
