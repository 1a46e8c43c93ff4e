import assert from 'node:assert/strict';
import test from 'node:test';
import { applyExceptions } from './exceptions.ts';
import type { Exception } from './policy.ts';
import { finding } from './testing/finding.ts';

const now = new Date('2026-08-21T12:00:00Z');

function exception(id: string, component: string | null, parts: Partial<Exception> = {}): Exception {
  return { id, component, owner: 'team', reason: 'why', until: '2026-12-31', at: 'kvitto.yaml:3', ...parts };
}

test('exceptions: by id, alias or advisory, and by component', () => {
  const one = finding('CVE-1', { aliases: ['GHSA-a'], advisories: ['DSA-1-1'] });
  const rows: [string, string | null, boolean][] = [
    ['CVE-1', null, true],
    ['GHSA-a', null, true],
    ['DSA-1-1', null, true],
    ['CVE-2', null, false],
    ['CVE-1', one.component, true],
    ['CVE-1', 'pkg:deb/debian/libssl3', true],
    ['CVE-1', 'pkg:deb/debian/openssl', true],
    ['CVE-1', 'pkg:deb/debian/libssl3@3.0.15-1', true],
    ['CVE-1', 'pkg:deb/debian/libssl3@3.0.16-1', false],
    ['CVE-1', 'pkg:deb/debian/libssl3?distro=debian-12', true],
    ['CVE-1', 'pkg:deb/debian/libssl3?distro=debian-11', false],
    ['CVE-1', 'pkg:deb/debian/libssl', false],
    ['CVE-1', 'pkg:deb/ubuntu/libssl3', false],
    ['CVE-1', 'pkg:npm/libssl3', false],
  ];
  for (const [id, component, covered] of rows) {
    const { findings, outcomes } = applyExceptions([one], [exception(id, component)], now);
    const excepted = covered ? { by: 'kvitto.yaml:3 (team)', reason: 'why', until: '2026-12-31' } : null;
    assert.deepEqual(findings, [{ ...one, excepted }], `${id} ${component}`);
    assert.deepEqual([outcomes[0]?.state, outcomes[0]?.matched.length], covered ? ['used', 1] : ['unused', 0]);
  }
});

test('exceptions: the first that still holds is named, each is of use', () => {
  const one = finding('CVE-1');
  const list = [
    exception('CVE-1', null, { until: '2026-01-01', at: 'a:1' }),
    exception('CVE-1', null, { at: 'a:2', owner: null }),
    exception('CVE-1', null, { at: 'a:3' }),
  ];
  const { findings, outcomes } = applyExceptions([one], list, now);
  assert.equal(findings[0]?.excepted?.by, 'a:2');
  assert.deepEqual(
    outcomes.map((o) => o.state),
    ['expired', 'used', 'used'],
  );
});
