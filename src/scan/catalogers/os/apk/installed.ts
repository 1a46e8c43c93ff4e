import { clip, type Problem } from '../../../../model/problem.ts';
import type { DistroPackage } from '../../../distro-component.ts';

/** More than any distribution has packages: what comes behind is an attack. */
const mostPackages = 100_000;

/** Names as abuild takes them; `.` in front marks a virtual package, which holds nothing. */
const packageName = /^[A-Za-z0-9_][A-Za-z0-9+._-]{0,255}$/;

/** The version grammar of apk-tools: numbers, one letter, suffixes, a commit hash and a revision. */
const apkVersion =
  /^\d{1,100}(?:\.\d{1,100}){0,50}[a-z]?(?:_(?:alpha|beta|pre|rc|cvs|svn|git|hg|p)\d{0,100}){0,20}(?:~[0-9a-f]{1,100})?(?:-r\d{1,20})?$/;

const architecture = /^[A-Za-z0-9_-]{1,64}$/;

/** Lines that `parseInstalled` needs besides the names of files: name, version, architecture, origin, licence, blank. */
export function isPackageLine(line: string): boolean {
  return line === '' || (line[1] === ':' && 'PVAoL'.includes(line[0] ?? '\0'));
}

/**
 * The packages of apk's `installed` database: one letter, a colon, a value; a blank line behind each package. What is broken is
 * left out with a problem that names it; virtual packages (`.build-deps`) are left out silently. The lines may be an
 * attacker's. `files` holds folder and name of the files that were kept, of packages that count.
 * Source: wiki.alpinelinux.org/wiki/Apk_spec, section "Installed Database V2".
 */
export function parseInstalled(
  lines: readonly string[],
  where: string,
): { packages: DistroPackage[]; files: string[]; problems: Problem[]; entries: number } {
  const packages: DistroPackage[] = [];
  const problems: Problem[] = [];
  const files: string[] = [];
  let entries = 0;
  for (const entry of split(lines)) {
    if (++entries > mostPackages) {
      problems.push({
        code: 'limit-exceeded',
        where,
        message: `more than ${mostPackages} packages: the rest was not read`,
      });
      break;
    }
    const read = readEntry(entry.fields, entries);
    if (typeof read === 'string') problems.push({ code: 'malformed', where, message: read });
    else if (read !== null) {
      packages.push(read);
      for (const file of entry.files) files.push(file);
    }
  }
  return { packages, files, problems, entries };
}

function readEntry(fields: ReadonlyMap<string, string>, at: number): DistroPackage | string | null {
  const name = fields.get('P');
  if (name === undefined) return `package number ${at} has no name (P:)`;
  if (name.startsWith('.')) return null;
  if (!packageName.test(name)) return `package number ${at} has a name (P:) that is none: ${clip(name, 80)}`;
  const version = fields.get('V');
  if (version === undefined) return `package ${name} has no version (V:)`;
  if (!apkVersion.test(version)) return `the version of package ${name} is not one of apk: ${clip(version, 80)}`;
  const arch = fields.get('A') ?? null;
  if (arch !== null && !architecture.test(arch))
    return `the architecture of package ${name} is not one: ${clip(arch, 80)}`;
  const origin = fields.get('o') ?? '';
  if (origin !== '' && !packageName.test(origin))
    return `the origin (o:) of package ${name} is no name: ${clip(origin, 80)}`;
  const licence = fields.get('L') ?? '';
  return {
    name,
    version,
    arch,
    source: origin === '' ? name : origin,
    sourceVersion: version,
    licenses: licence === '' ? [] : [clip(Buffer.from(licence, 'latin1').toString('utf8'), 500)],
  };
}

interface Entry {
  readonly fields: ReadonlyMap<string, string>;
  readonly files: readonly string[];
}

function* split(lines: readonly string[]): Generator<Entry> {
  let fields = new Map<string, string>();
  let files: string[] = [];
  let folder = '';
  for (const line of lines) {
    if (line === '') {
      if (fields.size > 0) yield { fields, files };
      fields = new Map();
      files = [];
      folder = '';
      continue;
    }
    const value = line.slice(2);
    if (line.startsWith('F:')) folder = value;
    else if (line.startsWith('R:')) files.push(folder === '' ? value : `${folder}/${value}`);
    else fields.set(line[0] ?? '', value.trim());
  }
  if (fields.size > 0) yield { fields, files };
}
