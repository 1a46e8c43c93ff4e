import type { Finding } from '../model/finding.ts';
import { formatPurl, parsePurl } from '../model/purl.ts';

/** What was already there: rules with `onlyNew` leave it alone. */
export interface Baseline {
  has(finding: Pick<Finding, 'id' | 'aliases' | 'component'>): boolean;
  /** Whether the earlier result was complete; of an incomplete one, what it missed counts as new. */
  readonly complete: boolean;
}

type Known = Pick<Finding, 'id' | 'aliases' | 'component'>;

/** A component over all its versions: the purl without version, qualifiers and subpath; a text that is no purl stands for itself. */
function componentKey(component: string): string {
  const purl = parsePurl(component);
  if (purl === null) return component;
  return formatPurl({ type: purl.type, namespace: purl.namespace, name: purl.name });
}

/**
 * A baseline from the findings of an earlier report or of another artifact. A finding is known where one of its ids or aliases was
 * known for the same component, in whatever version.
 */
export function baselineOf(findings: readonly Known[], complete = true): Baseline {
  const keys = new Map<string, string>();
  const keyOf = (component: string): string => {
    const known = keys.get(component);
    if (known !== undefined) return known;
    const key = componentKey(component);
    keys.set(component, key);
    return key;
  };
  const known = new Set<string>();
  for (const { id, aliases, component } of findings) {
    for (const one of [id, ...aliases]) known.add(`${one}\0${keyOf(component)}`);
  }
  return {
    complete,
    has: ({ id, aliases, component }) => [id, ...aliases].some((one) => known.has(`${one}\0${keyOf(component)}`)),
  };
}
