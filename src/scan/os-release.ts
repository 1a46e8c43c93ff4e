import { osvEcosystem } from '../model/distro.ts';
import type { OperatingSystem } from '../model/inventory.ts';
import { clip, type Problem } from '../model/problem.ts';

/** Where os-release(5) may be, the first that is there counts. */
export const osReleasePaths = ['etc/os-release', 'usr/lib/os-release'] as const;

/** What names the system where there is no os-release: one line with the version. */
export const releaseFallbackPaths = ['etc/debian_version', 'etc/alpine-release'] as const;

/** No os-release is near this size; a larger one is not read. A reader that sees a larger file may hand over its first bytes up to one above. */
export const maxOsReleaseBytes = 65_536;

interface Recognised {
  readonly os: OperatingSystem | null;
  readonly problems: readonly Problem[];
}

/** ID and VERSION_ID as os-release(5) allows them, upper case let pass; a shell word without a slash or a quote. */
const word = /^[A-Za-z0-9][A-Za-z0-9._+~-]{0,63}$/;

/**
 * Reads os-release(5): `KEY=value` lines in the shell's notation, values bare, in single or in double quotes; a repeated
 * key counts as the shell would count it, the last one. The input may be an attacker's. `os` is null where there is no usable
 * ID, with a problem that says why. `where` is the path that stands in the problems.
 */
export function parseOsRelease(
  bytes: Uint8Array,
  where = 'etc/os-release',
): { os: OperatingSystem | null; problems: Problem[] } {
  if (bytes.length > maxOsReleaseBytes) {
    return {
      os: null,
      problems: [
        problem('limit-exceeded', where, `os-release is larger than ${maxOsReleaseBytes} bytes and was not read`),
      ],
    };
  }
  const problems: Problem[] = [];
  const fields = readFields(bytes, where, problems);
  const id = fields.get('ID') ?? '';
  const versionId = fields.get('VERSION_ID') ?? '';
  if (id === '') {
    return {
      os: null,
      problems: [...problems, problem('os-unknown', where, 'os-release names no ID: the distribution is not known')],
    };
  }
  if (!word.test(id)) {
    return {
      os: null,
      problems: [...problems, problem('malformed', where, `the ID of os-release is not a name: ${clip(id, 80)}`)],
    };
  }
  if (versionId !== '' && !word.test(versionId)) {
    problems.push(problem('malformed', where, `the VERSION_ID of os-release is not a version: ${clip(versionId, 80)}`));
    return { os: operatingSystem(id, '', fields), problems };
  }
  return { os: operatingSystem(id, versionId, fields), problems };
}

/**
 * The operating system of an artifact. `read` gives the bytes of a path, links followed inside the artifact, or null; it may cut
 * a file above `maxOsReleaseBytes` anywhere beyond that. No file at all: `os` null and no problem.
 */
export function recogniseOs(read: (path: string) => Uint8Array | null): Recognised {
  for (const path of osReleasePaths) {
    const bytes = read(path);
    if (bytes !== null) return parseOsRelease(bytes, path);
  }
  for (const path of releaseFallbackPaths) {
    const bytes = read(path);
    if (bytes !== null) return parseFallback(bytes, path);
  }
  return { os: null, problems: [] };
}

function parseFallback(bytes: Uint8Array, where: string): Recognised {
  const line = text(bytes.subarray(0, 200)).split('\n', 1)[0]?.trim() ?? '';
  if (line === '' || !/^[\w./+~-]+$/.test(line)) {
    return { os: null, problems: [problem('os-unknown', where, `no release is named: ${clip(line, 80)}`)] };
  }
  if (where === 'etc/alpine-release') return { os: operatingSystem('alpine', line, new Map()), problems: [] };
  // Testing and sid say `trixie/sid`: a release that has no number yet.
  const versionId = line.includes('/') ? '' : (line.split('.', 1)[0] ?? '');
  return { os: operatingSystem('debian', versionId, new Map([['PRETTY_NAME', `Debian ${line}`]])), problems: [] };
}

function operatingSystem(rawId: string, rawVersionId: string, fields: ReadonlyMap<string, string>): OperatingSystem {
  const id = rawId.toLowerCase();
  const versionId = rawVersionId.toLowerCase();
  const pretty = clip(fields.get('PRETTY_NAME') ?? '', 120);
  return {
    id,
    versionId,
    name: pretty === '' ? `${id} ${versionId}`.trim() : pretty,
    ecosystem: osvEcosystem(id, versionId, fields.get('VERSION') ?? ''),
  };
}

/** A later ID that differs from an earlier one may be there to mislead: it counts, as for the shell, and is reported. */
const telling = new Set(['ID', 'VERSION_ID']);

function readFields(bytes: Uint8Array, where: string, problems: Problem[]): Map<string, string> {
  const fields = new Map<string, string>();
  for (const [at, line] of text(bytes).split('\n').entries()) {
    const trimmed = line.trim();
    const equals = trimmed.indexOf('=');
    if (equals <= 0 || trimmed.startsWith('#')) continue;
    const key = trimmed.slice(0, equals);
    const value = unquote(trimmed.slice(equals + 1));
    if (value === null) {
      if (telling.has(key))
        problems.push(problem('malformed', `${where}:${at + 1}`, `the quotes of ${key} are not closed`));
      continue;
    }
    const before = fields.get(key);
    if (before !== undefined && before !== value && telling.has(key)) {
      problems.push(
        problem(
          'malformed',
          `${where}:${at + 1}`,
          `${key} is given twice, as ${clip(before, 60)} and as ${clip(value, 60)}; the last one counts`,
        ),
      );
    }
    fields.set(key, value);
  }
  return fields;
}

/** A value in the shell's notation; null where a quote is left open or text follows the closing one. */
function unquote(raw: string): string | null {
  const quote = raw[0];
  if (quote === "'") {
    const end = raw.indexOf("'", 1);
    return end === raw.length - 1 && end > 0 ? raw.slice(1, end) : null;
  }
  if (quote !== '"') return raw.replace(/\\(.)/g, '$1');
  const closed = /^"((?:[^"\\]|\\.)*)"$/.exec(raw);
  return closed?.[1]?.replace(/\\([$"`\\])/g, '$1') ?? null;
}

function text(bytes: Uint8Array): string {
  return new TextDecoder('utf-8').decode(bytes);
}

function problem(code: Problem['code'], where: string, message: string): Problem {
  return { code, where, message };
}
