import { type Document, isCollection, isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
import { didYouMean } from '../model/did-you-mean.ts';
import { CodedError } from '../model/errors.ts';
import { clip } from '../model/problem.ts';
import { atLeast, defaultPolicy, digestOf, type Exception, openRule, type Policy, type Rule } from './policy.ts';
import { knownKeys, type PolicyDocument, policyShape } from './policy-shape.ts';

const mostBytes = 5_000_000;

type Path = readonly PropertyKey[];

function invalid(place: string, message: string, cause?: unknown): CodedError {
  const remedy = 'docs/policy.md has a complete example';
  return new CodedError('policy-invalid', `${place}: ${message}`, { remedy, cause });
}

/** Knows on which line of the file something stands. */
class Lines {
  readonly #filename: string;
  readonly #document: Document;
  readonly #counter: LineCounter;

  constructor(filename: string, document: Document, counter: LineCounter) {
    this.#filename = filename;
    this.#document = document;
    this.#counter = counter;
  }

  /** Where the value at the path stands; where it is missing, the nearest thing around it that is there. */
  at(path: Path): string {
    for (let length = path.length; length >= 0; length--) {
      const node = this.#document.getIn(path.slice(0, length), true);
      const offset = isNode(node) ? node.range?.[0] : undefined;
      if (offset !== undefined) return this.#place(offset);
    }
    return `${this.#filename}:1`;
  }

  /** Where the key itself stands in the mapping at the path. */
  atKey(path: Path, key: string): string {
    const map = path.length === 0 ? this.#document.contents : this.#document.getIn(path, true);
    const pair = isMap(map)
      ? map.items.find((item) => isScalar(item.key) && String(item.key.value) === key)
      : undefined;
    const offset = isScalar(pair?.key) ? pair.key.range?.[0] : undefined;
    return offset === undefined ? this.at(path) : this.#place(offset);
  }

  #place(offset: number): string {
    return `${this.#filename}:${this.#counter.linePos(offset).line}`;
  }
}

/** `rules[0].severity` */
function keyText(path: Path): string {
  return path
    .map((p) => (typeof p === 'number' ? `[${p}]` : `.${String(p)}`))
    .join('')
    .replace(/^\./, '');
}

function unknownKey(lines: Lines, path: Path, key: string): CodedError {
  const part = path[0];
  const known = part === 'rules' || part === 'exceptions' || part === 'decisions' ? knownKeys[part] : knownKeys.top;
  const meant = didYouMean(key, known);
  const hint = meant === null ? `known here: ${known.join(', ')}` : `did you mean "${meant}"?`;
  return invalid(lines.atKey(path, key), `unknown key "${clip(keyText([...path, key]), 80)}"; ${hint}`);
}

function isThere(value: unknown, path: Path): boolean {
  let at = value;
  for (const key of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return false;
    at = (at as Record<PropertyKey, unknown>)[key];
  }
  return true;
}

function checked(value: unknown, lines: Lines): PolicyDocument {
  const parsed = policyShape.safeParse(value);
  if (parsed.success) return parsed.data;
  const { issues } = parsed.error;
  const unrecognised = issues.find((i) => i.code === 'unrecognized_keys');
  const key = unrecognised?.keys[0];
  if (unrecognised !== undefined && key !== undefined) throw unknownKey(lines, unrecognised.path, key);
  const issue = issues[0];
  const path = issue?.path ?? [];
  const where = path.length === 0 ? 'the policy' : `key "${keyText(path)}"`;
  const missing = issue?.code === 'invalid_type' && path.length > 0 && !isThere(value, path);
  const message = missing ? 'is missing' : (issue?.message.replace(/^Invalid (?:input|option): /, '') ?? '');
  throw invalid(lines.at(path), `${where}${missing ? ' ' : ': '}${message}`, parsed.error);
}

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

const conditions = knownKeys.rules.filter((key) => key !== 'name' && key !== 'unknown' && key !== 'informational');

function rulesOf(raw: NonNullable<PolicyDocument['rules']>, lines: Lines): Rule[] {
  const names = new Set<string>();
  return raw.map((rule, index) => {
    const path = ['rules', index];
    if (names.has(rule.name)) throw invalid(lines.at([...path, 'name']), `two rules are named "${rule.name}"`);
    names.add(rule.name);
    if (!conditions.some((key) => key in rule))
      throw invalid(
        lines.at(path),
        `rule "${rule.name}" asks nothing; give it at least one of ${conditions.join(', ')}`,
      );
    if (rule.unknown !== undefined && rule.severity === undefined && rule.epss === undefined)
      throw invalid(lines.at([...path, 'unknown']), `rule "${rule.name}": "unknown" goes with "severity" or "epss"`);
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
 * Throws `policy-invalid`, naming the line and the key. `filename` is only used to name the place.
 */
export function parsePolicy(text: string, filename: string): Policy {
  if (text.length > mostBytes) throw invalid(filename, `is larger than ${mostBytes / 1e6} MB`);
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, prettyErrors: false, stringKeys: true });
  const lines = new Lines(filename, document, counter);
  const [broken] = document.errors;
  if (broken !== undefined)
    throw invalid(`${filename}:${counter.linePos(broken.pos[0]).line}`, `is not YAML: ${broken.message}`, broken);
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    throw invalid(filename, 'uses more aliases than are believed', cause);
  }
  if (!isCollection(document.contents)) throw invalid(`${filename}:1`, 'is not a mapping; it starts with "version: 1"');
  const raw = checked(value, lines);
  const exceptions = (raw.exceptions ?? []).map(({ component = null, ...rest }, index): Exception => {
    return { ...rest, component, at: lines.at(['exceptions', index]) };
  });
  return {
    origin: { digest: digestOf(text), source: filename },
    maxDbAgeMs: raw.maxDbAge ?? defaultPolicy.maxDbAgeMs,
    allowIncomplete: raw.allowIncomplete ?? defaultPolicy.allowIncomplete,
    rules: raw.rules === undefined ? defaultPolicy.rules : rulesOf(raw.rules, lines),
    exceptions,
    decisions: {
      fourEyes: raw.decisions?.fourEyes ?? defaultPolicy.decisions.fourEyes,
      longestMs: raw.decisions?.longest ?? defaultPolicy.decisions.longestMs,
    },
  };
}
