import assert from 'node:assert/strict';
import test from 'node:test';
import type { Severity } from '../model/advisory.ts';
import { rankSeverities } from './severity.ts';
import { facts } from './testing/memory-store.ts';

function say(
  source: string,
  level: Severity['level'],
  vector: string | null = null,
  score: number | null = null,
): Severity {
  return { source, level, score, vector };
}

test('severity: distribution, GHSA, NVD, others; who knows nothing stands last', () => {
  const nvd = say('NVD', 'critical', 'CVSS:3.1/AV:N', 9.8);
  const ghsa = say('GHSA', 'high', 'CVSS:3.1/AV:L', 7);
  const pypa = say('PyPA', 'critical', 'CVSS:4.0/AV:N', 9.5);
  const word = say('Ubuntu', 'low');
  const vector = say('Ubuntu', 'critical', 'CVSS:3.1/AV:N', 9.8);
  const unsaid = say('Debian', 'unknown');
  const levels = (list: Severity[]) => list.map((s) => `${s.source} ${s.level}`);
  const known = [facts('CVE-1', { severity: [nvd] })];
  assert.deepEqual(levels(rankSeverities([], [])), []);
  assert.deepEqual(levels(rankSeverities([{ ofDistribution: false, severities: [pypa, ghsa] }], known)), [
    'GHSA high',
    'NVD critical',
    'PyPA critical',
  ]);
  assert.deepEqual(
    levels(
      rankSeverities(
        [
          { ofDistribution: true, severities: [vector, word] },
          { ofDistribution: false, severities: [ghsa] },
        ],
        known,
      ),
    ),
    ['Ubuntu low', 'Ubuntu critical', 'GHSA high', 'NVD critical'],
  );
  assert.deepEqual(levels(rankSeverities([{ ofDistribution: true, severities: [unsaid] }], known)), [
    'NVD critical',
    'Debian unknown',
  ]);
});

test('severity: NVD in its order, then the newest CVSS, then the worse, each once', () => {
  const old = say('NVD', 'high', 'AV:N/AC:L', 7.5);
  const v3 = say('NVD', 'medium', 'CVSS:3.1/AV:N', 5);
  const worse = say('NVD', 'medium', 'CVSS:3.1/AV:L', 6);
  const v4 = say('CNA', 'low', 'CVSS:4.0/AV:N', 3);
  const ranked = rankSeverities(
    [],
    [facts('CVE-1', { severity: [old, v3, v4] }), facts('CVE-2', { severity: [worse, v3] })],
  );
  assert.deepEqual(ranked, [worse, old, v3, v4]);
  const others = [{ ofDistribution: false, severities: [old, v3, worse, v4].map((s) => ({ ...s, source: 'PyPA' })) }];
  assert.deepEqual(
    rankSeverities(others, []).map((s) => s.score),
    [3, 6, 5, 7.5],
  );
});
