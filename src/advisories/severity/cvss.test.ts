import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cvssScorer } from './cvss.ts';
import { levelOfWord } from './words.ts';

// Version 3 and 2: worked out with the formulas of the specifications. Version 4: examples of FIRST's calculator.
const known = [
  ['CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H', 9.8, 'critical'],
  ['CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H', 10, 'critical'],
  ['CVSS:3.1/AV:L/AC:H/PR:L/UI:R/S:U/C:L/I:N/A:N', 2.2, 'low'],
  ['CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N', 6.1, 'medium'],
  ['CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H', 7.5, 'high'],
  ['CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N', 0, 'negligible'],
  ['CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N', 9.3, 'critical'],
  ['CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H', 10, 'critical'],
  ['AV:N/AC:L/Au:N/C:P/I:P/A:P', 7.5, 'high'],
  ['AV:N/AC:L/Au:N/C:C/I:C/A:C', 10, 'high'],
  ['AV:L/AC:H/Au:M/C:N/I:N/A:P', 0.8, 'low'],
] as const;

test('base scores and levels of every version', () => {
  const score = cvssScorer();
  for (const [vector, expected, level] of known) assert.deepEqual(score(vector), { vector, score: expected, level });
});

test('metrics of threat and environment do not change the base score', () => {
  const score = cvssScorer();
  assert.equal(score('CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/E:U/RL:O')?.score, 9.8);
  assert.equal(score('CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N/E:U')?.score, 9.3);
  assert.equal(score('(AV:N/AC:L/Au:N/C:P/I:P/A:P)')?.score, 7.5);
});

test('what is no whole base vector has no score', () => {
  const score = cvssScorer();
  const wrong = [
    '',
    'CVSS:3.1/',
    'CVSS:3.1/AV:N/AC:L',
    'CVSS:3.1/AV:X/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H',
    'CVSS:3.1/AV:N/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H',
    'CVSS:3.2/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H',
    'CVSS:9.8',
    '9.8',
    'CVSS:3.1/__proto__:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H',
    'A'.repeat(10_000),
  ];
  assert.deepEqual(
    wrong.map(score),
    wrong.map(() => null),
  );
});

test('words of the sources', () => {
  const words = ['CRITICAL', 'High', 'Important', 'MODERATE', 'Medium', 'low**', 'Low', 'negligible', 'unimportant'];
  assert.deepEqual(words.map(levelOfWord), [
    ...['critical', 'high', 'high', 'medium', 'medium', 'low', 'low', 'negligible', 'negligible'],
  ]);
  const silent = ['not yet assigned', 'untriaged', 'None', 'Unknown', 'end-of-life', '', 'constructor'];
  assert.deepEqual(
    silent.map(levelOfWord),
    silent.map(() => null),
  );
});
