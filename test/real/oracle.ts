// An independent reading of the advisory feeds: a few lines that share no code with the product, for tests to hold it against.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './parts.ts';

export interface OsvRecord {
  readonly id: string;
  readonly aliases?: readonly string[];
  readonly upstream?: readonly string[];
  readonly withdrawn?: string;
  readonly affected?: readonly {
    readonly package?: { readonly ecosystem: string; readonly name: string };
    readonly ranges?: readonly { readonly type: string; readonly events: readonly Record<string, string>[] }[];
    readonly versions?: readonly string[];
    readonly database_specific?: { readonly informational?: string | null };
  }[];
}

/** Every record of a zip of OSV records, unpacked by unzip and read by JSON.parse. */
export function recordsOf(zip: string): OsvRecord[] {
  const folder = mkdtempSync(join(tmpdir(), 'kvitto-oracle-'));
  try {
    run('unzip', ['-q', '-o', zip, '-d', folder]);
    return readdirSync(folder).map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export interface Installed {
  /** Name under which a finding is expected (binary package, or the component's name). */
  readonly component: string;
  /** Name and version that advisories speak of. */
  readonly name: string;
  readonly version: string;
}

/** What dpkg itself says is installed, read from a tar of a root file system. */
export function installedDebian(rootTar: string): Installed[] {
  const folder = mkdtempSync(join(tmpdir(), 'kvitto-oracle-'));
  try {
    run('tar', ['-xf', rootTar, '-C', folder, './var/lib/dpkg/status']);
    const format = `\${db:Status-Status}\\t\${Package}\\t\${source:Package}\\t\${source:Version}\\n`;
    const lines = run('dpkg-query', [`--admindir=${folder}/var/lib/dpkg`, '-W', '-f', format])
      .trim()
      .split('\n');
    return lines
      .map((line) => line.split('\t'))
      .filter(([status]) => status === 'installed')
      .map(([, component = '', name = '', version = '']) => ({ component, name, version }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

type Lower = (pairs: readonly (readonly [string, string])[]) => boolean[];

/** For many pairs at once: whether the first is lower than the second, by dpkg. */
export const lowerDebian: Lower = (pairs) => {
  const script =
    'while IFS="\t" read -r a b; do if dpkg --compare-versions "$a" lt "$b"; then echo 1; else echo 0; fi; done';
  const input = pairs.map(([a, b]) => `${a}\t${b}\n`).join('');
  return run('bash', ['-c', script], { input })
    .trim()
    .split('\n')
    .map((line) => line === '1');
};

/** The same for dotted numbers; a pre-release counts as lower than its release. */
export const lowerNumbers: Lower = (pairs) =>
  pairs.map(([a, b]) => {
    const [left, right] = [numbers(a), numbers(b)];
    for (let i = 0; i < 4; i++) {
      if ((left[i] ?? 0) !== (right[i] ?? 0)) return (left[i] ?? 0) < (right[i] ?? 0);
    }
    return a.includes('-') && !b.includes('-');
  });

const numbers = (version: string) =>
  version
    .replace(/^v/, '')
    .replace(/[-+].*/, '')
    .split('.')
    .map(Number);

/** `component record` for each installed thing that a record says is affected: ranges with introduced and fixed, or a list. */
export function expectedHits(
  records: readonly OsvRecord[],
  ecosystem: string,
  installed: readonly Installed[],
  lower: Lower,
): Set<string> {
  const byName = Map.groupBy(installed, (thing) => thing.name);
  const hits = new Set<string>();
  const questions: { pair: readonly [string, string]; hit: string; group: string }[] = [];
  let spans = 0;
  for (const record of records) {
    if (record.withdrawn !== undefined) continue;
    for (const affected of record.affected ?? []) {
      if (affected.package?.ecosystem !== ecosystem) continue;
      for (const { component, version } of byName.get(affected.package.name) ?? []) {
        const hit = `${component} ${record.id}`;
        if (affected.versions?.includes(version)) hits.add(hit);
        for (const range of affected.ranges ?? []) {
          if (range.type === 'GIT') continue;
          for (const [from, to] of spansOf(range.events)) {
            const group = `${spans++}`;
            // Affected when not lower than `from` and lower than `to`; an open end is lower than anything.
            if (from !== '0') questions.push({ pair: [version, from], hit, group: `${group} not` });
            questions.push({ pair: to === null ? ['0', '1'] : [version, to], hit, group: `${group} yes` });
          }
        }
      }
    }
  }
  const answers = questions.length === 0 ? [] : lower(questions.map((question) => question.pair));
  const failed = new Set<string>();
  questions.forEach(({ group }, i) => {
    const [span = '', kind] = group.split(' ');
    if (answers[i] !== (kind === 'yes')) failed.add(span);
  });
  for (const { hit, group } of questions) if (!failed.has(group.split(' ')[0] ?? '')) hits.add(hit);
  return hits;
}

/** Pairs of introduced and fixed as they stand in these feeds: in order, each introduced followed by at most one fixed. */
function spansOf(events: readonly Record<string, string>[]): [string, string | null][] {
  const spans: [string, string | null][] = [];
  for (const event of events) {
    if (event['introduced'] !== undefined) spans.push([event['introduced'], null]);
    const last = spans.at(-1);
    if (event['fixed'] !== undefined && last !== undefined) last[1] = event['fixed'];
    if (event['last_affected'] !== undefined || event['limit'] !== undefined) {
      throw new Error(`the oracle does not read ${JSON.stringify(event)}`);
    }
  }
  return spans;
}
