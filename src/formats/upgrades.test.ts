import assert from 'node:assert/strict';
import { test } from 'node:test';
import { component, finding, sampleReport, says } from './testing/sample-report.ts';
import { upgradesOf } from './upgrades.ts';

test('components of one source change together, excepted and informational findings do not count', () => {
  assert.deepEqual(upgradesOf(sampleReport.findings), [
    {
      type: 'deb',
      name: 'openssl',
      from: '3.0.17-1~deb12u2',
      to: '3.0.18-1~deb12u1',
      removes: 3,
      critical: 2,
      exploited: 1,
      components: ['libssl3', 'openssl'],
    },
    {
      type: 'npm',
      name: 'lodash',
      from: '4.17.20',
      to: '4.17.21',
      removes: 1,
      critical: 0,
      exploited: 0,
      components: ['lodash'],
    },
    {
      type: 'golang',
      name: 'stdlib',
      from: '1.22.1',
      to: '1.22.4',
      removes: 1,
      critical: 0,
      exploited: 0,
      components: ['stdlib'],
    },
  ]);
});

test('the version that removes all is taken, and two installed versions are two upgrades', () => {
  const [one, two] = [component('pkg:npm/a@1.0.0', 'a', '1.0.0'), component('pkg:npm/a@2.0.0', 'a', '2.0.0')];
  const findings = [
    finding('A', one, says('NVD', 'low'), { fixedIn: '1.10.0' }),
    finding('B', one, says('NVD', 'low'), { fixedIn: '1.9.0' }),
    finding('C', one, says('NVD', 'low')),
    finding('D', two, says('NVD', 'critical'), { fixedIn: '2.0.1' }),
  ];
  assert.deepEqual(
    upgradesOf(findings).map((u) => [u.from, u.to, u.removes]),
    [
      ['1.0.0', '1.10.0', 2],
      ['2.0.0', '2.0.1', 1],
    ],
  );
});
