// Its parts: the whole library costs some milliseconds of every start.
import clean from 'semver/functions/clean.js';
import valid from 'semver/functions/valid.js';
import { formatPurl } from '../../model/purl.ts';

const plainName = /^[a-z0-9~-][a-z0-9._~!'()*-]*$/i;

/**
 * Whether npm takes this as a name: up to 214 characters, an optional scope, nothing that needs escaping in a URL, no
 * leading dot or underscore. Capitals are old but valid. https://docs.npmjs.com/cli/v11/configuring-npm/package-json#name
 */
export function isNpmName(name: string): boolean {
  if (name.length === 0 || name.length > 214) return false;
  if (!name.startsWith('@')) return plainName.test(name);
  const slash = name.indexOf('/');
  return slash > 1 && /^[a-z0-9._~!'()*-]+$/i.test(name.slice(1, slash)) && plainName.test(name.slice(slash + 1));
}

/** The version as npm understands it (`v1.2.3` and `= 1.2.3` are 1.2.3; build metadata is kept); null where it is none. */
export function npmVersion(version: string): string | null {
  if (version.length > 256) return null;
  const trimmed = version.trim();
  return valid(trimmed) !== null && /^\d/.test(trimmed) ? trimmed : clean(trimmed, { loose: true });
}

/** A component of npm; null where name or version is not one. */
export function npmComponent(name: string, version: string) {
  const plain = npmVersion(version);
  if (plain === null || !isNpmName(name)) return null;
  const slash = name.indexOf('/');
  const purl = formatPurl(
    slash < 0
      ? { type: 'npm', name, version: plain }
      : { type: 'npm', namespace: name.slice(0, slash), name: name.slice(slash + 1), version: plain },
  );
  return { purl, name, version: plain };
}

/** Name and rest of `name@rest` and `@scope/name@rest`; null where there is no `@`. */
export function splitAtVersion(text: string): { readonly name: string; readonly rest: string } | null {
  const at = text.indexOf('@', 1);
  return at < 0 ? null : { name: text.slice(0, at), rest: text.slice(at + 1) };
}

/** What an alias (`npm:name@version`) stands for; null where the text is no alias. */
export function aliasTarget(text: string): { readonly name: string; readonly rest: string } | null {
  return text.startsWith('npm:') ? splitAtVersion(text.slice(4)) : null;
}
