// The gate from outside: seven policies on the invented image, seven exit codes.
import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { kvitto, root, scratch } from './real/parts.ts';

const day = (date: string) => ({ SOURCE_DATE_EPOCH: String(Date.parse(`${date}T00:00:00Z`) / 1000) });
const image = join(root, 'demo/shop.tar');

describe('gate', () => {
  const folder = scratch('gate');
  const home = join(folder, 'home');
  const cwd = join(folder, 'project');

  before(() => {
    mkdirSync(cwd, { recursive: true });
    const update = kvitto(['db', 'update', '--feeds', join(root, 'demo/feeds')], { home, env: day('2026-11-13') });
    assert.equal(update.status, 0, update.stderr);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const gate = (policy: string, flags: string[] = [], date = '2026-11-13') => {
    writeFileSync(join(cwd, 'kvitto.yaml'), policy);
    const done = kvitto(['gate', image, '-f', 'json', '--offline', ...flags], { home, cwd, env: day(date) });
    return { ...done, report: done.stdout === '' ? null : JSON.parse(done.stdout) };
  };

  const cases: {
    name: string;
    policy: string;
    flags?: string[];
    date?: string;
    exit: number;
    kind: string;
    matched: string[];
  }[] = [
    {
      name: 'pass: nothing is as likely to be exploited as the rule asks',
      policy: 'version: 1\nrules:\n  - name: likely\n    epss: 0.9\n',
      exit: 0,
      kind: 'pass',
      matched: [],
    },
    {
      name: 'fail: exploited',
      policy: 'version: 1\nrules:\n  - name: exploited\n    exploited: true\n',
      exit: 1,
      kind: 'fail',
      matched: ['CVE-2026-90001 harbor-tools', 'CVE-2026-90001 libharbor1'],
    },
    {
      name: 'cannot say: the advisories are older than the policy allows',
      policy: 'version: 1\nmaxDbAge: 5d\nrules:\n  - name: likely\n    epss: 0.9\n',
      date: '2026-12-24',
      exit: 3,
      kind: 'cannot-say',
      matched: [],
    },
    {
      name: 'grace: a fix younger than the days of grace does not fail',
      policy: 'version: 1\nrules:\n  - name: old\n    severity: critical\n    olderThan: 60d\n',
      exit: 0,
      kind: 'pass',
      matched: [],
    },
    {
      name: 'grace is over',
      policy: 'version: 1\nrules:\n  - name: old\n    severity: critical\n    olderThan: 20d\n',
      exit: 1,
      kind: 'fail',
      matched: ['CVE-2026-90003 rope-walk'],
    },
    {
      name: 'exception in force',
      policy: exception('2026-12-31'),
      exit: 0,
      kind: 'pass',
      matched: [],
    },
    {
      name: 'exception expired: fails again and says so',
      policy: exception('2026-11-01'),
      exit: 1,
      kind: 'fail',
      matched: ['CVE-2026-90003 rope-walk'],
    },
  ];
  for (const { name, policy, flags, date, exit, kind, matched } of cases) {
    test(name, () => {
      const { status, report, stderr } = gate(policy, flags, date);
      assert.equal(status, exit, stderr);
      assert.equal(report.verdict.kind, kind);
      const refs = report.verdict.rules.flatMap(
        (rule: { matched: { id: string; component: string }[] }) => rule.matched,
      );
      assert.deepEqual(refs.map(short).toSorted(), matched);
      // Everything is reported, whatever fails.
      assert.equal(report.findings.length, 6);
    });
  }

  test('an expired exception, one that matches nothing, and one that ends soon are named', () => {
    const [expired, unused, soon] = [
      exception('2026-11-01'),
      exception('2027-01-31', 'CVE-2020-1'),
      exception('2026-11-20'),
    ].map((policy) => gate(policy).report.verdict.exceptions[0].state);
    assert.deepEqual([expired, unused, soon], ['expired', 'unused', 'expiring']);
  });

  test('baseline: only what is new fails', () => {
    const policy = 'version: 1\nrules:\n  - name: new\n    severity: low\n    onlyNew: true\n';
    const without = gate(policy);
    assert.equal(without.status, 1, 'without a baseline everything is new');
    const baseline = join(cwd, 'before.json');
    writeFileSync(baseline, without.stdout);
    const same = gate(policy, ['--baseline', baseline]);
    assert.equal(same.status, 0, same.stderr);
    const fewer = JSON.parse(without.stdout);
    fewer.findings = fewer.findings.filter((finding: { id: string }) => finding.id !== 'CVE-2026-90002');
    writeFileSync(baseline, JSON.stringify(fewer));
    const more = gate(policy, ['--baseline', baseline]);
    assert.equal(more.status, 1);
    assert.deepEqual(more.report.verdict.rules[0].matched.map(short).toSorted(), [
      'CVE-2026-90002 harbor-tools',
      'CVE-2026-90002 libharbor1',
    ]);
    const builtIn = kvitto(['gate', image, '--offline', '--baseline', join(root, 'demo/shop.tar')], {
      home,
      cwd: folder,
      env: day('2026-11-13'),
    });
    assert.equal(builtIn.status, 0, `without a kvitto.yaml every rule looks at the baseline: ${builtIn.stdout}`);
    const target = gate(policy, ['--baseline', `docker-archive:${image}`]);
    assert.equal(target.status, 0, target.stderr);
  });

  test('.trivyignore is read', () => {
    const policy = 'version: 1\nrules:\n  - name: serious\n    severity: critical\n';
    assert.equal(gate(policy).status, 1);
    writeFileSync(join(cwd, '.trivyignore'), '# accepted\nCVE-2026-90001\nGHSA-2c4f-6g8h-9jmp exp:2027-01-01\n');
    try {
      const ignored = gate(policy);
      assert.equal(ignored.status, 0, ignored.stderr);
      assert.equal(ignored.report.verdict.exceptions.length, 2);
      assert.equal(gate(policy, [], '2027-01-02').status, 1);
    } finally {
      rmSync(join(cwd, '.trivyignore'));
    }
  });

  test('a bad policy names the line and the key', () => {
    const { status, stdout, stderr } = gate('version: 1\nrules:\n  - name: x\n    severty: high\n');
    assert.equal(status, 2);
    assert.equal(stdout, '');
    assert.match(stderr, /kvitto\.yaml:4/);
    assert.match(stderr, /severty/);
  });

  test('no store at all: cannot say, and the inventory is still reported', () => {
    const empty = join(folder, 'empty');
    const done = kvitto(['gate', image, '-f', 'json', '--offline'], {
      home: empty,
      cwd: folder,
      env: day('2026-11-13'),
    });
    assert.equal(done.status, 3, done.stderr);
    const report = JSON.parse(done.stdout);
    assert.equal(report.verdict.kind, 'cannot-say');
    assert.deepEqual(
      report.problems.map((problem: { code: string }) => problem.code),
      ['store-missing'],
    );
    assert.equal(report.components.length, 6);
  });
});

function exception(until: string, id = 'CVE-2026-90003'): string {
  return [
    'version: 1',
    'rules:',
    '  - name: node',
    '    severity: critical',
    '    exploited: false',
    'exceptions:',
    `  - id: ${id}`,
    '    component: pkg:npm/rope-walk',
    '    owner: shop-team',
    '    reason: planned for the next release',
    `    until: ${until}`,
    '',
  ].join('\n');
}

const short = (ref: { id: string; component: string }) => `${ref.id} ${/([^/]+)@/.exec(ref.component)?.[1]}`;
