import { valid } from '@renovatebot/pep440';
import { formatPurl } from '../../model/purl.ts';

/** The name that all spellings of a Python name share. https://peps.python.org/pep-0503/#normalized-names */
export function normalizedPythonName(name: string): string {
  return name.replace(/[-_.]+/g, '-').toLowerCase();
}

/** Letters, digits and `-_.` between them. https://packaging.python.org/en/latest/specifications/name-normalization/ */
export function isPythonName(name: string): boolean {
  return name.length <= 214 && /^[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?$/i.test(name);
}

/** A component of PyPI, its purl with the normalized name; null where name or version (PEP 440) is not one. */
export function pythonComponent(name: string, version: string) {
  const plain = version.trim();
  if (!isPythonName(name) || plain.length > 128 || valid(plain) === null) return null;
  return { purl: formatPurl({ type: 'pypi', name: normalizedPythonName(name), version: plain }), name, version: plain };
}

/** A name that something needs, with the version where a lockfile names it. */
export interface PythonNeed {
  readonly name: string;
  readonly version: string | null;
}

/** What one line of PEP 508 asks for. https://peps.python.org/pep-0508/ */
export interface Requirement {
  /** As written. */
  readonly name: string;
  /** What follows the name and its extras up to the marker: `>=1,<2`, `== 1.0`, `@ https://…`; may be empty. */
  readonly specifier: string;
  /** `python_version < "3.10"`; empty where there is none. */
  readonly marker: string;
}

/** Reads one requirement; null where the text starts with no name. The text may be an attacker's: no step looks back. */
export function parseRequirement(text: string): Requirement | null {
  const line = text.trim();
  if (line.length > 8192) return null;
  const end = line.search(/[^a-z0-9._-]/i);
  const name = end < 0 ? line : line.slice(0, end);
  if (!isPythonName(name)) return null;
  let rest = line.slice(name.length).trimStart();
  if (rest.startsWith('[')) {
    const close = rest.indexOf(']');
    if (close < 0) return null;
    rest = rest.slice(close + 1).trimStart();
  }
  // In an address a semicolon is a marker's only after a blank.
  const semicolon = rest.startsWith('@') ? rest.indexOf(' ;') : rest.indexOf(';');
  const specifier = (semicolon < 0 ? rest : rest.slice(0, semicolon)).trim();
  const marker = semicolon < 0 ? '' : rest.slice(rest.indexOf(';', semicolon) + 1).trim();
  const bare = specifier.startsWith('(') && specifier.endsWith(')') ? specifier.slice(1, -1).trim() : specifier;
  return { name, specifier: bare, marker };
}

/** The version that a specifier pins (`==1.0`, `===1.0`); null for a range, a wildcard, an address or nothing. */
export function pinnedVersion(specifier: string): string | null {
  if (!specifier.startsWith('==')) return null;
  const version = specifier.slice(specifier.startsWith('===') ? 3 : 2).trim();
  return version === '' || /[,*\s]/.test(version) ? null : version;
}
