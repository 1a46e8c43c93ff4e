import assert from 'node:assert/strict';
import { test } from 'node:test';
import { component, finding, sampleReport, says } from './testing/sample-report.ts';
import { upgradesOf } from './upgrades.ts';
import { compareFixes } from './version-order.ts';

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

test('fixed versions in their order', () => {
  const orders: [string, string[]][] = [
    ['deb', ['1.0~rc1', '1.0', '1.0-1~deb12u1', '1.0-1', '1.0-1+deb12u2', '1.0-1+deb12u10', '1.10', '1:0.1']],
    ['npm', ['1.0.0-alpha', '1.0.0-rc.2', '1.0.0', '1.2.0', '1.10.0', '2.0.0']],
    ['golang', ['v1.0.0', '1.0.1', 'v1.2.0+incompatible', 'v1.10.0']],
    ['pypi', ['1.0a1', '1.0rc1', '1.0', '1.0.1', '1.11']],
  ];
  for (const [type, order] of orders) {
    for (const [i, a] of order.entries()) {
      for (const [j, b] of order.entries())
        assert.equal(Math.sign(compareFixes(type, a, b)), Math.sign(i - j), `${a} ${b}`);
    }
  }
});
