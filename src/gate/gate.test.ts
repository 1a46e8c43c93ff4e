import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { SnapshotInfo } from '../model/advisory.ts';
import type { Finding } from '../model/finding.ts';
import type { Problem } from '../model/problem.ts';
import type { Verdict } from '../model/verdict.ts';
import { baselineOf } from './baseline.ts';
import { type GateInput, gate } from './gate.ts';
import { parsePolicy } from './parse-policy.ts';
import { defaultPolicy, policyFromFlags } from './policy.ts';
import { finding, level, openssl } from './testing/finding.ts';
import { parseTrivyIgnore } from './trivyignore.ts';

const now = new Date('2026-08-21T12:00:00Z');
const digest = `sha256:${'0'.repeat(64)}`;

function snapshot(asOf = '2026-08-21T00:00:00Z', ...ids: string[]): SnapshotInfo {
  const feeds = (ids.length === 0 ? ['osv/Debian', 'nvd', 'kev', 'eukev', 'epss'] : ids).map((id) => {
    return { id, asOf, digest, records: 1, badRecords: 0 };
  });
  return { digest, feeds };
}

function policy(...lines: string[]) {
  return parsePolicy(['version: 1', ...lines].join('\n'), 'kvitto.yaml');
}

function input(parts: Partial<GateInput> = {}): GateInput {
  return { policy: defaultPolicy, baseline: null, now, problems: [], snapshot: snapshot(), ...parts };
}

const atLeastHigh = policy('rules:', '  - { name: high, severity: high }');
const upgrade = 'upgrade openssl 3.0.15-1 to 3.0.17-1 (1 finding in libssl3)';
const ref = { id: 'CVE-1', component: openssl };
const problem: Problem = { code: 'unreadable', where: 'lib/x', message: 'cannot be read' };

/** Everything of a verdict but where the policy came from. */
function said({ policy: _, ...rest }: Verdict) {
  return rest;
}

test('gate: pass', () => {
  const found = gate([finding('CVE-1', { severity: level('medium') })], input({ policy: atLeastHigh }));
  assert.deepEqual(found.verdict, {
    kind: 'pass',
    policy: atLeastHigh.origin,
    rules: [{ rule: 'high', says: 'severity at least high', outcome: 'pass', matched: [], remedy: null }],
    exceptions: [],
    reasons: [],
    warnings: [],
  });
});

test('gate: fail, by several rules, each with what it matched and what helps', () => {
  const kev = [{ source: 'CISA KEV', since: '2024-02-01', due: null, ransomware: false } as const];
  const findings = [
    finding('CVE-1'),
    finding('CVE-2', { severity: level('critical'), fixedIn: '3.0.18-1' }),
    finding('CVE-3', {
      severity: level('low'),
      fixedIn: null,
      exploitation: kev,
      component: 'pkg:npm/a@1.0.0',
      name: 'a',
      installed: '1.0.0',
    }),
    finding('CVE-4', { severity: level('critical'), fixedIn: null }),
  ];
  assert.deepEqual(gate(findings, input()), {
    findings,
    verdict: {
      kind: 'fail',
      policy: null,
      rules: [
        {
          rule: 'fixable-high',
          says: 'severity at least high, with a fix',
          outcome: 'fail',
          matched: [ref, { id: 'CVE-2', component: openssl }],
          remedy: 'upgrade openssl 3.0.15-1 to 3.0.18-1 (2 findings in libssl3)',
        },
        {
          rule: 'exploited',
          says: 'known to be exploited',
          outcome: 'fail',
          matched: [{ id: 'CVE-3', component: 'pkg:npm/a@1.0.0' }],
          remedy: 'no fix is known for 1 finding: replace the component, or accept the risk with an exception',
        },
      ],
      exceptions: [],
      reasons: [
        'rule fixable-high (severity at least high, with a fix): 2 findings',
        'rule exploited (known to be exploited): 1 finding',
      ],
      warnings: [],
    },
  });
});

test('gate: cannot say, for every reason, and when that is allowed', () => {
  const unknown = finding('CVE-1', { severity: level('unknown') });
  const incomplete = 'the result is not complete: 3 problems (os-unknown, 2 × unreadable)';
  const noStore = 'there was no advisory data to hold the components against; run: kvitto db update';
  const old = snapshot('2026-08-16T11:59:59Z', 'osv/Debian', 'kev', 'osv/npm');
  const stale = (list: string) =>
    `the advisory data is older than 5 days (${list} as of 2026-08-16); run: kvitto db update`;
  const rows: [string, Finding[], Partial<GateInput>, string[]][] = [
    [
      'problems',
      [],
      { problems: [problem, { ...problem, where: 'y' }, { ...problem, code: 'os-unknown' }] },
      [incomplete],
    ],
    ['no store', [], { snapshot: null }, [noStore]],
    ['no store, and said so', [], { snapshot: null, problems: [{ ...problem, code: 'store-missing' }] }, [noStore]],
    [
      'empty store',
      [],
      { snapshot: { digest, feeds: [] } },
      ['rule exploited (known to be exploited) cannot be judged: the store holds no kev feed', noStore],
    ],
    ['stale', [], { snapshot: old }, [stale('osv/Debian, kev, osv/npm')]],
    ['stale in use', [], { snapshot: old, ecosystems: ['Debian'] }, [stale('osv/Debian, kev')]],
    [
      'stale, and said so',
      [],
      { snapshot: old, ecosystems: [], problems: [{ ...problem, code: 'store-stale' }] },
      [stale('kev')],
    ],
    [
      'unreadable time',
      [],
      { snapshot: snapshot('soon', 'kev') },
      ['the advisory data is older than 5 days (kev as of soon); run: kvitto db update'],
    ],
    [
      'unknown severity',
      [unknown],
      {},
      [
        'rule fixable-high (severity at least high, with a fix) cannot be judged: 1 finding of unknown severity or EPSS',
      ],
    ],
    [
      'no catalogue',
      [],
      { snapshot: snapshot(undefined, 'osv/Debian') },
      ['rule exploited (known to be exploited) cannot be judged: the store holds no kev feed'],
    ],
  ];
  for (const [name, findings, parts, reasons] of rows) {
    const strict = gate(findings, input(parts)).verdict;
    assert.deepEqual([strict.kind, strict.reasons, strict.warnings], ['cannot-say', reasons, []], name);
    const byFlag = gate(findings, input({ ...parts, allowIncomplete: true })).verdict;
    assert.deepEqual([byFlag.kind, byFlag.reasons, byFlag.warnings], ['pass', [], reasons], name);
    const byPolicy = gate(findings, input({ ...parts, policy: { ...defaultPolicy, allowIncomplete: true } })).verdict;
    assert.deepEqual(byPolicy, byFlag, name);
    // A failing rule decides whatever else is unknown.
    const failing = gate([...findings, finding('CVE-9')], input(parts)).verdict;
    assert.equal(failing.kind, 'fail', name);
  }
});

test('gate: fresh enough to the second', () => {
  assert.equal(gate([], input({ snapshot: snapshot('2026-08-16T12:00:00Z') })).verdict.kind, 'pass');
  assert.equal(gate([], input({ snapshot: snapshot('2026-09-16T12:00:00Z') })).verdict.kind, 'pass');
});

test('gate: only what is new against a baseline', () => {
  const onlyNew = policy('rules:', '  - { name: new-high, severity: high, onlyNew: true }');
  const older = [{ id: 'GHSA-a', aliases: ['CVE-1'], component: 'pkg:deb/debian/libssl3@3.0.11-1?distro=debian-12' }];
  const findings = [finding('CVE-1'), finding('CVE-2')];
  const says = 'severity at least high, not in the baseline';
  const { verdict } = gate(findings, input({ policy: onlyNew, baseline: baselineOf(older) }));
  assert.deepEqual(said(verdict), {
    kind: 'fail',
    rules: [
      { rule: 'new-high', says, outcome: 'fail', matched: [{ id: 'CVE-2', component: openssl }], remedy: upgrade },
    ],
    exceptions: [],
    reasons: [`rule new-high (${says}): 1 finding`],
    warnings: [],
  });
  assert.equal(gate(findings, input({ policy: onlyNew, baseline: baselineOf(findings) })).verdict.kind, 'pass');
  const incomplete = gate(findings, input({ policy: onlyNew, baseline: baselineOf(findings, false) })).verdict;
  assert.deepEqual(
    [incomplete.kind, incomplete.warnings],
    ['pass', ['the baseline is not complete: what it missed counts as new']],
  );
  const none = gate(findings, input({ policy: onlyNew })).verdict;
  assert.deepEqual([none.kind, none.warnings], ['fail', ['no baseline was given: for new-high every finding is new']]);
  const idle = gate(findings, input({ baseline: baselineOf(findings) })).verdict;
  assert.deepEqual(
    [idle.kind, idle.warnings],
    ['fail', ['the baseline decides nothing: no rule of the policy has onlyNew']],
  );
});

test('gate: grace after publication', () => {
  const grace = policy('rules:', '  - { name: old-high, severity: high, olderThan: 14d }');
  const kindAt = (published: string | null) =>
    gate([finding('CVE-1', { published })], input({ policy: grace })).verdict.kind;
  assert.equal(kindAt('2026-08-07T12:00:00Z'), 'pass');
  assert.equal(kindAt('2026-08-07T11:59:59Z'), 'fail');
  assert.equal(kindAt('2026-09-01T00:00:00Z'), 'pass');
  // Not known when: taken for long ago.
  assert.equal(kindAt(null), 'fail');
  assert.equal(kindAt('some day'), 'fail');
});

test('gate: exceptions, from used to expired', () => {
  const withUntil = (until: string, more = '') =>
    policy(
      'exceptions:',
      '  - id: CVE-1',
      '    owner: team',
      '    reason: why',
      `    until: ${until}`,
      ...(more === '' ? [] : [`    ${more}`]),
    );
  const outcome = (until: string, state: string, matched = [ref], component: string | null = null) => {
    return { id: 'CVE-1', component, owner: 'team', reason: 'why', until, state, matched, at: 'kvitto.yaml:3' };
  };
  const name = 'exception for CVE-1 (kvitto.yaml:3, team)';
  const other = 'pkg:npm/a';
  const rows: [string, string, string, unknown, string[], string[]][] = [
    ['2026-12-31', '', 'pass', outcome('2026-12-31', 'used'), [], []],
    ['2026-09-04', '', 'pass', outcome('2026-09-04', 'used'), [], []],
    ['2026-09-03', '', 'pass', outcome('2026-09-03', 'expiring'), [], [`${name} ends on 2026-09-03, in 14 days`]],
    ['2026-08-21', '', 'pass', outcome('2026-08-21', 'expiring'), [], [`${name} ends on 2026-08-21, in 1 day`]],
    [
      '2026-08-20',
      '',
      'fail',
      outcome('2026-08-20', 'expired'),
      [
        'rule fixable-high (severity at least high, with a fix): 1 finding',
        `${name} ended on 2026-08-20; 1 finding counts again`,
      ],
      [],
    ],
    [
      '2026-12-31',
      `component: ${other}`,
      'fail',
      outcome('2026-12-31', 'unused', [], other),
      ['rule fixable-high (severity at least high, with a fix): 1 finding'],
      [`exception for CVE-1 in ${other} (kvitto.yaml:3, team) matches nothing; remove it`],
    ],
  ];
  for (const [until, more, kind, expected, reasons, warnings] of rows) {
    const { verdict } = gate([finding('CVE-1')], input({ policy: withUntil(until, more) }));
    assert.deepEqual(
      [verdict.kind, verdict.exceptions, verdict.reasons, verdict.warnings],
      [kind, [expected], reasons, warnings],
      until,
    );
  }
  const idle = gate([], input({ policy: withUntil('2026-08-20') })).verdict;
  assert.deepEqual(
    [idle.kind, idle.warnings],
    ['pass', [`${name} ended on 2026-08-20 and matches nothing; remove it`]],
  );
  // It ended, but what it covered fails no rule.
  const low = gate([finding('CVE-1', { severity: level('low') })], input({ policy: withUntil('2026-08-20') })).verdict;
  assert.deepEqual(
    [low.kind, low.reasons, low.warnings],
    ['pass', [], [`${name} ended on 2026-08-20; 1 finding counts again`]],
  );
});

test('gate: a .trivyignore', () => {
  const exceptions = parseTrivyIgnore('# not reachable\nCVE-1 exp:2026-12-31\nCVE-7\n');
  const one = finding('CVE-1');
  assert.deepEqual(gate([one], input({ exceptions })), {
    findings: [{ ...one, excepted: { by: '.trivyignore:2', reason: 'not reachable', until: '2026-12-31' } }],
    verdict: {
      kind: 'pass',
      policy: null,
      rules: [
        {
          rule: 'fixable-high',
          says: 'severity at least high, with a fix',
          outcome: 'pass',
          matched: [],
          remedy: null,
        },
        { rule: 'exploited', says: 'known to be exploited', outcome: 'pass', matched: [], remedy: null },
      ],
      exceptions: [
        {
          id: 'CVE-1',
          component: null,
          owner: null,
          reason: 'not reachable',
          until: '2026-12-31',
          state: 'used',
          matched: [ref],
          at: '.trivyignore:2',
        },
        {
          id: 'CVE-7',
          component: null,
          owner: null,
          reason: '',
          until: null,
          state: 'unused',
          matched: [],
          at: '.trivyignore:3',
        },
      ],
      reasons: [],
      warnings: [
        'exception for CVE-7 (.trivyignore:3) matches nothing; remove it',
        '.trivyignore: 2 exceptions without owner; move them to kvitto.yaml with owner, reason and end',
      ],
    },
  });
});

test('gate: flags of the command line', () => {
  const all = ['critical', 'high', 'medium', 'low', 'unknown'] as const;
  const findings = all.map((word, i) =>
    finding(`CVE-${i}`, { severity: level(word), ...(word === 'high' ? { fixedIn: null } : {}) }),
  );
  const failing = (flags: Parameters<typeof policyFromFlags>[0]) => {
    const { rules, warnings } = gate(findings, input({ policy: policyFromFlags(flags) })).verdict;
    return [rules.map((r) => `${r.says}: ${r.matched.map((m) => m.id)}`), warnings];
  };
  const left = 'rule command-line: 1 finding of unknown severity or EPSS left aside';
  assert.deepEqual(failing({ failOn: 'medium' }), [['severity at least medium: CVE-0,CVE-1,CVE-2'], [left]]);
  assert.deepEqual(failing({ failOn: 'medium', ignoreUnfixed: true }), [
    ['severity at least medium, with a fix: CVE-0,CVE-2'],
    [left],
  ]);
  assert.deepEqual(failing({ severities: ['low', 'high'] }), [['severity high or low: CVE-1,CVE-3'], [left]]);
  assert.deepEqual(failing({ severities: ['unknown'] }), [['severity unknown: CVE-4'], []]);
  assert.deepEqual(failing({ severities: ['critical', 'unknown'] }), [
    ['severity critical or unknown: CVE-0,CVE-4'],
    [],
  ]);
  assert.equal(policyFromFlags({}), defaultPolicy);
  const narrowed = policyFromFlags({ ignoreUnfixed: true }, atLeastHigh);
  assert.deepEqual(
    narrowed.rules.map((r) => r.fixable),
    [true],
  );
  assert.equal(narrowed.origin?.source, 'kvitto.yaml and command line');
});

test('gate: pure, and adding findings never turns fail into pass', () => {
  const words = fc.constantFrom('critical', 'high', 'low', 'unknown' as const);
  const any = fc
    .record({ n: fc.integer({ min: 1, max: 9 }), word: words, fixed: fc.boolean(), known: fc.boolean() })
    .map(({ n, word, fixed, known }) =>
      finding(`CVE-${n}`, {
        severity: level(word as 'high'),
        fixedIn: fixed ? '9' : null,
        exploitation: known ? [{ source: 'EU KEV', since: '2024-01-01', due: null, ransomware: false }] : [],
      }),
    );
  const rank = { pass: 0, 'cannot-say': 1, fail: 2 };
  fc.assert(
    fc.property(fc.array(any), fc.array(any), (some, more) => {
      const before = structuredClone(some);
      const first = gate(some, input()).verdict;
      assert.deepEqual(gate(some, input()).verdict, first);
      assert.deepEqual(some, before);
      assert.ok(rank[gate([...some, ...more], input()).verdict.kind] >= rank[first.kind]);
    }),
    { numRuns: 200 },
  );
});
