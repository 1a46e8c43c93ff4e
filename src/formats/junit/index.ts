import type { Finding } from '../../model/finding.ts';
import type { Report } from '../../model/report.ts';
import type { FindingRef, RuleOutcome } from '../../model/verdict.ts';
import type { Format } from '../format.ts';
import { countsOf, totalWords, verdictReason, verdictWords } from '../summary.ts';
import { xmlElement, xmlText } from '../xml.ts';

export const junit: Format = {
  id: 'junit',
  mediaType: 'application/xml',
  about: 'JUnit XML, for the test pages of GitLab, Jenkins and Azure DevOps',
  render,
};

/** One test: green without `outcome`. */
interface TestCase {
  readonly classname: string;
  readonly name: string;
  readonly outcome: {
    readonly kind: 'failure' | 'error' | 'skipped';
    readonly message: string;
    readonly text: string;
  } | null;
}

interface Suite {
  readonly name: string;
  readonly cases: readonly TestCase[];
}

function render(report: Report): string {
  const { artifact } = report.inventory;
  const found = new Map(report.findings.map((f) => [keyOf({ id: f.id, component: f.component }), f]));
  const suites = [
    ...report.verdict.rules.map((r) => ruleSuite(r, report, found)),
    ...exceptionSuite(report),
    ...problemSuite(report),
  ];
  suites.push(verdictSuite(report, suites));
  const counts = totals(suites.flatMap((s) => s.cases));
  const body = xmlElement(
    'testsuites',
    { name: `kvitto ${artifact.name}`, ...counts, time: 0 },
    suites.map((s) => suiteElement(s, report)),
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n${body}\n`;
}

function keyOf(r: FindingRef): string {
  return `${r.component}\0${r.id}`;
}

function ruleSuite(r: RuleOutcome, report: Report, found: ReadonlyMap<string, Finding>): Suite {
  const name = `rule ${r.rule}`;
  const remedy = r.remedy === null ? '' : `\nTo pass: ${r.remedy}`;
  if (r.outcome === 'pass') {
    // Green only where all could be read and assessed.
    const message = 'nothing matched in the part that could be read and assessed; the result is not complete';
    const outcome = report.complete ? null : ({ kind: 'skipped', message, text: '' } as const);
    return { name, cases: [{ classname: name, name: r.says || r.rule, outcome }] };
  }
  const kind = r.outcome === 'fail' ? 'failure' : 'error';
  const cases = r.matched.map((ref): TestCase => {
    const f = found.get(keyOf(ref));
    const text = f === undefined ? ref.component : describe(f);
    return {
      classname: name,
      name: `${ref.id} in ${ref.component}`,
      outcome: { kind, message: r.says, text: text + remedy },
    };
  });
  // A rule can fail, or be unable to say, without a finding of its own.
  const whole: TestCase = {
    classname: name,
    name: r.says || r.rule,
    outcome: { kind, message: r.remedy ?? r.says, text: r.says + remedy },
  };
  return { name, cases: cases.length > 0 ? cases : [whole] };
}

function describe(f: Finding): string {
  const fix = f.fixedIn === null ? 'no fixed version is known' : `fixed in ${f.fixedIn}`;
  const exploited = f.exploitation.length > 0 ? ', known to be exploited' : '';
  return `${f.name} ${f.installed}: ${f.severity.level}${exploited}, ${fix}\n${f.locations.map((l) => l.path).join('\n')}\n${f.summary}`;
}

/** Findings that an exception covers are there to be seen, and fail nothing. */
function exceptionSuite(report: Report): Suite[] {
  const cases = report.findings.flatMap((f): TestCase[] => {
    if (f.excepted === null) return [];
    const { by, reason, until } = f.excepted;
    const message = `excepted by ${by}${until === null ? '' : ` until ${until}`}: ${reason}`;
    return [
      { classname: 'exceptions', name: `${f.id} in ${f.component}`, outcome: { kind: 'skipped', message, text: '' } },
    ];
  });
  return cases.length === 0 ? [] : [{ name: 'exceptions', cases }];
}

/** Errors, unless the user allowed an incomplete result and it passed: then they would turn a pass red. */
function problemSuite(report: Report): Suite[] {
  const kind = report.verdict.kind === 'pass' ? 'skipped' : 'error';
  const cases = report.problems.map(
    (p): TestCase => ({
      classname: 'problems',
      name: p.where,
      outcome: { kind, message: `${p.code}: ${p.message}`, text: '' },
    }),
  );
  return cases.length === 0 ? [] : [{ name: 'problems', cases }];
}

/** The verdict as a test of its own; red only where no other test is, so that nothing is counted twice. */
function verdictSuite(report: Report, others: readonly Suite[]): Suite {
  const { kind, reasons } = report.verdict;
  const wanted = kind === 'fail' ? 'failure' : 'error';
  const shown = kind === 'pass' || others.some((s) => s.cases.some((c) => c.outcome?.kind === wanted));
  const outcome = shown ? null : ({ kind: wanted, message: verdictReason(report), text: reasons.join('\n') } as const);
  return {
    name: 'verdict',
    cases: [{ classname: 'verdict', name: `${verdictWords(report)}: ${verdictReason(report)}`, outcome }],
  };
}

function totals(cases: readonly TestCase[]) {
  const count = (kind: string) => cases.filter((c) => c.outcome?.kind === kind).length;
  return { tests: cases.length, failures: count('failure'), errors: count('error'), skipped: count('skipped') };
}

function suiteElement(s: Suite, report: Report): string {
  const timestamp = report.scannedAt.replace(/Z$/, '');
  const attributes = { name: s.name, ...totals(s.cases), time: 0, timestamp, hostname: 'kvitto' };
  const out =
    s.name === 'verdict' ? [`<system-out>${xmlText(totalWords(countsOf(report.findings)))}</system-out>`] : [];
  return xmlElement('testsuite', attributes, [...s.cases.map(caseElement), ...out]);
}

function caseElement(c: TestCase): string {
  const attributes = { classname: c.classname, name: c.name, time: 0 };
  if (c.outcome === null) return xmlElement('testcase', attributes);
  const { kind, message, text } = c.outcome;
  const type = kind === 'skipped' ? {} : { type: kind };
  const open = xmlElement(kind, { message, ...type });
  const inner = kind === 'skipped' || text === '' ? open : `${open.slice(0, -2)}>${xmlText(text)}</${kind}>`;
  return xmlElement('testcase', attributes, [inner]);
}
