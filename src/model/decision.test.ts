import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  isDay,
  isIdentifier,
  isInstant,
  isJustification,
  isVexStatus,
  isVulnerabilityId,
  type Statement,
  statementFaults,
  vulnerabilityIdFault,
} from './decision.ts';

function statement(parts: Partial<Statement>): Statement {
  return {
    vulnerability: 'CVE-2024-1000',
    aliases: [],
    components: [],
    products: [],
    status: 'under_investigation',
    justification: null,
    originalJustification: null,
    impact: null,
    action: null,
    author: null,
    madeAt: null,
    reviewBy: null,
    ...parts,
  };
}

describe('what must accompany a status', () => {
  const needsReason = 'justification (--justification) or impact (--reason): status not_affected needs one of them';
  const needsAction = 'action (--action): status affected needs words on what is done about it';
  const onlyWith = (status: string) =>
    `justification (--justification): goes with status not_affected only, not with ${status}`;
  const justification = 'component_not_present';
  const cases: [Partial<Statement>, string[]][] = [
    [{ status: 'under_investigation' }, []],
    [{ status: 'fixed' }, []],
    [{ status: 'fixed', impact: 'Upgraded.', action: 'Upgraded.' }, []],
    [{ status: 'fixed', justification }, [onlyWith('fixed')]],
    [{ status: 'under_investigation', justification }, [onlyWith('under_investigation')]],
    [{ status: 'not_affected' }, [needsReason]],
    [{ status: 'not_affected', impact: ' \n\t' }, [needsReason]],
    [{ status: 'not_affected', action: 'Nothing.' }, [needsReason]],
    [{ status: 'not_affected', originalJustification: 'protected_at_perimeter' }, [needsReason]],
    [{ status: 'not_affected', impact: 'It is not called.' }, []],
    [{ status: 'not_affected', justification }, []],
    [{ status: 'affected' }, [needsAction]],
    [{ status: 'affected', impact: 'Bad.' }, [needsAction]],
    [{ status: 'affected', action: 'Upgrade.' }, []],
    [{ status: 'affected', action: 'Upgrade.', justification }, [onlyWith('affected')]],
  ];
  for (const [parts, faults] of cases)
    test(JSON.stringify(parts), () => assert.deepEqual(statementFaults(statement(parts)), faults));
});

test('ids, identifiers, texts and times that cannot stand are named with their field', () => {
  const identifiers =
    'components, products (--component, --service): 1 of them are empty, longer than 4096 characters or hold characters that cannot be printed';
  const time = 'madeAt: must be a time as 2026-01-31T12:00:00Z';
  const until = 'reviewBy (--until): must be a date as 2026-01-31 or a time as 2026-01-31T12:00:00Z';
  const cases: [Partial<Statement>, string[]][] = [
    [{ vulnerability: 'CVE-24-1' }, ['vulnerability: a CVE id is written CVE-2024-12345']],
    [{ aliases: ['GHSA-2c4f-6g8h-9jmp', 'x', ''] }, ['aliases: 2 of them are no ids of vulnerabilities']],
    [{ components: ['pkg:npm/a@1', ''] }, [identifiers]],
    [{ products: ['pkg:oci/a\u202eb'] }, [identifiers]],
    [{ products: ['x'.repeat(4097)] }, [identifiers]],
    [{ madeAt: 'yesterday' }, [time]],
    [{ madeAt: '2026-02-30T12:00:00Z' }, [time]],
    [{ madeAt: '2026-02-03' }, [time]],
    [{ reviewBy: '2026-02-30' }, [until]],
    [{ reviewBy: '2026-02-28' }, []],
    [{ reviewBy: '2026-02-28T10:00:00.5+02:00' }, []],
    [{ impact: 'a\u001b[31m' }, ['impact (--reason): holds control characters']],
    [{ action: 'a\r\nb' }, ['action (--action): holds control characters']],
    [{ impact: 'a\n\tb' }, []],
    [
      { impact: 'x'.repeat(10_000_000) },
      ['impact (--reason): 10000000 characters, more than the 16384 allowed; put the rest into a file (--evidence)'],
    ],
    [
      { author: 'x'.repeat(257) },
      ['author (--owner): 257 characters, more than the 256 allowed; put the rest into a file (--evidence)'],
    ],
  ];
  for (const [parts, faults] of cases) assert.deepEqual(statementFaults(statement(parts)), faults);
});

test('words from outside that the types do not allow are faults, too', () => {
  const outside: Statement = JSON.parse(
    JSON.stringify({ ...statement({}), status: 'constructor', justification: '__proto__' }),
  );
  assert.deepEqual(statementFaults(outside), [
    'status (--status): must be one of not_affected, affected, fixed, under_investigation',
    'justification (--justification): must be one of component_not_present, vulnerable_code_not_present, vulnerable_code_not_in_execute_path, vulnerable_code_cannot_be_controlled_by_adversary, inline_mitigations_already_exist',
    'justification (--justification): goes with status not_affected only, not with constructor',
  ]);
  assert.deepEqual([isVexStatus('fixed'), isVexStatus('toString')], [true, false]);
  assert.deepEqual([isJustification('component_not_present'), isJustification('__proto__')], [true, false]);
});

test('ids of vulnerabilities by their shape', () => {
  const good = [
    'CVE-2024-1000',
    'CVE-1999-1234567890123456789',
    'GHSA-2c4f-6g8h-9jmp',
    'DSA-5417-1',
    'RHSA-2024:1234',
    'openSUSE-SU-2024:0123-1',
    'PYSEC-2021-1',
    'GO-2023-1840',
    'RUSTSEC-2020-0001',
    'MAL-2024-1234',
    'ALPINE-CVE-2024-1000',
    'EUVD-2025-1',
    'TEMP-0290435-0B57B5',
    'SNYK-JS-LODASH-450202',
    'ASB-A-123456789',
  ];
  assert.deepEqual(
    good.map(vulnerabilityIdFault),
    good.map(() => null),
  );
  const shape = 'the id of a vulnerability is written like CVE-2024-12345, GHSA-2345-6789-cfgh or DSA-5417-1';
  const cve = 'a CVE id is written CVE-2024-12345';
  const ghsa = 'a GHSA id is written GHSA-2345-6789-cfgh, in lower case';
  const bad: [string, string][] = [
    ['', 'the id of the vulnerability is empty'],
    ['CVE-2024-1000 ', cve],
    ['cve-2024-1000', cve],
    ['CVE-2024-123', cve],
    ['CVE-2024-12345678901234567890', cve],
    ['GHSA-2C4F-6G8H-9JMP', ghsa],
    ['GHSA-2c4f-6g8h', ghsa],
    ['2262126', shape],
    ['lodash', shape],
    ['no-digits', shape],
    ['DSA-5417-1\u0000', shape],
    ['DSA-5417-1\n', shape],
    ['DSA--1', shape],
    ['DSA-1-', shape],
    ['../etc/passwd1', shape],
    ['__proto__1', shape],
    ['D\u00d6A-1', shape],
    [`D-${'1'.repeat(99)}`, 'the id of the vulnerability is longer than 100 characters'],
  ];
  for (const [text, fault] of bad) assert.equal(vulnerabilityIdFault(text), fault, JSON.stringify(text));
  assert.equal(isVulnerabilityId(`D-${'1'.repeat(98)}`), true);
});

test('no text makes the checks throw, and what is an id or identifier is one printable line', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      if (isVulnerabilityId(text)) assert.match(text, /^[\x21-\x7e]{1,100}$/);
      if (isIdentifier(text)) assert.doesNotMatch(text, /[\p{Cc}\p{Zl}\p{Zp}]/u);
      statementFaults(statement({ vulnerability: text, impact: text, madeAt: text, components: [text] }));
    }),
  );
});

test('days and instants of the calendar', () => {
  assert.deepEqual(['2024-02-29', '2026-02-29', '2026-13-01', '2026-1-1', ''].map(isDay), [
    true,
    false,
    false,
    false,
    false,
  ]);
  const instants = [
    '2026-01-31T23:59:59Z',
    '2023-01-08T18:02:03.647787998-06:00',
    '2026-01-31T24:30:00Z',
    '2026-01-31',
  ];
  assert.deepEqual(instants.map(isInstant), [true, true, false, false]);
});
