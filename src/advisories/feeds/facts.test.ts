import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { cveKey, cveOfKey, nvdYear } from '../cve-key.ts';
import { cvssScorer } from '../severity/cvss.ts';
import { factFeeds } from './all.ts';
import { normalizeEpss } from './epss/normalize.ts';
import { normalizeEuKev } from './eukev/normalize.ts';
import { asInstant } from './json.ts';
import { normalizeKev } from './kev/normalize.ts';
import { metaDigest } from './nvd/fetch.ts';
import { normalizeNvd } from './nvd/normalize.ts';

const score = cvssScorer();
const key = (id: string) => {
  const found = cveKey(id);
  assert.ok(found !== null);
  return found;
};

test('every folder of a feed is in the list, OSV aside', () => {
  const folders = readdirSync(import.meta.dirname, { withFileTypes: true }).filter((e) => e.isDirectory());
  assert.deepEqual(folders.map((e) => e.name).sort(), [...factFeeds.map((f) => f.id), 'osv'].sort());
});

test('NVD: all metrics, the primary source first and version 2 last; rejected ones are left out', () => {
  const metric = (source: string, type: string, vectorString: string, more: object = {}) => ({
    source,
    type,
    cvssData: { vectorString, ...more },
  });
  const v2 = 'AV:N/AC:L/Au:N/C:P/I:P/A:P';
  const v31 = 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H';
  const v30 = 'CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H';
  const v40 = 'CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N';
  const cve = {
    id: 'CVE-2026-1000',
    published: '2026-01-02T03:04:05.006',
    vulnStatus: 'Analyzed',
    descriptions: [
      { lang: 'es', value: 'Malo.' },
      { lang: 'en', value: 'Bad.\nMore.' },
    ],
    metrics: {
      cvssMetricV2: [metric('nvd@nist.gov', 'Primary', v2)],
      cvssMetricV30: [metric('nvd@nist.gov', 'Primary', v30)],
      cvssMetricV31: [
        metric('134c704f-9b21-4f2e-91b3-4a467353bcc0', 'Secondary', v31),
        metric('nvd@nist.gov', 'Primary', v31),
      ],
      cvssMetricV40: [
        metric('security@example.org', 'Secondary', v40),
        metric('11111111-2222', 'Secondary', 'broken', { baseScore: 5.5, baseSeverity: 'MEDIUM' }),
      ],
    },
  };
  const rejected = { id: 'CVE-2026-1001', vulnStatus: 'Rejected', descriptions: [] };
  const document = {
    timestamp: '2026-02-03T04:05:06.007',
    vulnerabilities: [{ cve }, { cve: rejected }, { cve: { id: 'CVE-2025-1' } }, { cve: { id: 'CVE-2025-1000' } }, 7],
  };
  assert.deepEqual(normalizeNvd(document, 2026, score), {
    facts: [
      {
        key: key('CVE-2026-1000'),
        severity: [
          { source: 'NVD', level: 'critical', score: 9.8, vector: v31 },
          { source: 'NVD', level: 'high', score: 7.5, vector: v30 },
          { source: 'security@example.org', level: 'critical', score: 9.3, vector: v40 },
          { source: 'CNA', level: 'medium', score: 5.5, vector: 'broken' },
          { source: 'CISA-ADP', level: 'critical', score: 9.8, vector: v31 },
          { source: 'NVD', level: 'high', score: 7.5, vector: v2 },
        ],
        published: '2026-01-02T03:04:05.006Z',
        summary: 'Bad.',
      },
    ],
    records: 5,
    badRecords: 3,
    firstFault: 'an entry without a CVE id (CVE-2025-1)',
    newest: '2026-02-03T04:05:06.007Z',
  });
  for (const none of [null, [], {}, { vulnerabilities: 7 }])
    assert.throws(() => normalizeNvd(none, 2026, score), { code: 'feed-invalid', why: 'form-changed' });
  assert.equal(
    metaDigest(`lastModifiedDate:2026-01-01T03:00:00-04:00\r\nsize:1\r\nsha256:${'AB'.repeat(32)}\r\n`),
    'ab'.repeat(32),
  );
  assert.equal(metaDigest('<html>'), null);
});

test('CISA KEV', () => {
  const entry = {
    cveID: 'CVE-2025-1000',
    vulnerabilityName: 'Made-up Injection',
    dateAdded: '2025-06-01',
    dueDate: '2025-06-22',
    knownRansomwareCampaignUse: 'Known',
  };
  const document = {
    dateReleased: '2026-08-07T16:45:47.0648Z',
    vulnerabilities: [entry, { cveID: 'CVE-2024-1000', dateAdded: '2025-01-01' }, { cveID: 'CVE-2024-1001' }, null],
  };
  assert.deepEqual(normalizeKev(document), {
    facts: [
      {
        key: key('CVE-2024-1000'),
        exploitation: { source: 'CISA KEV', since: '2025-01-01', due: null, ransomware: false },
        summary: '',
      },
      {
        key: key('CVE-2025-1000'),
        exploitation: { source: 'CISA KEV', since: '2025-06-01', due: '2025-06-22', ransomware: true },
        summary: 'Made-up Injection',
      },
    ],
    records: 4,
    badRecords: 2,
    firstFault: 'an entry without a CVE id or date (CVE-2024-1001)',
    newest: '2026-08-07T16:45:47.0648Z',
  });
  for (const none of [null, [], {}])
    assert.throws(() => normalizeKev(none), { code: 'feed-invalid', why: 'form-changed' });
});

test('EU KEV: dates with slashes, in the order of today and of 2025, a type that is a word or a list, the first of several reports', () => {
  const report = (dateReported: string, exploitationType: unknown) => ({
    cveID: 'CVE-2025-1000',
    dateReported,
    exploitationType,
    shortDescription: 'Bad.',
  });
  assert.deepEqual(
    normalizeEuKev([
      report('2026/03/02', 'APT'),
      report('2026/02/01', ['unknown', 'ransomware']),
      report('2026/02/31', 'APT'),
      { ...report('18/07/25', 'APT'), cveID: 'CVE-2025-2000' },
      report('07/18/25', 'APT'),
    ]),
    {
      facts: [
        {
          key: key('CVE-2025-1000'),
          exploitation: { source: 'EU KEV', since: '2026-02-01', due: null, ransomware: true },
          summary: 'Bad.',
        },
        {
          key: key('CVE-2025-2000'),
          exploitation: { source: 'EU KEV', since: '2025-07-18', due: null, ransomware: false },
          summary: 'Bad.',
        },
      ],
      records: 5,
      badRecords: 2,
      firstFault: 'an entry without a CVE id or date (CVE-2025-1000)',
      newest: '2026-03-02T00:00:00Z',
    },
  );
  assert.throws(() => normalizeEuKev({}), { code: 'feed-invalid', why: 'form-changed' });
});

test('EPSS', () => {
  const text =
    '#model_version:v2025.03.14,score_date:2026-08-16T00:00:00+0000\ncve,epss,percentile\nCVE-2025-1000,0.033510000,0.876500000\r\nCVE-2024-1000,1,1.0\n\nCVE-2024-1,1,1\nCVE-2024-1001,1.1,0\nCVE-2024-1002,0.1\nCVE-1999-0001,2.5e-05,0';
  assert.deepEqual(normalizeEpss(text), {
    facts: [
      { key: key('CVE-1999-0001'), probability: 25_000, percentile: 0 },
      { key: key('CVE-2024-1000'), probability: 1_000_000_000, percentile: 1_000_000_000 },
      { key: key('CVE-2025-1000'), probability: 33_510_000, percentile: 876_500_000 },
    ],
    records: 6,
    badRecords: 3,
    firstFault: 'a row that is no score: CVE-2024-1,1,1',
    newest: '2026-08-16T00:00:00Z',
  });
  for (const none of ['', '<html>', '#score_date:2026-08-16\n'])
    assert.throws(() => normalizeEpss(none), { code: 'feed-invalid', why: 'form-changed' });
});

test('CVE keys go both ways and sort by year, then number', () => {
  const ids = ['CVE-1999-0001', 'CVE-1999-10000', 'CVE-2002-0001', 'CVE-2021-44228', 'CVE-2026-12345678'];
  const keys = ids.map(key);
  assert.deepEqual(keys.map(cveOfKey), ids);
  assert.deepEqual(
    [...keys].sort((a, b) => a - b),
    keys,
  );
  assert.deepEqual(keys.map(nvdYear), [2002, 2002, 2002, 2021, 2026]);
  for (const none of ['', 'CVE-2021-1', 'cve-2021-4422', 'CVE-2021-442281234', 'GHSA-x', 'CVE-0000-0001'])
    assert.equal(cveKey(none), null);
});

test('times of all feeds become RFC 3339 in UTC', () => {
  const pairs = [
    ['2026-01-02T03:04:05Z', '2026-01-02T03:04:05Z'],
    ['2026-01-02T03:04:05.123456789Z', '2026-01-02T03:04:05.123456789Z'],
    ['2026-01-02T03:04:05.006', '2026-01-02T03:04:05.006Z'],
    ['2026-01-02T03:04:05+0200', '2026-01-02T01:04:05Z'],
    ['2026-01-02T03:04:05-04:00', '2026-01-02T07:04:05Z'],
    ['2026/01/02', '2026-01-02T00:00:00Z'],
    ['2026-02-30', null],
    ['2026-13-01', null],
    ['2026-01-02T25:00:00Z', null],
    ['', null],
    [7, null],
    [`2026-01-02T03:04:05.${'1'.repeat(50)}Z`, null],
  ] as const;
  assert.deepEqual(
    pairs.map(([from]) => asInstant(from)),
    pairs.map(([, to]) => to),
  );
});
