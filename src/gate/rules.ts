import type { SnapshotInfo } from '../model/advisory.ts';
import type { Finding } from '../model/finding.ts';
import type { FindingRef, RuleOutcome } from '../model/verdict.ts';
import type { Baseline } from './baseline.ts';
import { durationInWords } from './dates.ts';
import { atLeast, type Rule } from './policy.ts';
import { remedyFor } from './remedy.ts';

/** What a rule is held against. */
export interface RuleContext {
  readonly baseline: Baseline | null;
  readonly now: Date;
  readonly snapshot: SnapshotInfo | null;
}

/** A rule's outcome, with the findings that it left aside because something about them is unknown. */
export interface Judged {
  readonly outcome: RuleOutcome;
  readonly leftAside: number;
  /** A feed without which the rule cannot be judged. */
  readonly missingFeed: string | null;
}

type Answer = 'yes' | 'no' | 'unknown';

function yesIf(condition: boolean): Answer {
  return condition ? 'yes' : 'no';
}

function severityAnswer(rule: Rule, finding: Finding): Answer {
  if (rule.levels === null) return 'yes';
  const { level } = finding.severity;
  return level === 'unknown' ? 'unknown' : yesIf(rule.levels.includes(level));
}

function epssAnswer(rule: Rule, finding: Finding): Answer {
  if (rule.epss === null) return 'yes';
  return finding.epss === null ? 'unknown' : yesIf(finding.epss.probability >= rule.epss);
}

/** Everything but severity and EPSS: these answers are never unknown, because the rule says how to count what is. */
function holdsOtherwise(rule: Rule, finding: Finding, { baseline, now }: RuleContext): boolean {
  if (finding.excepted !== null) return false;
  if (finding.informational !== null && !rule.informational) return false;
  if (rule.fixable !== null && rule.fixable !== (finding.fixedIn !== null)) return false;
  if (rule.exploited !== null && rule.exploited !== finding.exploitation.length > 0) return false;
  // Null is taken for direct, so that nothing passes because a file does not tell.
  if (rule.direct !== null && rule.direct !== (finding.direct ?? true)) return false;
  if (rule.types !== null && !rule.types.some((t) => finding.component.startsWith(`pkg:${t}/`))) return false;
  if (rule.onlyNew && baseline?.has(finding) === true) return false;
  if (rule.olderThanMs === null || finding.published === null) return true;
  const age = now.getTime() - Date.parse(finding.published);
  return Number.isNaN(age) || age > rule.olderThanMs;
}

function answerOf(rule: Rule, finding: Finding, context: RuleContext): Answer {
  if (!holdsOtherwise(rule, finding, context)) return 'no';
  const answers = [severityAnswer(rule, finding), epssAnswer(rule, finding)];
  if (answers.includes('no')) return 'no';
  return answers.includes('unknown') ? 'unknown' : 'yes';
}

/** The feed that a condition rests on and the store lacks: without it, "not exploited" would only mean "not looked up". */
function missingFeed(rule: Rule, snapshot: SnapshotInfo | null): string | null {
  const has = (id: string) => snapshot?.feeds.some((f) => f.id === id) === true;
  if (snapshot === null) return null;
  if (rule.exploited !== null && !has('kev') && !has('eukev')) return 'kev';
  return rule.epss !== null && !has('epss') ? 'epss' : null;
}

/** The rule in words: `severity at least high, with a fix`. */
function inWords(rule: Rule): string {
  const says: string[] = [];
  const { levels, types } = rule;
  const least = levels?.at(-1);
  if (levels !== null && least !== undefined) {
    const whole = atLeast(least).length === levels.length;
    const text = whole && levels.length > 1 ? `at least ${least}` : levels.join(' or ');
    says.push(`severity ${text}${rule.unknown === 'fail' ? ' or unknown' : ''}`);
  } else if (levels !== null) says.push(rule.unknown === 'fail' ? 'severity unknown' : 'no severity');
  if (rule.fixable !== null) says.push(rule.fixable ? 'with a fix' : 'without a fix');
  if (rule.exploited !== null) says.push(rule.exploited ? 'known to be exploited' : 'not known to be exploited');
  if (rule.epss !== null) says.push(`EPSS at least ${rule.epss}${rule.unknown === 'fail' ? ' or unknown' : ''}`);
  if (rule.olderThanMs !== null) says.push(`published more than ${durationInWords(rule.olderThanMs)} ago`);
  if (rule.onlyNew) says.push('not in the baseline');
  if (rule.direct !== null) says.push(rule.direct ? 'required directly' : 'required by others');
  if (types !== null) says.push(`of type ${types.join(' or ')}`);
  if (rule.informational) says.push('informational records too');
  return says.join(', ');
}

function refs(findings: readonly Finding[]): FindingRef[] {
  return findings.map(({ id, component }) => ({ id, component }));
}

/** Holds one rule against all findings, which come sorted by component, then id. */
export function judge(rule: Rule, findings: readonly Finding[], context: RuleContext): Judged {
  const failing: Finding[] = [];
  const unknown: Finding[] = [];
  for (const finding of findings) {
    const answer = answerOf(rule, finding, context);
    if (answer === 'yes' || (answer === 'unknown' && rule.unknown === 'fail')) failing.push(finding);
    else if (answer === 'unknown') unknown.push(finding);
  }
  const says = inWords(rule);
  const missing = missingFeed(rule, context.snapshot);
  const open = rule.unknown === 'ignore' ? [] : unknown;
  const leftAside = unknown.length - open.length;
  const common = { rule: rule.name, says };
  if (failing.length > 0) {
    const outcome: RuleOutcome = { ...common, outcome: 'fail', matched: refs(failing), remedy: remedyFor(failing) };
    return { outcome, leftAside: leftAside + open.length, missingFeed: missing };
  }
  if (open.length > 0 || missing !== null) {
    const remedy =
      missing === null
        ? 'upgrade these components, or say in the rule how findings of unknown severity count: `unknown: fail` or `unknown: ignore`'
        : `run: kvitto db update (the store holds no ${missing} feed)`;
    const outcome: RuleOutcome = { ...common, outcome: 'cannot-say', matched: refs(open), remedy };
    return { outcome, leftAside, missingFeed: missing };
  }
  return { outcome: { ...common, outcome: 'pass', matched: [], remedy: null }, leftAside, missingFeed: null };
}
