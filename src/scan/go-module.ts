import type { Component, Location } from '../model/inventory.ts';
import { formatPurl } from '../model/purl.ts';

/** A module at a version, as Go names it: `github.com/BurntSushi/toml`, `v1.2.0`. */
export interface GoModule {
  readonly path: string;
  readonly version: string;
}

/** What module.CheckPath of golang.org/x/mod lets pass, a little wider: a fixed set of characters, no empty or dotted element. */
const modulePath = /^[A-Za-z0-9_~][A-Za-z0-9._~-]{0,255}(?:\/[A-Za-z0-9_~-][A-Za-z0-9._~-]{0,255}){0,50}$/;

/** Canonical versions, pseudo-versions, `+incompatible` and `+dirty` (go.dev/ref/mod#versions). */
const moduleVersion =
  /^v(?:0|[1-9]\d{0,17})\.(?:0|[1-9]\d{0,17})\.(?:0|[1-9]\d{0,17})(?:-[0-9A-Za-z.-]{1,200})?(?:\+[0-9A-Za-z.-]{1,200})?$/;

export function isModulePath(text: string): boolean {
  return text.length <= 1000 && modulePath.test(text);
}

export function isModuleVersion(text: string): boolean {
  return text.length <= 300 && moduleVersion.test(text);
}

/**
 * The component for a module. In the purl the last element of the path is the name and the rest the namespace. The purl
 * specification asks for lower case, which would lose the module: paths are case-sensitive for Go and for OSV. So the case stays, as
 * packageurl-js and the SBOM tools of the Go world keep it, and namespace + `/` + name is the module path again.
 * Throws where path or version are not valid.
 */
export function goComponent(
  { path, version }: GoModule,
  at: { readonly foundBy: string; readonly location: Location; readonly direct: boolean | null },
): Component {
  const slash = path.lastIndexOf('/');
  return {
    purl: formatPurl({
      type: 'golang',
      namespace: slash < 0 ? null : path.slice(0, slash),
      name: path.slice(slash + 1),
      version,
    }),
    name: path,
    version,
    foundBy: at.foundBy,
    locations: [at.location],
    direct: at.direct,
    dev: false,
    licenses: [],
    dependsOn: [],
  };
}

const released = /^go(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?(?:(beta|rc)(\d{1,4}))?(?:[ +-].*)?$/s;

/**
 * The version of the standard library that a Go release brings, in the notation of OSV's `stdlib`: `go1.22.3` → `1.22.3`, `go1.20` →
 * `1.20.0`, `go1.21rc2` → `1.21.0-rc.2`. What a builder appended (`go1.22.3 X:boringcrypto`, `go1.19.8-1+b2`, `go1.20.12 (Red Hat …)`)
 * is dropped: the release below is what it started from, fixes that it may have added are not known here. Null for
 * a development version (`devel go1.23-…`), which stands between releases.
 */
export function stdlibVersion(goVersion: string): string | null {
  const [, major, minor, patch = '0', stage, number] = released.exec(goVersion.slice(0, 300)) ?? [];
  if (major === undefined || minor === undefined) return null;
  const base = `${Number(major)}.${Number(minor)}.${Number(patch)}`;
  return stage === undefined ? base : `${base}-${stage}.${Number(number)}`;
}
