import { SettingsFile } from '../model/settings-file.ts';
import { atLeast, defaultPolicy, digestOf, type Exception, openRule, type Policy, type Rule } from './policy.ts';
import { type PolicyDocument, policyShape, ruleKeys } from './policy-shape.ts';

const words = {
  code: 'policy-invalid',
  whole: 'the policy',
  remedy: 'docs/policy.md has a complete example',
} as const;

function ruleOf(raw: NonNullable<PolicyDocument['rules']>[number]): Rule {
  return {
    ...openRule,
    name: raw.name,
    levels: raw.severity === undefined ? null : atLeast(raw.severity),
    unknown: raw.unknown ?? openRule.unknown,
    fixable: raw.fixable ?? null,
    exploited: raw.exploited ?? null,
    epss: raw.epss ?? null,
    olderThanMs: raw.olderThan ?? null,
    onlyNew: raw.onlyNew ?? false,
    direct: raw.direct ?? null,
    types: raw.types ?? null,
    informational: raw.informational ?? false,
  };
}

const conditions = ruleKeys.filter((key) => key !== 'name' && key !== 'unknown' && key !== 'informational');

function rulesOf(raw: NonNullable<PolicyDocument['rules']>, file: SettingsFile): Rule[] {
  const names = new Set<string>();
  return raw.map((rule, index) => {
    const path = ['rules', index];
    if (names.has(rule.name)) throw file.invalid([...path, 'name'], `two rules are named "${rule.name}"`);
    names.add(rule.name);
    if (!conditions.some((key) => key in rule))
      throw file.invalid(path, `rule "${rule.name}" asks nothing; give it at least one of ${conditions.join(', ')}`);
    if (rule.unknown !== undefined && rule.severity === undefined && rule.epss === undefined)
      throw file.invalid([...path, 'unknown'], `rule "${rule.name}": "unknown" goes with "severity" or "epss"`);
    return ruleOf(rule);
  });
}

/**
 * Reads a policy, the text of `kvitto.yaml`; docs/policy.md describes it.
 *
 * ```yaml
 * version: 1
 * maxDbAge: 5d              # older advisory data cannot say
 * allowIncomplete: false
 * rules:                    # a finding fails when all conditions of a rule hold; without `rules`, the built-in ones
 *   - name: no-high
 *     severity: high        # at least
 *     unknown: cannot-say   # what an unknown severity counts for: cannot-say, fail, ignore
 *     fixable: true
 *     olderThan: 14d        # grace after publication
 * exceptions:
 *   - id: CVE-2024-1234     # or any alias
 *     component: pkg:deb/debian/openssl
 *     owner: platform-team
 *     reason: not reachable
 *     until: 2026-12-31
 * decisions:                # in the ledger
 *   fourEyes: [not_affected]
 *   longest: 52w
 * ```
 *
 * What stands there for watching and telling (`watch`, `owners`, `sinks`, `alerts`) is left to `alerts/`.
 * Throws `policy-invalid`, naming the line and the key. `filename` is only used to name the place.
 */
export function parsePolicy(text: string, filename: string): Policy {
  const file = new SettingsFile(text, filename, words);
  const raw = file.checked(policyShape);
  const exceptions = (raw.exceptions ?? []).map(({ component = null, ...rest }, index): Exception => {
    return { ...rest, component, at: file.at(['exceptions', index]) };
  });
  return {
    origin: { digest: digestOf(text), source: filename },
    maxDbAgeMs: raw.maxDbAge ?? defaultPolicy.maxDbAgeMs,
    allowIncomplete: raw.allowIncomplete ?? defaultPolicy.allowIncomplete,
    rules: raw.rules === undefined ? defaultPolicy.rules : rulesOf(raw.rules, file),
    exceptions,
    decisions: {
      fourEyes: raw.decisions?.fourEyes ?? defaultPolicy.decisions.fourEyes,
      longestMs: raw.decisions?.longest ?? defaultPolicy.decisions.longestMs,
    },
  };
}
