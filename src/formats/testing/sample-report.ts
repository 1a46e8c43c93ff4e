import { createHash } from 'node:crypto';
import type { Severity } from '../../model/advisory.ts';
import type { Finding } from '../../model/finding.ts';
import type { Component, Digest, Inventory } from '../../model/inventory.ts';
import { sortProblems } from '../../model/problem.ts';
import type { Report } from '../../model/report.ts';

/** A digest made from a word, so that the samples read well. */
export function digestOf(word: string): Digest {
  return `sha256:${createHash('sha256').update(word).digest('hex')}`;
}

const base = digestOf('base layer');
const app = digestOf('application layer');

/** A component with the fields that most samples share. */
export function component(purl: string, name: string, version: string, more: Partial<Component> = {}): Component {
  return {
    purl,
    name,
    version,
    foundBy: 'os/dpkg',
    locations: [{ path: 'var/lib/dpkg/status', layer: base }],
    direct: null,
    dev: false,
    licenses: [],
    dependsOn: [],
    ...more,
  };
}

/** A finding with the fields that most samples share. */
export function finding(id: string, of: Component, severity: Severity, more: Partial<Finding> = {}): Finding {
  return {
    id,
    aliases: [],
    advisories: [id],
    component: of.purl,
    name: of.name,
    installed: of.version,
    fixedIn: null,
    summary: '',
    severity,
    severities: [severity],
    epss: null,
    exploitation: [],
    published: null,
    references: [],
    informational: null,
    matchedBy: [
      {
        by: 'purl',
        advisory: id,
        ecosystem: 'npm',
        name: of.name,
        version: of.version,
        range: '>=0',
        fixed: more.fixedIn ?? null,
      },
    ],
    direct: of.direct,
    locations: of.locations,
    excepted: null,
    ...more,
  };
}

export function says(source: string, level: Severity['level'], score: number | null = null): Severity {
  return { source, level, score, vector: score === null ? null : 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' };
}

const debian = 'arch=amd64&distro=debian-12';
const libssl = component(
  `pkg:deb/debian/libssl3@3.0.17-1~deb12u2?${debian}&upstream=openssl`,
  'libssl3',
  '3.0.17-1~deb12u2',
  {
    licenses: ['Apache-2.0'],
  },
);
const openssl = component(`pkg:deb/debian/openssl@3.0.17-1~deb12u2?${debian}`, 'openssl', '3.0.17-1~deb12u2', {
  licenses: ['Apache-2.0', 'Artistic or GPL-1+'],
  dependsOn: [libssl.purl],
});
const lodash = component('pkg:npm/lodash@4.17.20', 'lodash', '4.17.20', {
  foundBy: 'lang/npm',
  locations: [
    { path: 'srv/app/node_modules/lodash/package.json', layer: app },
    { path: 'srv/old app/ä%/node_modules/lodash/package.json', layer: app },
  ],
  direct: true,
  licenses: ['MIT'],
});
const hostile = component('pkg:npm/%40evil/%3C%2Fscript%3E@1.0.0', '@evil/</script>|`x`\u001b[31m', '1.0.0', {
  foundBy: 'lang/npm',
  locations: [{ path: 'srv/app/node_modules/@evil/a|b`c`\u001b[2J\r\n<b>.json', layer: null }],
  direct: false,
  dev: true,
  licenses: ['MIT OR Apache-2.0'],
  dependsOn: [lodash.purl],
});
const stdlib = component('pkg:golang/stdlib@1.22.1', 'stdlib', '1.22.1', {
  foundBy: 'lang/go-binary',
  locations: [{ path: 'usr/local/bin/server', layer: app }],
  licenses: ['BSD-3-Clause', '漢字ライセンス 🙂'],
});

const components = [hostile, libssl, lodash, openssl, stdlib].sort((a, b) => (a.purl < b.purl ? -1 : 1));

const nvd = says('NVD', 'critical', 9.8);
const findings: Finding[] = [
  finding('CVE-2025-0001', libssl, says('Debian', 'critical'), {
    aliases: ['GHSA-aaaa-bbbb-cccc'],
    advisories: ['DSA-6001-1'],
    fixedIn: '3.0.18-1~deb12u1',
    summary: 'Out-of-bounds write in the handling of certificates',
    severities: [says('Debian', 'critical'), nvd],
    epss: { probability: 0.942, percentile: 0.999 },
    exploitation: [
      { source: 'CISA KEV', since: '2025-10-01', due: '2025-10-22', ransomware: true },
      { source: 'EU KEV', since: '2025-10-03', due: null, ransomware: false },
    ],
    published: '2025-09-30T12:00:00Z',
    references: ['https://security-tracker.debian.org/tracker/CVE-2025-0001', 'javascript:alert(1)'],
  }),
  finding('CVE-2025-0002', libssl, says('Debian', 'high'), {
    fixedIn: '3.0.17-1~deb12u3',
    summary: `Very long: ${'memory is read after it was freed, '.repeat(40)}`,
    epss: { probability: 0.0123, percentile: 0.75 },
  }),
  finding('CVE-2025-0003', libssl, says('Debian', 'negligible')),
  finding('CVE-2025-0001', openssl, says('Debian', 'critical'), {
    advisories: ['DSA-6001-1'],
    fixedIn: '3.0.18-1~deb12u1',
    summary: 'Out-of-bounds write in the handling of certificates',
    severities: [says('Debian', 'critical'), nvd],
  }),
  finding('CVE-2021-23337', lodash, says('GHSA', 'high', 7.2), {
    aliases: ['GHSA-35jh-r3h4-6jhm'],
    fixedIn: '4.17.21',
    summary: 'Command injection in `template` | <img src=x onerror=alert(1)> @everyone \u001b]0;title\u0007',
    references: ['https://nvd.nist.gov/vuln/detail/CVE-2021-23337'],
    excepted: { by: 'kvitto.yaml:14', reason: 'templates are our own | <i>only</i>', until: '2026-12-01' },
  }),
  finding('CVE-2020-28500', lodash, says('GHSA', 'medium', 5.3), { fixedIn: '4.17.21', summary: 'ReDoS 漢字 🙂' }),
  finding('GHSA-evil-evil-evil', hostile, says('', 'unknown'), {
    severities: [],
    summary: '</script><script>alert(1)</script>\n## heading\n|a|b|',
  }),
  finding('RUSTSEC-2024-0001', stdlib, says('', 'unknown'), {
    severities: [],
    informational: 'unmaintained',
    summary: 'No longer maintained',
  }),
  finding('CVE-2024-24790', stdlib, says('NVD', 'low', 3.1), { fixedIn: '1.22.4' }),
].sort((a, b) => (`${a.component}\0${a.id}` < `${b.component}\0${b.id}` ? -1 : 1));

const imageInventory: Inventory = {
  artifact: {
    kind: 'image',
    name: 'registry.example:5000/shop/web:1.4',
    digest: digestOf('manifest'),
    digestOf: 'manifest',
    references: ['registry.example:5000/shop/web:1.4'],
    platform: 'linux/amd64',
    configDigest: digestOf('config'),
    layers: [
      { diffId: base, digest: digestOf('base blob'), createdBy: '/bin/sh -c #(nop) ADD file:1 in / ' },
      { diffId: app, digest: null, createdBy: null },
    ],
  },
  os: { id: 'debian', versionId: '12', name: 'Debian GNU/Linux 12 (bookworm)', ecosystem: 'Debian:12' },
  config: {
    user: '10001:10001',
    entrypoint: ['/usr/local/bin/server'],
    cmd: ['--port', '8080'],
    env: ['PATH', 'LANG'],
    exposedPorts: ['8080/tcp'],
    labels: { 'org.opencontainers.image.version': '1.4', 'a.first': '"quoted"' },
    created: '2026-08-01T00:00:00Z',
  },
  components,
  coverage: [
    { cataloger: 'lang/go-binary', revision: 1, files: 1, components: 1 },
    { cataloger: 'lang/npm', revision: 2, files: 3, components: 2 },
    { cataloger: 'os/dpkg', revision: 1, files: 1, components: 2 },
  ],
  problems: sortProblems([
    {
      code: 'malformed',
      where: 'srv/app/package-lock.json',
      message: 'not JSON at line 3: "\u{fffd}[31m"; write it again with npm',
    },
    { code: 'truncated', where: 'opt/data.tar|`<x>`', message: `ends after 512 bytes ${'and so on '.repeat(30)}` },
  ]),
};

const assessment = [
  { code: 'version-not-comparable', where: 'pkg:npm/odd@x', message: 'x is not a version of npm' },
] as const;

/** An image with everything in it: exploited, excepted, informational, unknown severity, problems, and hostile text. */
export const sampleReport: Report = {
  tool: { name: 'kvitto', version: '0.1.0' },
  scannedAt: '2026-08-24T10:00:00Z',
  inventory: imageInventory,
  snapshot: {
    digest: digestOf('snapshot'),
    feeds: [
      { id: 'epss', asOf: '2026-08-20T00:00:00Z', digest: digestOf('epss'), records: 300000, badRecords: 0 },
      { id: 'osv/Debian', asOf: '2026-08-21T06:30:00Z', digest: digestOf('osv'), records: 50000, badRecords: 2 },
    ],
  },
  findings,
  notShown: 0,
  dismissals: [
    {
      component: libssl.purl,
      advisory: 'CVE-2020-1111',
      reason: 'not-in-range',
      detail: '3.0.17-1~deb12u2 is not below 1.1.1d-0+deb10u3',
    },
    { component: lodash.purl, advisory: 'GHSA-xxxx-yyyy-zzzz', reason: 'withdrawn', detail: 'withdrawn on 2024-01-01' },
  ],
  problems: sortProblems([...imageInventory.problems, ...assessment]),
  complete: false,
  verdict: {
    kind: 'fail',
    policy: { digest: digestOf('policy'), source: 'kvitto.yaml' },
    rules: [
      {
        rule: 'no-critical',
        says: 'severity at least critical, with a fix',
        outcome: 'fail',
        matched: [
          { id: 'CVE-2025-0001', component: libssl.purl },
          { id: 'CVE-2025-0001', component: openssl.purl },
        ],
        remedy: 'upgrade openssl to 3.0.18-1~deb12u1, or except CVE-2025-0001 with a reason and a date',
      },
      { rule: 'epss', says: 'EPSS at least 0.95', outcome: 'pass', matched: [], remedy: null },
      {
        rule: 'grace <30 days>',
        says: 'older than 30 days',
        outcome: 'cannot-say',
        matched: [{ id: 'GHSA-evil-evil-evil', component: hostile.purl }],
        remedy: 'the date of publication is not known: give the finding an exception',
      },
    ],
    exceptions: [
      {
        id: 'CVE-2021-23337',
        component: 'pkg:npm/lodash',
        owner: 'team-web',
        reason: 'templates are our own | <i>only</i>',
        until: '2026-12-01',
        state: 'used',
        matched: [{ id: 'CVE-2021-23337', component: lodash.purl }],
        at: 'kvitto.yaml:14',
      },
      {
        id: 'CVE-2025-0002',
        component: null,
        owner: null,
        reason: 'waiting for the next release',
        until: '2026-08-01',
        state: 'expired',
        matched: [{ id: 'CVE-2025-0002', component: libssl.purl }],
        at: 'kvitto.yaml:20',
      },
      {
        id: 'CVE-1999-0001',
        component: null,
        owner: null,
        reason: '',
        until: null,
        state: 'unused',
        matched: [],
        at: '.trivyignore:3',
      },
    ],
    reasons: [
      'rule no-critical (severity at least critical, with a fix): 2 findings',
      '3 parts could not be read or assessed',
    ],
    warnings: ['the exception for CVE-2025-0002 expired on 2026-08-01 (kvitto.yaml:20)'],
  },
};

/** An image that was read and assessed whole, with nothing found in it. */
export const emptyReport: Report = {
  ...sampleReport,
  inventory: {
    ...imageInventory,
    artifact: { ...imageInventory.artifact, name: 'demo:clean', references: ['demo:clean'], platform: null },
    components: [stdlib],
    coverage: [
      { cataloger: 'lang/go-binary', revision: 1, files: 1, components: 1 },
      { cataloger: 'os/os-release', revision: 1, files: 1, components: 0 },
    ],
    problems: [],
  },
  findings: [],
  dismissals: [],
  problems: [],
  complete: true,
  verdict: {
    kind: 'pass',
    policy: null,
    rules: [{ rule: 'default', says: 'severity at least critical', outcome: 'pass', matched: [], remedy: null }],
    exceptions: [],
    reasons: [],
    warnings: [],
  },
};

/** A directory in which nothing could be assessed. */
export const cannotSayReport: Report = {
  ...emptyReport,
  inventory: {
    artifact: {
      kind: 'directory',
      name: './empty dir',
      digest: digestOf('inventory'),
      digestOf: 'inventory',
      references: [],
      platform: null,
      configDigest: null,
      layers: [],
    },
    os: null,
    config: null,
    components: [],
    coverage: [],
    problems: [
      {
        code: 'nothing-recognised',
        where: './empty dir',
        message: 'no file of a known kind; name the folder of the project',
      },
    ],
  },
  snapshot: null,
  problems: sortProblems([
    {
      code: 'nothing-recognised',
      where: './empty dir',
      message: 'no file of a known kind; name the folder of the project',
    },
    { code: 'store-missing', where: 'advisory store', message: 'there is none; run kvitto db update' },
  ]),
  complete: false,
  verdict: {
    kind: 'cannot-say',
    policy: null,
    rules: [
      {
        rule: 'default',
        says: 'severity at least critical',
        outcome: 'cannot-say',
        matched: [],
        remedy: 'run kvitto db update',
      },
    ],
    exceptions: [],
    reasons: ['there is no advisory store to hold the components against'],
    warnings: [],
  },
};
