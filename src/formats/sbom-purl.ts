import { distroQualifier, parseDistroQualifier } from '../model/distro.ts';
import type { OperatingSystem } from '../model/inventory.ts';
import { formatPurl, type Purl, parsePurl } from '../model/purl.ts';

const osTypes = new Set(['deb', 'apk', 'rpm']);

/** purl types of things that hold software and are none: the artifact itself, not a component. */
export const containerTypes: ReadonlySet<string> = new Set(['oci', 'docker']);

/** What a document says beside the purl. */
export interface PurlHints {
  readonly version: string | null;
  /** Source package and its version, where the document holds them apart from the purl. */
  readonly source: { readonly name: string; readonly version: string } | null;
}

/** A purl in our convention, with the name and version that stand in it. */
export interface KnownPurl {
  readonly purl: string;
  readonly type: string;
  readonly name: string;
  readonly version: string;
  /** Distribution and release, for packages of an operating system; null where nothing tells. */
  readonly distro: { readonly id: string; readonly versionId: string } | null;
  readonly ofSystem: boolean;
}

/**
 * Brings a purl of any tool into the convention that matching reads: `distro=<id>-<version>`, `upstream=<source>[@version]`,
 * the epoch of a Debian version inside the version. Null where the text is no purl, `no-version` where nobody tells one.
 */
export function knownPurl(text: string, os: OperatingSystem | null, hints: PurlHints): KnownPurl | 'no-version' | null {
  const parsed = parsePurl(text.trim());
  if (parsed === null) return null;
  const version = versionOf(parsed, hints.version);
  if (version === null) return 'no-version';
  const ofSystem = osTypes.has(parsed.type);
  if (!ofSystem) {
    return {
      purl: formatPurl({ ...parsed, version }),
      type: parsed.type,
      name: nameOf(parsed),
      version,
      distro: null,
      ofSystem,
    };
  }
  const { epoch, distro: stated, upstream, ...others } = parsed.qualifiers;
  const distro = (stated === undefined ? null : parseDistroQualifier(parsed.namespace, stated)) ?? os;
  const source = upstream ?? sourceText(hints.source, parsed.name, version);
  const qualifiers = {
    ...others,
    // In a Debian purl the epoch is part of the version; only rpm keeps it apart.
    ...(epoch !== undefined && parsed.type !== 'deb' && { epoch }),
    ...(distro !== null && { distro: distroQualifier(distro.id, distro.versionId) }),
    ...(source !== null && { upstream: source }),
  };
  return {
    purl: formatPurl({ ...parsed, version, qualifiers }),
    type: parsed.type,
    name: parsed.name,
    version,
    distro: distro === null ? null : { id: distro.id, versionId: distro.versionId },
    ofSystem,
  };
}

/** A purl of our own document, which stands as it was written, with the name and version that stand beside it. */
export function ownPurl(
  text: string,
  beside: { readonly name: string; readonly version: string | null },
): KnownPurl | null {
  const parsed = parsePurl(text);
  if (parsed === null) return null;
  return {
    purl: text,
    type: parsed.type,
    name: beside.name,
    version: beside.version ?? '',
    distro: null,
    ofSystem: osTypes.has(parsed.type),
  };
}

function versionOf(p: Purl, hint: string | null): string | null {
  const version = p.version === null || p.version === '' ? hint : p.version;
  if (version === null || version === '') return null;
  const epoch = p.qualifiers['epoch'];
  if (p.type !== 'deb' || epoch === undefined || epoch === '0' || !/^\d{1,9}$/.test(epoch)) return version;
  return /^\d+:/.test(version) ? version : `${epoch}:${version}`;
}

function sourceText(source: PurlHints['source'], name: string, version: string): string | null {
  if (source === null || source.name === '') return null;
  const same = source.version === '' || source.version === version;
  if (same) return source.name === name ? null : source.name;
  return `${source.name}@${source.version}`;
}

/** The name that the ecosystem itself uses: `@scope/name`, `group:artifact`, `example.org/module`. */
function nameOf(p: Purl): string {
  if (p.namespace === null) return p.name;
  return p.type === 'maven' ? `${p.namespace}:${p.name}` : `${p.namespace}/${p.name}`;
}
