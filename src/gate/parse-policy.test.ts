import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import fc from 'fast-check';
import { CodedError } from '../model/errors.ts';
import { settingsKeys } from '../model/settings-file.ts';
import { parsePolicy } from './parse-policy.ts';
import { defaultPolicy } from './policy.ts';
import { policyShape } from './policy-shape.ts';

const dayMs = 86_400_000;

test('policy: all keys', () => {
  const text = `# Our gate
version: 1
maxDbAge: 12h
allowIncomplete: true
rules:
  - name: everything
    severity: medium
    unknown: fail
    fixable: true
    exploited: false
    epss: 0.5
    olderThan: 2w
    onlyNew: true
    direct: false
    types: [deb, npm]
    informational: true
  - { name: exploited, exploited: true }
exceptions:
  - id: CVE-2024-1
    component: pkg:deb/debian/openssl
    owner: platform-team
    reason: not reachable
    until: 2026-12-31
  - id: GHSA-a
    owner: web
    reason: >
      waiting for
      a fix
    until: "2026-01-31"
decisions:
  fourEyes: [not_affected, fixed]
  longest: 26w
`;
  assert.deepEqual(parsePolicy(text, 'kvitto.yaml'), {
    origin: {
      digest: `sha256:${createHash('sha256').update(text).digest('hex')}`,
      source: 'kvitto.yaml',
    },
    maxDbAgeMs: dayMs / 2,
    allowIncomplete: true,
    rules: [
      {
        name: 'everything',
        levels: ['critical', 'high', 'medium'],
        unknown: 'fail',
        fixable: true,
        exploited: false,
        epss: 0.5,
        olderThanMs: 14 * dayMs,
        onlyNew: true,
        direct: false,
        types: ['deb', 'npm'],
        informational: true,
      },
      {
        name: 'exploited',
        levels: null,
        unknown: 'cannot-say',
        fixable: null,
        exploited: true,
        epss: null,
        olderThanMs: null,
        onlyNew: false,
        direct: null,
        types: null,
        informational: false,
      },
    ],
    exceptions: [
      {
        id: 'CVE-2024-1',
        component: 'pkg:deb/debian/openssl',
        owner: 'platform-team',
        reason: 'not reachable',
        until: '2026-12-31',
        at: 'kvitto.yaml:19',
      },
      {
        id: 'GHSA-a',
        component: null,
        owner: 'web',
        reason: 'waiting for a fix',
        until: '2026-01-31',
        at: 'kvitto.yaml:24',
      },
    ],
    decisions: { fourEyes: ['not_affected', 'fixed'], longestMs: 182 * dayMs },
  });
});

test('policy: what is left out is as built in', () => {
  const { origin, ...rest } = parsePolicy('version: 1\n', 'kvitto.yaml');
  assert.equal(origin?.source, 'kvitto.yaml');
  assert.deepEqual({ ...rest, origin: null }, defaultPolicy);
  assert.deepEqual(parsePolicy('version: 1\nrules: []\n', 'x').rules, []);
});

const rule = (more: string) => `version: 1\nrules:\n  - name: a\n    ${more}\n`;
const exception = (more: string) =>
  `version: 1\nexceptions:\n  - id: CVE-1\n    owner: o\n    reason: r\n    ${more}\n`;
const wrong: [string, string][] = [
  ['', 'kvitto.yaml:1: is not a mapping; it starts with "version: 1"'],
  ['high', 'kvitto.yaml:1: is not a mapping; it starts with "version: 1"'],
  ['- 1', 'kvitto.yaml:1: the policy: expected object, received array'],
  ['rules: []', 'kvitto.yaml:1: key "version": expected 1, the only version of the policy format so far'],
  ['version: 2', 'kvitto.yaml:1: key "version": expected 1, the only version of the policy format so far'],
  ['version: 1\nversion: 1', 'kvitto.yaml:2: is not YAML: Map keys must be unique'],
  [
    'version: 1\nmaxDbAge: 5',
    'kvitto.yaml:2: key "maxDbAge": expected a number of hours, days or weeks, such as 12h, 5d or 2w',
  ],
  ['version: 1\nmaxDBAge: 5d', 'kvitto.yaml:2: unknown key "maxDBAge"; did you mean "maxDbAge"?'],
  ['version: 1\nmax-db-age: 5d', 'kvitto.yaml:2: unknown key "max-db-age"; did you mean "maxDbAge"?'],
  [
    'version: 1\n__proto__: 5d',
    'kvitto.yaml:2: unknown key "__proto__"; known here: version, maxDbAge, allowIncomplete, rules, exceptions, decisions, watch, owners, sinks, alerts',
  ],
  [rule('severty: high'), 'kvitto.yaml:4: unknown key "rules[0].severty"; did you mean "severity"?'],
  [
    rule('severity: severe'),
    'kvitto.yaml:4: key "rules[0].severity": expected one of "critical"|"high"|"medium"|"low"|"negligible"',
  ],
  [
    rule('severity: unknown'),
    'kvitto.yaml:4: key "rules[0].severity": expected one of "critical"|"high"|"medium"|"low"|"negligible"',
  ],
  [rule('epss: 5'), 'kvitto.yaml:4: key "rules[0].epss": Too big: expected number to be <=1'],
  [rule('fixable: yes'), 'kvitto.yaml:4: key "rules[0].fixable": expected boolean, received string'],
  [rule('types: []'), 'kvitto.yaml:4: key "rules[0].types": Too small: expected array to have >=1 items'],
  [
    rule('olderThan: 14'),
    'kvitto.yaml:4: key "rules[0].olderThan": expected a number of hours, days or weeks, such as 12h, 5d or 2w',
  ],
  [
    rule(''),
    'kvitto.yaml:3: rule "a" asks nothing; give it at least one of severity, fixable, exploited, epss, olderThan, onlyNew, direct, types',
  ],
  [rule('exploited: true\n    unknown: fail'), 'kvitto.yaml:5: rule "a": "unknown" goes with "severity" or "epss"'],
  [rule('exploited: true\n  - name: a\n    fixable: true'), 'kvitto.yaml:5: two rules are named "a"'],
  [rule('exploited: true\n  - exploited: true'), 'kvitto.yaml:5: key "rules[1].name" is missing'],
  [exception(''), 'kvitto.yaml:3: key "exceptions[0].until" is missing'],
  [exception('until: 2026-02-30'), 'kvitto.yaml:6: key "exceptions[0].until": expected a day such as 2026-12-31'],
  [
    exception('until: 2026-02-28\n    component: openssl'),
    'kvitto.yaml:7: key "exceptions[0].component": expected a package URL such as pkg:deb/debian/openssl',
  ],
  [
    exception('until: 2026-02-28\n    ends: 3'),
    'kvitto.yaml:7: unknown key "exceptions[0].ends"; known here: id, component, owner, reason, until',
  ],
  ['version: 1\nexceptions:\n  - id: 7', 'kvitto.yaml:3: key "exceptions[0].id": expected string, received number'],
  [
    'a: &a [1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c]',
    'kvitto.yaml: uses more aliases than are believed',
  ],
  ['x'.repeat(5_000_001), 'kvitto.yaml: is larger than 5 MB'],
];

test('policy: what is wrong is named with line and key', () => {
  for (const [text, message] of wrong) {
    assert.throws(
      () => parsePolicy(text, 'kvitto.yaml'),
      { name: 'CodedError', code: 'policy-invalid', message, remedy: 'docs/policy.md has a complete example' },
      text.slice(0, 200),
    );
  }
});

test('policy: what alerts and sinks are is left to those who read it', () => {
  const others = 'watch: {schedule: 7}\nowners: no\nsinks: [{}]\nalerts: {name: {deep: [1]}}\n';
  const { origin: _, ...rest } = parsePolicy(`version: 1\n${others}`, 'kvitto.yaml');
  assert.deepEqual({ ...rest, origin: null }, defaultPolicy);
  assert.deepEqual(Object.keys(policyShape.shape), ['version', ...settingsKeys.gate, ...settingsKeys.alerts]);
});

test('policy: any text is a policy or a policy-invalid', () => {
  const bits = [
    'version: 1',
    '\n',
    '  ',
    '- ',
    'rules:',
    'name: a',
    'severity: high',
    '{',
    '[',
    '"',
    '&a ',
    '*a',
    ': ',
    '\t',
    '!!x ',
    '%',
  ];
  const text = fc
    .array(fc.oneof(fc.constantFrom(...bits), fc.string({ maxLength: 4 })), { maxLength: 30 })
    .map((p) => p.join(''));
  fc.assert(
    fc.property(text, (t) => {
      try {
        parsePolicy(t, 'f');
      } catch (thrown) {
        assert.ok(thrown instanceof CodedError && thrown.code === 'policy-invalid', String(thrown));
      }
    }),
    { numRuns: 200 },
  );
  assert.throws(() => parsePolicy(`version: 1\nrules: ${'['.repeat(50_000)}`, 'f'), { code: 'policy-invalid' });
});

test('policy: the example of docs/policy.md is one', () => {
  const page = readFileSync(new URL('../../docs/policy.md', import.meta.url), 'utf8');
  const example = /```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
  const policy = parsePolicy(example, 'kvitto.yaml');
  assert.deepEqual(
    [policy.rules.map((r) => r.name), policy.exceptions.map((e) => e.id)],
    [['fixable-high', 'exploited', 'likely', 'no-new-critical'], ['CVE-2024-1234']],
  );
});
