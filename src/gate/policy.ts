import { hash } from 'node:crypto';
import { type SeverityLevel, severityLevels } from '../model/advisory.ts';
import type { VexStatus } from '../model/decision.ts';
import { dayMs } from './dates.ts';

/** What a finding counts for where a rule asks for its severity or EPSS figure and nobody states one. */
export type UnknownCounts = 'cannot-say' | 'fail' | 'ignore';

/** One rule: a finding for which all conditions hold fails it. A condition that is null (or false, for flags) is not asked. */
export interface Rule {
  readonly name: string;
  /** The levels that count, `unknown` not among them. */
  readonly levels: readonly SeverityLevel[] | null;
  readonly unknown: UnknownCounts;
  readonly fixable: boolean | null;
  readonly exploited: boolean | null;
  /** Least probability, 0 to 1. */
  readonly epss: number | null;
  /** Grace: published longer ago than this. An unknown date counts as long ago. */
  readonly olderThanMs: number | null;
  readonly onlyNew: boolean;
  /** Unknown counts as direct. */
  readonly direct: boolean | null;
  /** purl types. */
  readonly types: readonly string[] | null;
  /** Count informational records (`unmaintained`) too. */
  readonly informational: boolean;
}

/** A dated decision that a finding does not fail the gate. */
export interface Exception {
  /** Matches a finding's id, an alias or an advisory. */
  readonly id: string;
  /** purl; its version and qualifiers count only where given. Null: every component. */
  readonly component: string | null;
  readonly owner: string | null;
  readonly reason: string;
  /** Last day (YYYY-MM-DD, UTC) on which it holds; null only from an ignore file. */
  readonly until: string | null;
  /** `kvitto.yaml:14`. */
  readonly at: string;
}

/** What a decision in the ledger needs besides its own words. */
export interface DecisionRules {
  /** Statuses that a second role must approve. */
  readonly fourEyes: readonly VexStatus[];
  /** How long a decision may hold before somebody looks at it again, in milliseconds. */
  readonly longestMs: number;
}

export interface Policy {
  /** Null for the built-in default. */
  readonly origin: { readonly digest: string; readonly source: string } | null;
  /** A feed that was last confirmed longer ago than this is stale. */
  readonly maxDbAgeMs: number;
  /** Whether an incomplete result may pass, with warnings. */
  readonly allowIncomplete: boolean;
  readonly rules: readonly Rule[];
  readonly exceptions: readonly Exception[];
  readonly decisions: DecisionRules;
}

/** A rule that asks nothing; conditions are put over it. */
export const openRule: Omit<Rule, 'name'> = {
  levels: null,
  unknown: 'cannot-say',
  fixable: null,
  exploited: null,
  epss: null,
  olderThanMs: null,
  onlyNew: false,
  direct: null,
  types: null,
  informational: false,
};

/** The levels that are at least as bad as the given one. */
export function atLeast(level: SeverityLevel): SeverityLevel[] {
  return severityLevels.slice(0, severityLevels.indexOf(level) + 1).filter((l) => l !== 'unknown');
}

/**
 * What holds where there is no `kvitto.yaml`: what is high or critical and can be fixed fails, and so does all that is known to be
 * exploited, fixed or not. Advisory data may be five days old.
 */
export const defaultPolicy: Policy = {
  origin: null,
  maxDbAgeMs: 5 * dayMs,
  allowIncomplete: false,
  rules: [
    { ...openRule, name: 'fixable-high', levels: atLeast('high'), fixable: true },
    { ...openRule, name: 'exploited', exploited: true },
  ],
  exceptions: [],
  decisions: { fourEyes: [], longestMs: 366 * dayMs },
};

/** Flags of the command line that say what fails. */
export interface PolicyFlags {
  /** `--fail-on high`: this level and worse. */
  readonly failOn?: SeverityLevel;
  /** `--severity HIGH,CRITICAL`: exactly these. Without `unknown` among them, unknown severities are left aside with a warning. */
  readonly severities?: readonly SeverityLevel[];
  /** `--ignore-unfixed` */
  readonly ignoreUnfixed?: boolean;
}

/**
 * The policy that flags of the command line ask for: one rule in the place of those of `base`, whose exceptions, `maxDbAge` and
 * `allowIncomplete` stay. Without any flag that says what fails, `base` itself; `ignoreUnfixed` alone narrows each of its rules.
 */
export function policyFromFlags(flags: PolicyFlags, base: Policy = defaultPolicy): Policy {
  const { failOn, severities, ignoreUnfixed = false } = flags;
  if (failOn === undefined && severities === undefined && !ignoreUnfixed) return base;
  const source = base.origin === null ? 'command line' : `${base.origin.source} and command line`;
  const origin = { digest: digestOf(policyFlagsText(flags, base)), source };
  if (failOn === undefined && severities === undefined)
    return { ...base, origin, rules: base.rules.map((rule) => ({ ...rule, fixable: true })) };
  const listed = severities ?? severityLevels;
  const bound = failOn === undefined ? severityLevels : atLeast(failOn);
  const rule: Rule = {
    ...openRule,
    name: 'command-line',
    levels: severityLevels.filter((l) => l !== 'unknown' && listed.includes(l) && bound.includes(l)),
    unknown: severities === undefined ? 'cannot-say' : severities.includes('unknown') ? 'fail' : 'ignore',
    fixable: ignoreUnfixed ? true : null,
  };
  return { ...base, origin, rules: [rule] };
}

/** What flags of the command line say, as the text whose digest names the policy that they make of `base`. */
export function policyFlagsText({ failOn, severities, ignoreUnfixed = false }: PolicyFlags, base: Policy): string {
  return JSON.stringify([failOn ?? null, severities ?? null, ignoreUnfixed, base.origin?.digest ?? null]);
}

/** `sha256:…` over the UTF-8 bytes of the text. */
export function digestOf(text: string): string {
  return `sha256:${hash('sha256', text)}`;
}
