import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { cvssScorer } from '../../severity/cvss.ts';
import { normalizeRecord } from './normalize.ts';

const score = cvssScorer();
const vector3 = 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H';
const vector4 = 'CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N';
const time = '2026-01-02T03:04:05Z';

/** Records in the shapes that the publishers write, each made up. */
const shapes = {
  ghsa: {
    schema_version: '1.7.0',
    id: 'GHSA-2222-3333-4444',
    modified: '2026-01-02T03:04:05.123456Z',
    published: time,
    aliases: ['CVE-2026-1000'],
    related: ['CVE-2026-1001'],
    summary: 'Prototype pollution in made-up',
    details: '### Impact\nBad things.',
    severity: [
      { type: 'CVSS_V3', score: vector3 },
      { type: 'CVSS_V4', score: vector4 },
    ],
    affected: [
      {
        package: { ecosystem: 'npm', name: 'made-up', purl: 'pkg:npm/made-up' },
        ranges: [
          {
            type: 'SEMVER',
            events: [{ introduced: '0' }, { fixed: '1.2.3' }],
          },
          { type: 'SEMVER', events: [{ introduced: '2.0.0' }, { last_affected: '2.1.0' }] },
        ],
        database_specific: { source: 'https://example.org/x.json' },
      },
      {
        package: { ecosystem: 'Maven', name: 'org.x:made-up' },
        ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }] }],
      },
    ],
    references: [
      { type: 'WEB', url: 'https://example.org/web' },
      { type: 'ADVISORY', url: 'https://example.org/advisory' },
      { type: 'FIX', url: 'https://example.org/fix' },
      { type: 'WEB', url: 'https://example.org/web' },
      { type: 'PACKAGE', url: 'https://example.org/package' },
      { type: 'REPORT', url: 'https://example.org/report' },
    ],
    database_specific: { severity: 'MODERATE', cwe_ids: ['CWE-1321'], github_reviewed: true },
  },
  pysec: {
    id: 'PYSEC-2026-1',
    modified: time,
    withdrawn: time,
    details: '\n# Heading\n\n  The   first line.\nThe second.',
    affected: [
      {
        package: { ecosystem: 'PyPI', name: 'Made_Up' },
        ranges: [
          { type: 'GIT', repo: 'https://example.org/r', events: [{ introduced: '0' }, { fixed: 'a'.repeat(40) }] },
          { type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '1.0' }] },
        ],
        versions: ['0.1', '0.2'],
      },
      { package: { ecosystem: 'PyPI', name: 'made-up' }, versions: ['7'] },
    ],
  },
  ubuntu: {
    id: 'UBUNTU-CVE-2026-1000',
    modified: time,
    upstream: ['CVE-2026-1000'],
    severity: [{ type: 'Ubuntu', score: 'medium' }],
    affected: ['Ubuntu:22.04:LTS', 'Ubuntu:Pro:18.04:LTS'].map((ecosystem) => ({
      package: { ecosystem, name: 'curl' },
      ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: `7-${ecosystem.length}` }] }],
      versions: ['7-1'],
    })),
  },
  debian: {
    id: 'DEBIAN-CVE-2026-1000',
    modified: time,
    upstream: ['CVE-2026-1000'],
    affected: [
      {
        package: { ecosystem: 'Debian:12', name: 'curl' },
        ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }] }],
        ecosystem_specific: { urgency: 'unimportant' },
      },
    ],
  },
  almalinux: {
    id: 'ALSA-2026:0001',
    modified: time,
    summary: 'Important: curl security update',
    related: ['CVE-2026-1000', 'CVE-2026-1001'],
    affected: [
      {
        package: { ecosystem: 'AlmaLinux:9', name: 'curl' },
        ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '7-2.el9' }] }],
      },
    ],
  },
  bugfix: {
    id: 'ALBA-2026:0002',
    modified: time,
    summary: 'curl bug fix update',
    related: [],
    affected: [
      {
        package: { ecosystem: 'AlmaLinux:9', name: 'curl' },
        ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '7-3.el9' }] }],
      },
    ],
  },
  bitnami: {
    schema_version: '1.6.2',
    id: 'BIT-curl-2026-1000',
    modified: time,
    aliases: ['CVE-2026-1000'],
    affected: [
      {
        package: { ecosystem: 'Bitnami', name: 'curl' },
        severity: [{ type: 'CVSS_V3', score: vector3 }],
        ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }, { fixed: '8' }] }],
      },
    ],
    database_specific: { cpes: [], severity: 'Critical' },
  },
  rustsec: {
    id: 'RUSTSEC-2026-0001',
    modified: time,
    affected: [
      {
        package: { ecosystem: 'crates.io', name: 'made-up' },
        ranges: [{ type: 'SEMVER', events: [{ introduced: '0.0.0-0' }] }],
        database_specific: { informational: 'unmaintained', cvss: null },
      },
    ],
  },
  malware: {
    id: 'MAL-2026-1',
    modified: time,
    affected: [{ package: { ecosystem: 'npm', name: 'evil' }, versions: ['1.0.0'] }],
  },
} as const;

function only(record: object, ecosystem: string) {
  const { named, fault } = normalizeRecord(record, ecosystem, score);
  assert.equal(fault, null);
  assert.equal(named.length, 1);
  const [first] = named;
  assert.ok(first !== undefined);
  return first;
}

test('the made-up records follow the official OSV schema', (t) => {
  const root = path.resolve(import.meta.dirname, '../../../..');
  const file = [
    process.env['KVITTO_REFERENCE'] ?? path.join(root, '../shared/reference'),
    path.join(root, '../../shared/reference'),
  ]
    .map((folder) => path.join(folder, 'schemas/osv/osv-schema.json'))
    .find((candidate) => existsSync(candidate));
  if (file === undefined) return t.skip('the official OSV schema is not beside the repository');
  const ajv = new Ajv2020({ strict: false });
  addFormats.default(ajv);
  const validate = ajv.compile(JSON.parse(readFileSync(file, 'utf8')));
  for (const [name, record] of Object.entries(shapes)) {
    const valid = validate(record);
    assert.ok(valid, `${name}: ${JSON.stringify(validate.errors)}`);
  }
});

test('a GitHub record, for one of its two ecosystems', () => {
  assert.deepEqual(normalizeRecord(shapes.ghsa, 'npm', score), {
    id: 'GHSA-2222-3333-4444',
    modified: '2026-01-02T03:04:05.123456Z',
    withdrawn: false,
    fault: null,
    named: [
      {
        name: 'made-up',
        record: {
          id: 'GHSA-2222-3333-4444',
          aliases: ['CVE-2026-1000'],
          upstream: [],
          modified: '2026-01-02T03:04:05.123456Z',
          published: time,
          withdrawn: null,
          summary: 'Prototype pollution in made-up',
          severity: [
            { source: 'GHSA', level: 'critical', score: 9.3, vector: vector4 },
            { source: 'GHSA', level: 'critical', score: 9.8, vector: vector3 },
            { source: 'GHSA', level: 'medium', score: null, vector: null },
          ],
          informational: null,
          references: ['advisory', 'web', 'fix', 'package'].map((name) => `https://example.org/${name}`),
        },
        affected: [
          {
            ecosystem: 'npm',
            affected: {
              ranges: [
                {
                  type: 'SEMVER',
                  events: [{ introduced: '0' }, { fixed: '1.2.3' }],
                },
                { type: 'SEMVER', events: [{ introduced: '2.0.0' }, { last_affected: '2.1.0' }] },
              ],
              versions: [],
              severity: [],
            },
          },
        ],
      },
    ],
  });
  assert.deepEqual(only(shapes.ghsa, 'Maven').name, 'org.x:made-up');
  assert.deepEqual(normalizeRecord(shapes.ghsa, 'Go', score).named, []);
});

test('Python: git ranges are kept without commits, names are joined, the first line of details is the summary', () => {
  const { name, record, affected } = only(shapes.pysec, 'PyPI');
  assert.deepEqual([name, record.summary, record.withdrawn], ['made-up', 'The first line.', time]);
  assert.deepEqual(
    affected.map((a) => a.affected),
    [
      {
        ranges: [
          { type: 'GIT', events: [] },
          { type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '1.0' }] },
        ],
        versions: ['0.1', '0.2'],
        severity: [],
      },
      { ranges: [], versions: ['7'], severity: [] },
    ],
  );
});

test('severities of distributions and registries', () => {
  const word = (source: string, level: string) => ({ source, level, score: null, vector: null });
  const severities = (record: object, ecosystem: string) => {
    const named = only(record, ecosystem);
    return [named.record.severity, ...named.affected.map((a) => a.affected.severity)];
  };
  assert.deepEqual(severities(shapes.ubuntu, 'Ubuntu'), [[word('Ubuntu', 'medium')], [], []]);
  assert.deepEqual(severities(shapes.debian, 'Debian'), [[], [word('Debian', 'negligible')]]);
  assert.deepEqual(severities(shapes.almalinux, 'AlmaLinux'), [[word('AlmaLinux', 'high')], []]);
  assert.deepEqual(severities(shapes.bitnami, 'Bitnami'), [
    [word('Bitnami', 'critical')],
    [{ source: 'Bitnami', level: 'critical', score: 9.8, vector: vector3 }],
  ]);
  assert.deepEqual(severities(shapes.malware, 'npm'), [[word('OpenSSF', 'critical')], []]);
  const broken = { ...shapes.malware, id: 'GHSA-x', severity: [{ type: 'CVSS_V3', score: 'CVSS:3.1/nonsense' }] };
  assert.deepEqual(severities(broken, 'npm')[0], [
    { source: 'GHSA', level: 'unknown', score: null, vector: 'CVSS:3.1/nonsense' },
  ]);
});

test('errata name their CVEs under `related`; those without one are informational', () => {
  assert.deepEqual(only(shapes.almalinux, 'AlmaLinux').record.upstream, ['CVE-2026-1000', 'CVE-2026-1001']);
  assert.equal(only(shapes.almalinux, 'AlmaLinux').record.informational, null);
  assert.equal(only(shapes.bugfix, 'AlmaLinux').record.informational, 'bug fix');
  assert.equal(only(shapes.rustsec, 'crates.io').record.informational, 'unmaintained');
  assert.deepEqual(only(shapes.ghsa, 'npm').record.upstream, []);
});

test('what does not follow the schema is a fault, and what can be read is kept', () => {
  const named = (entry: object) => ({ package: { ecosystem: 'npm', name: 'x' }, ...entry });
  const good = named({ versions: ['1'] });
  const faults: [unknown, number, RegExp][] = [
    [null, 0, /not a JSON object/],
    [[], 0, /not a JSON object/],
    ['text', 0, /not a JSON object/],
    [{ modified: time }, 0, /no id/],
    [{ id: 7, modified: time }, 0, /no id/],
    [{ id: 'A-\n', modified: time }, 0, /no id/],
    [{ id: 'A-1' }, 0, /no `modified`/],
    [{ id: 'A-1', modified: '2026-02-31T00:00:00Z' }, 0, /no `modified`/],
    [{ id: 'A-1', modified: 'yesterday' }, 0, /no `modified`/],
    [{ id: 'A-1', modified: time, affected: {} }, 0, /`affected` is not a list/],
    [{ id: 'A-1', modified: time, withdrawn: 'maybe', affected: [good] }, 0, /`withdrawn` is not a time/],
    [{ id: 'A-1', modified: time, affected: [good, 7] }, 1, /affected\[1\] names no/],
    [{ id: 'A-1', modified: time, affected: [good, { package: {} }] }, 1, /affected\[1\] names no/],
    [{ id: 'A-1', modified: time, affected: [named({ ranges: {} }), good] }, 1, /affected\[0\] has ranges/],
    [
      { id: 'A-1', modified: time, affected: [named({ ranges: [{ type: 'OTHER', events: [] }] })] },
      0,
      /affected\[0\] has ranges/,
    ],
    [
      { id: 'A-1', modified: time, affected: [named({ ranges: [{ type: 'SEMVER', events: [{}] }] })] },
      0,
      /affected\[0\] has ranges/,
    ],
    [
      { id: 'A-1', modified: time, affected: [named({ ranges: [{ type: 'SEMVER', events: [{ introduced: 1 }] }] })] },
      0,
      /affected\[0\] has/,
    ],
    [{ id: 'A-1', modified: time, affected: [named({ versions: [1] })] }, 0, /affected\[0\] has ranges or versions/],
    [
      { id: 'A-1', modified: time, affected: [named({ versions: ['x'.repeat(1001)] })] },
      0,
      /affected\[0\] has ranges or versions/,
    ],
  ];
  for (const [record, count, message] of faults) {
    const result = normalizeRecord(record, 'npm', score);
    assert.match(result.fault ?? '', message);
    assert.equal(result.named.length, count, JSON.stringify(record));
  }
});

test('a record that is withdrawn says so, also where it names nothing any more', () => {
  const bare = { id: 'X-1', modified: time, withdrawn: '2026-01-05T00:00:00Z' };
  const whole = { id: 'X-1', modified: time, named: [], withdrawn: true, fault: null };
  assert.deepEqual(normalizeRecord(bare, 'npm', score), whole);
  assert.deepEqual(normalizeRecord({ ...bare, withdrawn: null }, 'npm', score), { ...whole, withdrawn: false });
});

test('null and absent lists are empty, as the schema allows', () => {
  const record = {
    id: 'X-1',
    modified: time,
    aliases: null,
    severity: null,
    references: null,
    affected: [{ package: { ecosystem: 'npm', name: '__proto__' }, ranges: null, versions: null }, { ranges: [] }],
  };
  const { name, affected, record: whole } = only(record, 'npm');
  assert.deepEqual([name, whole.aliases, whole.references, whole.severity], ['__proto__', [], [], []]);
  assert.deepEqual(affected, [{ ecosystem: 'npm', affected: { ranges: [], versions: [], severity: [] } }]);
});

test('links that are none and control characters do not come through', () => {
  const hostile = {
    ...shapes.malware,
    summary: 'red \u001b[31malert\u202e\nsecond line',
    references: [
      { type: 'WEB', url: 'javascript:alert(1)' },
      { type: 'WEB', url: 'https://example.org/a b' },
      { url: 7 },
      null,
    ],
  };
  const { record } = only(hostile, 'npm');
  assert.deepEqual([record.summary, record.references], ['red \ufffd[31malert\ufffd', []]);
});
