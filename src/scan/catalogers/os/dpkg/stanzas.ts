import { clip, type Problem } from '../../../../model/problem.ts';
import type { DistroPackage } from '../../../distro-component.ts';

const fieldNames = ['package', 'status', 'version', 'source', 'architecture'] as const;
type FieldName = (typeof fieldNames)[number];
type Stanza = Partial<Record<FieldName, string>>;

/** More stanzas than any distribution has packages: what comes behind is an attack. */
const mostStanzas = 100_000;

/** Binary package names; wider than Debian Policy 5.6.1, as dpkg is: it takes underscores and upper case too. */
const packageName = /^[A-Za-z0-9][A-Za-z0-9+._-]{0,255}$/;

/** Debian Policy 5.6.12: epoch, upstream version and revision. */
const debianVersion = /^(?:\d{1,9}:[A-Za-z0-9][A-Za-z0-9.+~:-]{0,255}|[A-Za-z0-9][A-Za-z0-9.+~-]{0,255})$/;

const architecture = /^[A-Za-z0-9][A-Za-z0-9-]{0,63}$/;

/** dpkg(1), "Package states": no file of such a package is there. */
const absent: ReadonlySet<string> = new Set(['not-installed', 'config-files']);
const present: ReadonlySet<string> = new Set([
  'installed',
  'half-installed',
  'unpacked',
  'half-configured',
  'triggers-awaited',
  'triggers-pending',
]);

/** Whether a line of a status file is needed for `parseStanzas`: five fields, and the blank lines between stanzas. */
export function isStatusLine(line: string): boolean {
  if (line === '') return true;
  return fieldOf(line) !== null || line.trim() === '';
}

function fieldOf(line: string): FieldName | null {
  const colon = line.indexOf(':');
  if (colon < 6 || colon > 12) return null;
  const name = line.slice(0, colon).toLowerCase();
  return fieldNames.find((known) => known === name) ?? null;
}

/**
 * The installed packages of a dpkg status file (deb822 stanzas). A package counts unless its state is `not-installed` or
 * `config-files`; one without a Status field counts, which is how distroless images keep theirs. What is broken is left out, with
 * a problem that names it. The lines may be an attacker's. `where` is the path of the file.
 */
export function parseStanzas(
  lines: Iterable<string>,
  where: string,
): { packages: DistroPackage[]; problems: Problem[]; stanzas: number } {
  const packages: DistroPackage[] = [];
  const problems: Problem[] = [];
  let stanzas = 0;
  for (const stanza of split(lines)) {
    stanzas++;
    if (stanzas > mostStanzas) {
      problems.push({
        code: 'limit-exceeded',
        where,
        message: `more than ${mostStanzas} packages: the rest was not read`,
      });
      break;
    }
    const read = readStanza(stanza, stanzas);
    if (typeof read === 'string') problems.push({ code: 'malformed', where, message: read });
    else if (read !== null) packages.push(read);
  }
  return { packages, problems, stanzas };
}

/** A package, null for one that is not installed, or what is wrong with the stanza. */
function readStanza(
  { fields, repeated }: { fields: Stanza; repeated: FieldName | null },
  at: number,
): DistroPackage | string | null {
  const name = fields.package;
  if (name === undefined) return `package number ${at} has no Package field`;
  if (!packageName.test(name)) return `package number ${at} has a Package field that is no name: ${clip(name, 80)}`;
  if (repeated !== null) return `package ${name} has two ${repeated} fields`;
  const state = fields.status?.split(/\s+/).at(-1) ?? 'installed';
  if (absent.has(state)) return null;
  if (!present.has(state))
    return `package ${name} has a Status that dpkg does not know: ${clip(fields.status ?? '', 80)}`;
  const { version } = fields;
  if (version === undefined) return `package ${name} has no Version field`;
  if (!debianVersion.test(version))
    return `the version of package ${name} is not a Debian version: ${clip(version, 80)}`;
  const arch = fields.architecture ?? null;
  if (arch !== null && !architecture.test(arch))
    return `the architecture of package ${name} is not one: ${clip(arch, 80)}`;
  const source = readSource(fields.source ?? name, version);
  if (source === null)
    return `the Source of package ${name} is not a name and version: ${clip(fields.source ?? '', 80)}`;
  return { name, version, arch, ...source, licenses: [] };
}

/** `Source: openssl` or `Source: openssl (3.0.17-1)`: Debian Policy 5.6.1. */
function readSource(text: string, binaryVersion: string): { source: string; sourceVersion: string } | null {
  const open = text.indexOf('(');
  const source = (open < 0 ? text : text.slice(0, open)).trim();
  if (!packageName.test(source)) return null;
  if (open < 0) return { source, sourceVersion: binaryVersion };
  const sourceVersion = text.endsWith(')') ? text.slice(open + 1, -1).trim() : '';
  return debianVersion.test(sourceVersion) ? { source, sourceVersion } : null;
}

function* split(lines: Iterable<string>): Generator<{ fields: Stanza; repeated: FieldName | null }> {
  let fields: Stanza = {};
  let repeated: FieldName | null = null;
  let any = false;
  for (const line of lines) {
    const field = fieldOf(line);
    if (field !== null) {
      if (fields[field] !== undefined) repeated ??= field;
      fields[field] = line.slice(line.indexOf(':') + 1).trim();
      any = true;
    } else if (any && line.trim() === '') {
      yield { fields, repeated };
      fields = {};
      repeated = null;
      any = false;
    }
  }
  if (any) yield { fields, repeated };
}
