import { schemeOf } from '../model/ecosystem.ts';
import type { Finding } from '../model/finding.ts';
import { purlType, sourceOf } from './component-key.ts';

/** One step that removes findings: a source package or component, from one version to another. */
export interface Upgrade {
  readonly name: string;
  readonly type: string;
  readonly from: string;
  /** The latest of the fixed versions: it removes all that can be removed. */
  readonly to: string;
  readonly removes: number;
  readonly critical: number;
  readonly exploited: number;
  /** Names of the components that change with it, sorted. */
  readonly components: readonly string[];
}

/**
 * The upgrades that remove all findings that have a fix, most effective first. Components that are built from one source
 * package change together. Informational and excepted findings do not count.
 */
export function upgradesOf(findings: readonly Finding[]): Upgrade[] {
  const groups = new Map<string, { type: string; name: string; from: string; findings: Finding[] }>();
  const keys = new Map<string, ReturnType<typeof sourceOf>>();
  for (const f of findings) {
    if (f.fixedIn === null || f.informational !== null || f.excepted !== null) continue;
    const source = keys.get(f.component) ?? sourceOf(f.component, f.name, f.installed);
    keys.set(f.component, source);
    const type = purlType(f.component);
    const key = `${type}\0${source.name}\0${source.version}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { type, name: source.name, from: source.version, findings: [f] });
    else group.findings.push(f);
  }
  return [...groups.values()].map(upgradeOf).sort(mostFirst);
}

function upgradeOf(group: { type: string; name: string; from: string; findings: Finding[] }): Upgrade {
  const { type, name, from, findings } = group;
  return {
    type,
    name,
    from,
    to: latestFix(type, findings) ?? from,
    removes: findings.length,
    critical: findings.filter((f) => f.severity.level === 'critical').length,
    exploited: findings.filter((f) => f.exploitation.length > 0).length,
    components: [...new Set(findings.map((f) => f.name))].sort(),
  };
}

/** The fixed version that removes all that have one; null where none has. Of versions without a known order, the first. */
export function latestFix(type: string, findings: readonly Finding[]): string | null {
  const scheme = schemeOf(type);
  let latest: string | null = null;
  for (const { fixedIn } of findings) {
    if (fixedIn === null) continue;
    const comparable = latest !== null && scheme?.valid(fixedIn) === true && scheme.valid(latest);
    if (latest === null || (comparable && scheme.compare(fixedIn, latest) > 0)) latest = fixedIn;
  }
  return latest;
}

function mostFirst(a: Upgrade, b: Upgrade): number {
  return (
    b.removes - a.removes ||
    b.exploited - a.exploited ||
    b.critical - a.critical ||
    (a.name < b.name ? -1 : a.name > b.name ? 1 : a.from < b.from ? -1 : a.from > b.from ? 1 : 0)
  );
}
