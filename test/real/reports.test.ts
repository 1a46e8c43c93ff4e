// Every format, written from real scans, held against its official schema, and all of them against each other.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  cyclonedxValidator,
  gitlabValidator,
  reportValidator,
  sarifValidator,
  spdxValidator,
} from '../../src/formats/testing/documents.ts';
import { readXml, type Tree } from '../../src/formats/testing/read-xml.ts';
import { appRoot, debianRoot, imageTools, nodeProject, ociLayout, vulnerablePackages } from './images.ts';
import { feedsFolder, kvitto, scratch, skipWithout } from './parts.ts';
import type { JsonReport } from './report.ts';

const feeds = feedsFolder('2026-08-21');
const skip = feeds === null ? 'LEFT OUT: no real feeds (KVITTO_FEEDS)' : skipWithout([...imageTools, 'npm'], true);
const env = { SOURCE_DATE_EPOCH: String(Date.parse('2026-08-22T00:00:00Z') / 1000) };
const old = { lodash: '4.17.20', minimist: '1.2.5', express: '4.17.1', jquery: '3.4.1', moment: '2.19.2' };
const formats = ['json', 'sarif', 'junit', 'cyclonedx', 'spdx', 'gitlab', 'markdown', 'table'] as const;

/** The JSON report, as far as the other documents are counted against it. */
interface Counted extends JsonReport {
  readonly notShown: number;
  readonly findings: readonly (JsonReport['findings'][number] & { readonly excepted: unknown })[];
  readonly verdict: JsonReport['verdict'] & {
    readonly rules: readonly { readonly outcome: string; readonly matched: readonly unknown[] }[];
  };
}
type Documents = Readonly<Record<(typeof formats)[number], string>>;

/** A run of the command line: what it is given, and what it ends with. */
interface Run {
  readonly name: string;
  readonly args: () => readonly string[];
  readonly exit: number;
  readonly verdict: string;
  /** The least number of findings: of a count of nothing, nothing can be wrong. */
  readonly least: number;
}

describe('reports of real scans', { skip }, () => {
  const folder = skip === false ? scratch('reports') : '';
  const home = join(folder, 'home');
  let layout = '';
  let project = '';
  const policy = join(folder, 'policy.yaml');
  const everything = join(folder, 'everything.yaml');

  before(() => {
    mkdirSync(join(folder, 'empty'), { recursive: true });
    const update = kvitto(['db', 'update', '--feeds', feeds ?? ''], { home, env });
    assert.equal(update.status, 0, update.stderr);
    project = nodeProject(folder, old);
    layout = ociLayout(folder, 'image', debianRoot('bookworm', vulnerablePackages()), {
      from: appRoot(folder, project),
      to: '/srv',
    });
    const exception = `exceptions:\n  - { id: CVE-2020-11023, owner: shop, reason: no HTML from outside, until: 2026-12-31 }\n`;
    writeFileSync(
      policy,
      `version: 1\nrules:\n  - { name: never, severity: critical, epss: 1, unknown: ignore }\n${exception}`,
    );
    writeFileSync(
      everything,
      `version: 1\nrules:\n  - { name: any, severity: negligible, unknown: fail }\n  - { name: known, exploited: true }\n${exception}`,
    );
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const runs: readonly Run[] = [
    {
      name: 'an image that fails',
      args: () => ['gate', `oci:${layout}:app`, '--policy', everything],
      exit: 1,
      verdict: 'fail',
      least: 20,
    },
    {
      name: 'an image that passes',
      args: () => ['gate', `oci:${layout}:app`, '--policy', policy],
      exit: 0,
      verdict: 'pass',
      least: 20,
    },
    { name: 'a project', args: () => ['scan', `dir:${project}`], exit: 0, verdict: 'fail', least: 5 },
    {
      name: 'a scan that lists only some',
      args: () => ['scan', `dir:${project}`, '--severity', 'critical,low'],
      exit: 0,
      verdict: 'fail',
      least: 0,
    },
    {
      name: 'an image without advisories',
      args: () => ['gate', `oci:${layout}:app`, '--skip-db-update'],
      exit: 3,
      verdict: 'cannot-say',
      least: 0,
    },
    {
      name: 'a folder with nothing in it',
      args: () => ['gate', `dir:${join(folder, 'empty')}`],
      exit: 3,
      verdict: 'cannot-say',
      least: 0,
    },
  ];

  const write = (run: Run, withVulnerabilities: boolean): Documents => {
    const out = join(folder, `out-${runs.indexOf(run)}-${withVulnerabilities}`);
    mkdirSync(out);
    const outputs = formats.flatMap((format) => ['-o', `${format}=${join(out, format)}`]);
    const flags = ['--offline', ...(withVulnerabilities ? ['--with-vulnerabilities'] : [])];
    const homeOf = run.name === 'an image without advisories' ? join(folder, 'no-home') : home;
    const done = kvitto([...run.args(), ...outputs, ...flags], { home: homeOf, cwd: folder, env });
    assert.equal(done.status, run.exit, done.stderr);
    assert.equal(done.stderr, '');
    const files = formats.map((format) => [format, readFileSync(join(out, format), 'utf8')] as const);
    return Object.fromEntries(files) as unknown as Documents;
  };

  for (const run of runs) {
    for (const withVulnerabilities of [false, true]) {
      test(`${run.name}${withVulnerabilities ? ', vulnerabilities in the SBOM' : ''}`, (t) => {
        const documents = write(run, withVulnerabilities);
        const report: Counted = JSON.parse(documents.json);
        assert.equal(report.verdict.kind, run.verdict);
        assert.ok(report.findings.length >= run.least, `${report.findings.length} findings`);
        assert.equal(report.notShown > 0, run.name === 'a scan that lists only some');
        valid(documents, (reason) => t.diagnostic(`LEFT OUT: ${reason}`));
        holdBom(JSON.parse(documents.cyclonedx), report, withVulnerabilities);
        holdSpdx(JSON.parse(documents.spdx), report);
        holdSarif(JSON.parse(documents.sarif), report);
        holdGitlab(JSON.parse(documents.gitlab), report);
        holdTexts(documents, report);
        for (const tree of readXml([documents.junit], (reason) => t.diagnostic(`LEFT OUT: ${reason}`)))
          holdJunit(tree, report);
      });
    }
  }
});

/** Every document is what it says, by the schema of whoever defined it. */
function valid(documents: Documents, skip: (reason: string) => void): void {
  const validators = [
    ['json', reportValidator()],
    ['sarif', sarifValidator(skip)],
    ['cyclonedx', cyclonedxValidator(skip)],
    ['spdx', spdxValidator(skip)],
    ['gitlab', gitlabValidator()],
  ] as const;
  for (const [format, validate] of validators) assert.equal(validate?.(JSON.parse(documents[format])) ?? null, null);
}

interface Bom {
  readonly components: readonly { readonly type: string; readonly purl?: string }[];
  readonly vulnerabilities?: readonly { readonly id: string; readonly affects: readonly { readonly ref: string }[] }[];
}

function holdBom(bom: Bom, report: Counted, withVulnerabilities: boolean): void {
  const libraries = bom.components.filter(({ type }) => type !== 'operating-system');
  assert.deepEqual(
    libraries.map(({ purl }) => purl),
    report.components.map(({ purl }) => purl),
  );
  assert.equal(bom.components.length - libraries.length, report.os === null ? 0 : 1);
  const said = bom.vulnerabilities?.flatMap(({ id, affects }) => affects.map(({ ref }) => `${id} ${ref}`));
  assert.deepEqual(said, withVulnerabilities ? report.findings.map(nameOf) : undefined);
}

function nameOf({ id, component }: { readonly id: string; readonly component: string }): string {
  return `${id} ${component}`;
}

interface Spdx {
  readonly packages: readonly {
    readonly primaryPackagePurpose?: string;
    readonly externalRefs?: readonly { readonly referenceLocator: string }[];
  }[];
}

function holdSpdx({ packages }: Spdx, report: Counted): void {
  const own = packages.slice(report.os === null ? 1 : 2);
  assert.deepEqual(
    own.map(({ externalRefs }) => externalRefs?.[0]?.referenceLocator),
    report.components.map(({ purl }) => purl),
  );
}

interface Sarif {
  readonly runs: readonly {
    readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string }[] } };
    readonly results: readonly { readonly ruleId: string; readonly suppressions?: readonly unknown[] }[];
    readonly invocations: readonly {
      readonly executionSuccessful: boolean;
      readonly toolExecutionNotifications: readonly unknown[];
    }[];
  }[];
}

function holdSarif({ runs }: Sarif, report: Counted): void {
  const [run] = runs;
  assert.ok(run !== undefined && runs.length === 1);
  assert.deepEqual(
    run.results.map(({ ruleId }) => ruleId),
    report.findings.map(({ id }) => id),
  );
  assert.deepEqual(new Set(run.tool.driver.rules.map(({ id }) => id)), new Set(report.findings.map(({ id }) => id)));
  assert.equal(run.results.filter(({ suppressions = [] }) => suppressions.length > 0).length, exceptedOf(report));
  assert.deepEqual(
    run.invocations.map((i) => [i.executionSuccessful, i.toolExecutionNotifications.length]),
    [[report.complete, report.problems.length]],
  );
}

function exceptedOf({ findings }: Counted): number {
  return findings.filter(({ excepted }) => excepted !== null).length;
}

interface Gitlab {
  readonly scan: { readonly status: string; readonly messages: readonly unknown[] };
  readonly vulnerabilities: readonly { readonly identifiers: readonly { readonly value: string }[] }[];
}

function holdGitlab({ scan, vulnerabilities }: Gitlab, report: Counted): void {
  assert.deepEqual(
    vulnerabilities.map(({ identifiers }) => identifiers[0]?.value),
    report.findings.map(({ id }) => id),
  );
  assert.equal(scan.status, report.verdict.kind === 'cannot-say' ? 'failure' : 'success');
  assert.equal(scan.messages.length, 1 + report.problems.length);
}

/** What the documents for people say in numbers. */
function holdTexts({ markdown, table }: Documents, report: Counted): void {
  const count = (severity: string) => report.findings.filter((finding) => finding.severity === severity).length;
  const levels = ['critical', 'high', 'medium', 'low', 'negligible', 'unknown'];
  const total = `Total: ${report.findings.length} (${levels.map((l) => `${l.toUpperCase()}: ${count(l)}`).join(', ')})`;
  const rows = markdown.split('\n').filter((line) => /^\| \[?(?:CVE|GHSA|RETIREJS|MAL|DSA|DLA)/.test(line));
  assert.equal(rows.length, report.findings.length);
  const excepted = exceptedOf(report);
  for (const text of [markdown, table]) {
    // Without a store there is no total; with one there always is.
    if (report.snapshot === null) assert.match(text, /not assessed/);
    else assert.ok(text.includes(total), `${total} in:\n${text}`);
    assert.equal(/\d+ excepted/.exec(text)?.[0] ?? '0 excepted', `${excepted} excepted`);
    assert.equal(/(\d+) findings? left out/.exec(text)?.[1] ?? '0', String(report.notShown));
    if (report.verdict.kind === 'cannot-say') assert.doesNotMatch(text, /PASS|✅/);
  }
}

function holdJunit([, attributes, , suites]: Tree, report: Counted): void {
  const of = (outcome: string) => report.verdict.rules.filter((rule) => rule.outcome === outcome);
  const matched = (outcome: string) => of(outcome).reduce((sum, rule) => sum + Math.max(1, rule.matched.length), 0);
  const { problems, complete, verdict } = report;
  const errors = matched('cannot-say') + problems.length;
  const skipped = exceptedOf(report) + (complete ? 0 : of('pass').length);
  assert.deepEqual([attributes['failures'], attributes['errors'], attributes['skipped']].map(Number), [
    matched('fail'),
    errors,
    skipped,
  ]);
  assert.equal(Number(attributes['failures']) + Number(attributes['errors']) === 0, verdict.kind === 'pass');
  const cases = suites.flatMap(([, , , children]) => children.filter(([tag]) => tag === 'testcase'));
  assert.equal(cases.length, Number(attributes['tests']));
}
