import { type DistroPackageType, distroQualifier, packageTypeOf } from '../model/distro.ts';
import type { Component, Location, OperatingSystem } from '../model/inventory.ts';
import { clip, type Problem } from '../model/problem.ts';
import { formatPurl } from '../model/purl.ts';

/** A package as the database of a distribution records it. */
export interface DistroPackage {
  readonly name: string;
  readonly version: string;
  readonly arch: string | null;
  /** Name and version of the source that it was built from; those of the package itself where the database names none. */
  readonly source: string;
  readonly sourceVersion: string;
  readonly licenses: readonly string[];
}

/**
 * The component for a package of a distribution. Its purl carries what matching needs: the distribution as namespace, `distro`
 * (`debian-12`) and `upstream`, the source's name where it differs from the name that the purl can hold (purls of deb and apk
 * are lower case), with `@version` where the source's version differs. `os` null: a purl without distribution.
 */
export function distroComponent(
  type: 'deb' | 'apk',
  os: OperatingSystem | null,
  from: DistroPackage,
  at: { readonly foundBy: string; readonly location: Location },
): Component {
  const differs = from.sourceVersion !== from.version;
  const qualifiers: Record<string, string> = {};
  if (from.arch !== null) qualifiers['arch'] = from.arch;
  if (os !== null) qualifiers['distro'] = distroQualifier(os.id, os.versionId);
  if (differs) qualifiers['upstream'] = `${from.source}@${from.sourceVersion}`;
  else if (from.source !== from.name.toLowerCase()) qualifiers['upstream'] = from.source;
  return {
    purl: formatPurl({ type, namespace: os?.id ?? null, name: from.name, version: from.version, qualifiers }),
    name: from.name,
    version: from.version,
    foundBy: at.foundBy,
    locations: [at.location],
    direct: null,
    dev: false,
    licenses: from.licenses,
    dependsOn: [],
  };
}

/**
 * The operating system whose packages a database of this type holds: `os`, unless it is unknown or is known to use another type,
 * in which case nobody can say whose packages these are; then null, with a problem that says so.
 */
export function ownerOf(
  type: DistroPackageType,
  os: OperatingSystem | null,
  where: string,
): { readonly os: OperatingSystem | null; readonly problems: readonly Problem[] } {
  if (os === null) {
    const message = `no os-release tells which distribution these ${type} packages belong to: they cannot be assessed`;
    return { os: null, problems: [{ code: 'os-unknown', where, message }] };
  }
  const usual = packageTypeOf(os.id);
  if (usual === null || usual === type) return { os, problems: [] };
  const message = `these are ${type} packages, but os-release names ${clip(os.id, 60)}, which uses ${usual}: they cannot be assessed`;
  return { os: null, problems: [{ code: 'os-unknown', where, message }] };
}
