import assert from 'node:assert/strict';
import { test } from 'node:test';
import { storeFrom } from './store-from.ts';

test('a store of a few records answers by name and by id', async () => {
  const store = await storeFrom({
    osv: {
      Debian: [
        {
          id: 'DSA-1-1',
          modified: '2026-01-01T00:00:00Z',
          published: '2025-12-31T00:00:00Z',
          upstream: ['CVE-2025-1', 'CVE-2025-1000'],
          summary: 'zlib - security update',
          affected: [
            {
              package: { ecosystem: 'Debian:12', name: 'zlib' },
              ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '1:1.2.13-2' }] }],
              ecosystem_specific: { urgency: 'low' },
            },
          ],
          references: [{ type: 'ADVISORY', url: 'https://example.org/dsa-1' }],
        },
      ],
    },
    nvd: [
      {
        id: 'CVE-2025-1000',
        published: '2025-12-30T10:00:00.000',
        vulnStatus: 'Analyzed',
        descriptions: [{ lang: 'en', value: 'A hole in zlib.' }],
        metrics: {
          cvssMetricV31: [
            {
              source: 'nvd@nist.gov',
              type: 'Primary',
              cvssData: { vectorString: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H', baseScore: 9.8 },
            },
          ],
        },
      },
    ],
    kev: [
      { cveID: 'CVE-2025-1000', dateAdded: '2026-01-01', dueDate: '2026-01-22', knownRansomwareCampaignUse: 'Known' },
    ],
    eukev: [{ cveID: 'CVE-2025-1000', dateReported: '2026/01/02', exploitationType: 'APT' }],
    epss: [{ cve: 'CVE-2025-1000', epss: 0.03351, percentile: 0.8765 }],
  });
  assert.deepEqual(store.byName('Debian:12', 'zlib'), [
    {
      id: 'DSA-1-1',
      aliases: [],
      upstream: ['CVE-2025-1', 'CVE-2025-1000'],
      modified: '2026-01-01T00:00:00Z',
      published: '2025-12-31T00:00:00Z',
      withdrawn: null,
      summary: 'zlib - security update',
      severity: [],
      affected: [
        {
          ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '1:1.2.13-2' }] }],
          versions: [],
          severity: [{ source: 'Debian', level: 'low', score: null, vector: null }],
        },
      ],
      informational: null,
      references: ['https://example.org/dsa-1'],
    },
  ]);
  assert.deepEqual(store.byName('Debian:11', 'zlib'), []);
  assert.deepEqual(store.byName('Debian:12', 'zlib1g'), []);
  assert.deepEqual(store.facts('CVE-2025-1000'), {
    id: 'CVE-2025-1000',
    severity: [
      { source: 'NVD', level: 'critical', score: 9.8, vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' },
    ],
    published: '2025-12-30T10:00:00.000Z',
    summary: 'A hole in zlib.',
    epss: { probability: 0.03351, percentile: 0.8765 },
    exploitation: [
      { source: 'CISA KEV', since: '2026-01-01', due: '2026-01-22', ransomware: true },
      { source: 'EU KEV', since: '2026-01-02', due: null, ransomware: false },
    ],
  });
  assert.equal(store.facts('CVE-2025-1001'), null);
  assert.deepEqual(
    [store.covers('Debian:12'), store.covers('Debian:13'), store.covers('Debian'), store.covers('Maven')],
    [true, false, true, false],
  );
  assert.deepEqual(
    store.snapshot.feeds.map((f) => [f.id, f.records, f.badRecords, f.asOf]),
    ['epss', 'eukev', 'kev', 'nvd', 'osv/Debian'].map((id) => [id, 1, 0, '2026-01-01T00:00:00Z']),
  );
  store.close();
});
