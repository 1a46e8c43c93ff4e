import { PackageURL } from 'packageurl-js';

/** A package URL in its parts. https://github.com/package-url/purl-spec */
export interface Purl {
  readonly type: string;
  readonly namespace: string | null;
  readonly name: string;
  readonly version: string | null;
  readonly qualifiers: Readonly<Record<string, string>>;
  readonly subpath: string | null;
}

/** The canonical text of a purl. Throws a TypeError where the parts break the specification. */
export function formatPurl(p: Pick<Purl, 'type' | 'name'> & Partial<Purl>): string {
  return new PackageURL(p.type, p.namespace, p.name, p.version, p.qualifiers, p.subpath).toString();
}

/** The parts of a purl; null where the text is not one. The input may be an attacker's. */
export function parsePurl(text: string): Purl | null {
  if (text.length > 4096) return null;
  try {
    const p = PackageURL.fromString(text);
    return {
      type: p.type,
      namespace: p.namespace ?? null,
      name: p.name,
      version: p.version ?? null,
      qualifiers: { ...p.qualifiers },
      subpath: p.subpath ?? null,
    };
  } catch {
    return null;
  }
}

/** Whether `wanted` names this component, or the source package it was built from. Version and qualifiers count where given. */
export function purlCovers(wanted: Purl, purl: Purl): boolean {
  if (wanted.type !== purl.type || wanted.namespace !== purl.namespace) return false;
  const source = purl.qualifiers['upstream']?.split('@')[0];
  if (wanted.name !== purl.name && wanted.name !== source) return false;
  if (wanted.version !== null && wanted.version !== purl.version) return false;
  return Object.entries(wanted.qualifiers).every(([key, value]) => purl.qualifiers[key] === value);
}
