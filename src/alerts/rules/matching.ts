import type { ChangeEvent } from '../../model/event.ts';
import type { AlertConfig, AlertRule, OwnerRule } from '../config/config.ts';
import { fits, fitsOne } from './patterns.ts';

/** Who owns what runs as a service in an environment: the first line that fits; null for nobody. */
export function ownerOf(
  owners: readonly OwnerRule[],
  service: string | null,
  environment: string | null,
): string | null {
  if (service === null) return null;
  const found = owners.find(
    (o) => fits(o.service, service) && (o.environment === null || fitsOne([o.environment], environment)),
  );
  return found?.owner ?? null;
}

function fitsPlace(rule: AlertRule, { service, environment, owner }: Place): boolean {
  return (
    (rule.services === null || fitsOne(rule.services, service)) &&
    (rule.environments === null || fitsOne(rule.environments, environment)) &&
    (rule.owners === null || fitsOne(rule.owners, owner))
  );
}

/** Whether what a change says of a vulnerability meets a rule. What it does not say meets no condition. */
function meets(rule: AlertRule, change: ChangeEvent): boolean {
  if (rule.changes !== null && !rule.changes.has(change.change)) return false;
  const state = change.after ?? change.before;
  if (rule.levels !== null && (state === null || !rule.levels.has(state.severity))) return false;
  if (rule.exploited !== null && state?.exploited !== rule.exploited) return false;
  if (rule.fixable !== null && (state === null || (state.fixedIn !== null) !== rule.fixable)) return false;
  return rule.epss === null || (change.vulnerability?.epss ?? -1) >= rule.epss;
}

interface Place {
  readonly service: string | null;
  readonly environment: string | null;
  readonly owner: string | null;
  /** Rules that ask for no other place. */
  readonly rules: readonly AlertRule[];
}

const mostPlaces = 10_000;

/** The rules of a configuration, with what they say of each place worked out once. */
export class Matching {
  readonly #config: AlertConfig;
  readonly #places = new Map<string, Place>();

  constructor(config: AlertConfig) {
    this.#config = config;
  }

  /** The rules for which a change is an alarm. That something ended is none. */
  rulesFor(change: ChangeEvent): AlertRule[] {
    if (change.state === 'ended') return [];
    return this.#place(change).rules.filter((rule) => meets(rule, change));
  }

  #place({ service, environment }: ChangeEvent): Place {
    const key = JSON.stringify([service, environment]);
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    const place = { service, environment, owner: ownerOf(this.#config.owners, service, environment), rules: [] };
    const rules = this.#config.rules.filter((rule) => fitsPlace(rule, place));
    if (this.#places.size >= mostPlaces) this.#places.clear();
    const found = { ...place, rules };
    this.#places.set(key, found);
    return found;
  }
}
