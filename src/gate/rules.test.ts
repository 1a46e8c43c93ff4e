import assert from 'node:assert/strict';
import test from 'node:test';
import type { Finding } from '../model/finding.ts';
import { openRule, type Rule } from './policy.ts';
import { judge } from './rules.ts';
import { finding, level, openssl } from './testing/finding.ts';

const now = new Date('2026-08-21T12:00:00Z');
const feed = { asOf: '2026-08-21T00:00:00Z', digest: '', records: 1, badRecords: 0 };
const snapshot = { digest: '', feeds: ['kev', 'epss'].map((id) => ({ ...feed, id })) };
const kev = [{ source: 'CISA KEV', since: '2024-02-01', due: null, ransomware: false } as const];

const found = (parts: Partial<Finding>) => finding('CVE-1', parts);
const epss = (probability: number) => found({ epss: { probability, percentile: 0.5 } });

test('rules: every condition, one by one', () => {
  const rows: [Partial<Rule>, string, [Finding, string][]][] = [
    [
      { levels: ['critical', 'high'] },
      'severity at least high',
      [
        [found({}), 'fail'],
        [found({ severity: level('medium') }), 'pass'],
        [found({ severity: level('unknown') }), 'cannot-say'],
      ],
    ],
    [
      { levels: ['critical'] },
      'severity critical',
      [
        [found({ severity: level('critical') }), 'fail'],
        [found({}), 'pass'],
      ],
    ],
    [
      { levels: ['critical', 'high'], unknown: 'fail' },
      'severity at least high or unknown',
      [[found({ severity: level('unknown') }), 'fail']],
    ],
    [
      { levels: ['critical', 'high'], unknown: 'ignore' },
      'severity at least high',
      [[found({ severity: level('unknown') }), 'pass']],
    ],
    [
      { fixable: true },
      'with a fix',
      [
        [found({}), 'fail'],
        [found({ fixedIn: null }), 'pass'],
      ],
    ],
    [
      { fixable: false },
      'without a fix',
      [
        [found({}), 'pass'],
        [found({ fixedIn: null }), 'fail'],
      ],
    ],
    [
      { exploited: true },
      'known to be exploited',
      [
        [found({ exploitation: kev }), 'fail'],
        [found({}), 'pass'],
      ],
    ],
    [
      { exploited: false },
      'not known to be exploited',
      [
        [found({ exploitation: kev }), 'pass'],
        [found({}), 'fail'],
      ],
    ],
    [
      { epss: 0.5 },
      'EPSS at least 0.5',
      [
        [epss(0.5), 'fail'],
        [epss(0.49), 'pass'],
        [found({}), 'cannot-say'],
      ],
    ],
    [{ epss: 0.5, unknown: 'fail' }, 'EPSS at least 0.5 or unknown', [[found({}), 'fail']]],
    [
      { direct: true },
      'required directly',
      [
        [found({ direct: true }), 'fail'],
        [found({ direct: false }), 'pass'],
        [found({}), 'fail'],
      ],
    ],
    [
      { direct: false },
      'required by others',
      [
        [found({ direct: true }), 'pass'],
        [found({ direct: false }), 'fail'],
        [found({}), 'pass'],
      ],
    ],
    [
      { types: ['npm', 'deb'] },
      'of type npm or deb',
      [
        [found({}), 'fail'],
        [found({ component: 'pkg:debris/a@1' }), 'pass'],
      ],
    ],
    [
      { olderThanMs: 36 * 3_600_000 },
      'published more than 36 hours ago',
      [
        [found({}), 'fail'],
        [found({ published: '2026-08-21T00:00:00Z' }), 'pass'],
      ],
    ],
    [{ informational: true }, 'informational records too', [[found({ informational: 'unmaintained' }), 'fail']]],
    [{ fixable: true }, 'with a fix', [[found({ informational: 'unmaintained' }), 'pass']]],
    [{ fixable: true }, 'with a fix', [[found({ excepted: { by: 'x', reason: '', until: null } }), 'pass']]],
    // All conditions must hold; what another condition rules out is not asked for its severity.
    [
      { levels: ['critical', 'high'], fixable: true },
      'severity at least high, with a fix',
      [[found({ fixedIn: null, severity: level('unknown') }), 'pass']],
    ],
    [
      { levels: ['critical'], epss: 0.5 },
      'severity critical, EPSS at least 0.5',
      [
        [found({}), 'pass'],
        [found({ severity: level('critical') }), 'cannot-say'],
      ],
    ],
  ];
  for (const [conditions, says, expected] of rows) {
    for (const [one, outcome] of expected) {
      const rule: Rule = { ...openRule, name: 'r', ...conditions };
      const judged = judge(rule, [one], { baseline: null, now, snapshot });
      assert.deepEqual(
        [judged.outcome.says, judged.outcome.outcome],
        [says, outcome],
        `${says}: ${JSON.stringify(one)}`,
      );
    }
  }
});

test('rules: without the feed that a condition rests on, nothing can be said', () => {
  const bare = { digest: '', feeds: [] };
  const context = { baseline: null, now, snapshot: bare };
  const rule: Rule = { ...openRule, name: 'r', epss: 0.5 };
  assert.deepEqual(judge(rule, [], context), {
    outcome: {
      rule: 'r',
      says: 'EPSS at least 0.5',
      outcome: 'cannot-say',
      matched: [],
      remedy: 'run: kvitto db update (the store holds no epss feed)',
    },
    leftAside: 0,
    missingFeed: 'epss',
  });
  const either = { ...bare, feeds: [{ ...feed, id: 'eukev' }] };
  assert.equal(
    judge({ ...openRule, name: 'r', exploited: true }, [], { ...context, snapshot: either }).outcome.outcome,
    'pass',
  );
});

test('rules: what helps, the upgrade that removes most first', () => {
  const many = Array.from({ length: 12 }, (_, i) => {
    const n = String(i).padStart(2, '0');
    return finding('CVE-1', { component: `pkg:npm/p${n}@1.0.0`, name: `p${n}`, installed: '1.0.0', fixedIn: '1.0.1' });
  });
  const more = finding('CVE-2', { component: 'pkg:npm/p03@1.0.0', name: 'p03', installed: '1.0.0', fixedIn: '1.0.10' });
  const { outcome } = judge({ ...openRule, name: 'r', levels: ['critical', 'high'] }, [...many, more], {
    baseline: null,
    now,
    snapshot,
  });
  const others = ['00', '01', '02', '04', '05', '06', '07', '08', '09'].map(
    (n) => `upgrade p${n} 1.0.0 to 1.0.1 (1 finding)`,
  );
  assert.equal(
    outcome.remedy,
    ['upgrade p03 1.0.0 to 1.0.10 (2 findings)', ...others, 'upgrade 2 more components'].join('; '),
  );
});

test('rules: what is built from one source package is one upgrade', () => {
  const own = { component: openssl.replace('libssl3', 'openssl').replace('&upstream=openssl', ''), name: 'openssl' };
  const signed = (name: string) => ({
    component: `pkg:deb/debian/${name}@6.1.1-1?distro=debian-12&upstream=linux-signed-amd64%406.1.1%2B1`,
    name,
    installed: '6.1.1-1',
    fixedIn: '6.1.2-1',
  });
  const images = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((n) => finding('CVE-3', signed(`image-${n}`)));
  const findings = [finding('CVE-1'), finding('CVE-2', { ...own, fixedIn: '3.0.18-1' }), ...images];
  const { outcome } = judge({ ...openRule, name: 'r', levels: ['high'] }, findings, { baseline: null, now, snapshot });
  assert.equal(
    outcome.remedy,
    'upgrade linux 6.1.1-1 to 6.1.2-1 (7 findings in image-a, image-b, image-c, image-d, image-e and 2 more); ' +
      'upgrade openssl 3.0.15-1 to 3.0.18-1 (2 findings in libssl3, openssl)',
  );
});
