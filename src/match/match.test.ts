import assert from 'node:assert/strict';
import test from 'node:test';
import type { Severity } from '../model/advisory.ts';
import type { Match } from '../model/finding.ts';
import { match } from './match.ts';
import { advisory, facts, memoryStore, range } from './testing/memory-store.ts';

function severity(source: string, level: Severity['level'], vector: string | null = null): Severity {
  return { source, level, score: vector === null ? null : 7.5, vector };
}

const libssl = 'pkg:deb/debian/libssl3@3.0.15-1?arch=amd64&distro=debian-12&upstream=openssl';
const openssl = 'pkg:deb/debian/openssl@3.0.15-1?arch=amd64&distro=debian-12';
const purls = (...list: string[]) => list.map((purl) => ({ purl }));
const brief = (m: Match) => `${m.component.split('?')[0]} ${m.id} ${m.advisories.join('+')} ${m.fixedIn}`;

test('match: a whole match, from a bulletin for a source package', () => {
  const store = memoryStore(
    {
      'Debian:12 openssl': [
        advisory('DSA-1-1', {
          upstream: ['CVE-2024-2', 'CVE-2024-1'],
          published: '2024-06-01T00:00:00Z',
          summary: 'openssl - security update',
          references: ['https://example.test/dsa-1'],
          affected: [
            { ...range('ECOSYSTEM', 'introduced 0', 'fixed 3.0.17-1'), severity: [severity('Debian', 'medium')] },
          ],
        }),
      ],
    },
    [
      facts('CVE-2024-1', {
        severity: [severity('NVD', 'critical', 'CVSS:3.1/AV:N')],
        published: '2024-05-20T00:00:00Z',
        summary: 'A bug',
        epss: { probability: 0.4, percentile: 0.9 },
        exploitation: [{ source: 'CISA KEV', since: '2024-06-02', due: '2024-06-20', ransomware: false }],
      }),
    ],
  );
  const common = {
    aliases: [],
    advisories: ['DSA-1-1'],
    component: libssl,
    name: 'libssl3',
    installed: '3.0.15-1',
    fixedIn: '3.0.17-1',
    severity: severity('Debian', 'medium'),
    references: ['https://example.test/dsa-1'],
    informational: null,
    matchedBy: [
      {
        by: 'source-package',
        advisory: 'DSA-1-1',
        ecosystem: 'Debian:12',
        name: 'openssl',
        version: '3.0.15-1',
        range: '<3.0.17-1',
        fixed: '3.0.17-1',
      },
    ],
  };
  assert.deepEqual(match(purls(libssl), store), {
    matches: [
      {
        ...common,
        id: 'CVE-2024-1',
        summary: 'A bug',
        severities: [severity('Debian', 'medium'), severity('NVD', 'critical', 'CVSS:3.1/AV:N')],
        epss: { probability: 0.4, percentile: 0.9 },
        exploitation: [{ source: 'CISA KEV', since: '2024-06-02', due: '2024-06-20', ransomware: false }],
        published: '2024-05-20T00:00:00Z',
      },
      {
        ...common,
        id: 'CVE-2024-2',
        summary: 'openssl - security update',
        severities: [severity('Debian', 'medium')],
        epss: null,
        exploitation: [],
        published: '2024-06-01T00:00:00Z',
      },
    ],
    dismissals: [],
    problems: [],
    ecosystems: ['Debian'],
  });
});

test('match: each binary of a source has its own findings, and each name is asked for once', () => {
  const store = memoryStore({
    'Debian:12 openssl': [
      advisory('DSA-1-1', {
        upstream: ['CVE-2024-1'],
        affected: [range('ECOSYSTEM', 'introduced 0', 'fixed 3.0.17-1')],
      }),
    ],
  });
  const found = match(purls(openssl, libssl, libssl), store);
  assert.deepEqual(found.matches.map(brief), [
    'pkg:deb/debian/libssl3@3.0.15-1 CVE-2024-1 DSA-1-1 3.0.17-1',
    'pkg:deb/debian/openssl@3.0.15-1 CVE-2024-1 DSA-1-1 3.0.17-1',
  ]);
  assert.deepEqual(store.asked, ['Debian:12 openssl']);
});

test('match: what GO, GHSA and PYSEC say of one vulnerability is one match', () => {
  const at = (...events: string[]) => [range('SEMVER', ...events)];
  const store = memoryStore({
    'Go example.test/m': [
      advisory('GO-2024-1', {
        aliases: ['CVE-2024-1'],
        affected: at('introduced 0', 'fixed 1.4.0'),
        summary: 'Go says',
      }),
      advisory('GHSA-aaaa', {
        aliases: ['CVE-2024-1'],
        affected: at('introduced 1.0.0', 'fixed 1.4.1'),
        severity: [severity('GHSA', 'high', 'CVSS:3.1/AV:N')],
      }),
      advisory('GO-2024-9', { affected: at('introduced 2.0.0') }),
    ],
  });
  const { matches } = match(purls('pkg:golang/example.test/m@v1.2.0'), store);
  assert.equal(matches.length, 1);
  const [one] = matches;
  assert.deepEqual(
    [one?.id, one?.aliases, one?.advisories, one?.fixedIn, one?.severity.source, one?.summary],
    ['CVE-2024-1', ['GHSA-aaaa', 'GO-2024-1'], ['GHSA-aaaa', 'GO-2024-1'], '1.4.1', 'GHSA', 'Go says'],
  );
  assert.deepEqual(
    one?.matchedBy.map((r) => [r.advisory, r.range, r.fixed]),
    [
      ['GHSA-aaaa', '>=1.0.0 <1.4.1', '1.4.1'],
      ['GO-2024-1', '<1.4.0', '1.4.0'],
    ],
  );
});

test('match: the fix is the lowest on this line that no record of the vulnerability calls affected', () => {
  const deb = (id: string, fixed: string, introduced = '0') =>
    advisory(id, {
      upstream: ['CVE-2024-1'],
      affected: [range('ECOSYSTEM', `introduced ${introduced}`, `fixed ${fixed}`)],
    });
  const fixOf = (...records: ReturnType<typeof deb>[]) =>
    match(purls(openssl), memoryStore({ 'Debian:12 openssl': records })).matches.map((m) => [m.advisories, m.fixedIn]);
  // A regression update of the same CVE moves it up; one that was already passed still tells.
  assert.deepEqual(fixOf(deb('DSA-1-1', '3.0.16-1'), deb('DSA-1-2', '3.0.17-1')), [
    [['DSA-1-1', 'DSA-1-2'], '3.0.17-1'],
  ]);
  assert.deepEqual(fixOf(deb('DSA-1-1', '3.0.14-1'), deb('DSA-1-2', '3.0.17-1')), [[['DSA-1-2'], '3.0.17-1']]);
  // A record that does not hit this version, but calls the fix affected.
  assert.deepEqual(fixOf(deb('DSA-1-1', '3.0.16-1'), deb('DSA-2-1', '3.0.18-1', '3.0.16-1')), [[['DSA-1-1'], null]]);
  const lines = advisory('DSA-1-1', {
    upstream: ['CVE-2024-1'],
    affected: [
      range(
        'ECOSYSTEM',
        'introduced 0',
        'fixed 1.1.1-1',
        'introduced 3.0.0',
        'fixed 3.0.16-1',
        'introduced 3.1.0',
        'fixed 3.1.2-1',
      ),
    ],
  });
  assert.deepEqual(fixOf(lines), [[['DSA-1-1'], '3.0.16-1']]);
  const open = advisory('DSA-1-1', { upstream: ['CVE-2024-1'], affected: [range('ECOSYSTEM', 'introduced 0')] });
  assert.deepEqual(fixOf(open, deb('DSA-1-2', '3.0.17-1')), [[['DSA-1-1', 'DSA-1-2'], null]]);
});

test('match: a distribution component never matches a language ecosystem, nor the reverse', () => {
  const all = [range('ECOSYSTEM', 'introduced 0')];
  const store = memoryStore({
    'PyPI requests': [advisory('PYSEC-1', { affected: all })],
    'Debian:12 requests': [advisory('DSA-1-1', { affected: all })],
    'Debian:11 requests': [advisory('DSA-2-1', { affected: all })],
  });
  const found = match(
    purls('pkg:deb/debian/requests@1-1?distro=debian-12', 'pkg:pypi/requests@1?distro=debian-12'),
    store,
  );
  assert.deepEqual(found.matches.map(brief), [
    'pkg:deb/debian/requests@1-1 DSA-1-1 DSA-1-1 null',
    'pkg:pypi/requests@1 PYSEC-1 PYSEC-1 null',
  ]);
});

test('match: informational records are told apart from vulnerabilities', () => {
  const all = [range('SEMVER', 'introduced 0')];
  const store = memoryStore({
    'crates.io old': [
      advisory('RUSTSEC-1', { informational: 'unmaintained', affected: all }),
      advisory('RUSTSEC-2', { informational: 'unsound', aliases: ['CVE-2024-1'], affected: all }),
      advisory('GHSA-a', { aliases: ['CVE-2024-1'], affected: all }),
    ],
  });
  const { matches } = match(purls('pkg:cargo/old@1.0.0'), store);
  assert.deepEqual(
    matches.map((m) => [m.id, m.informational]),
    [
      ['CVE-2024-1', null],
      ['RUSTSEC-1', 'unmaintained'],
    ],
  );
});

test('match: what is looked up and not affected, with the reason', () => {
  const store = memoryStore({
    'npm a': [
      advisory('GHSA-3', { affected: [range('GIT', 'introduced 0')] }),
      advisory('GHSA-2', { withdrawn: '2024-03-04T05:06:07Z', affected: [range('SEMVER', 'introduced 0')] }),
      advisory('GHSA-1', { affected: [range('SEMVER', 'introduced 0', 'fixed 1.0.0')] }),
    ],
  });
  const a = 'pkg:npm/a@1.2.0';
  assert.deepEqual(match(purls(a), store, { explain: true }), {
    matches: [],
    dismissals: [
      { component: a, advisory: 'GHSA-1', reason: 'not-in-range', detail: '1.2.0 is not below 1.0.0' },
      { component: a, advisory: 'GHSA-2', reason: 'withdrawn', detail: 'the record was withdrawn on 2024-03-04' },
      {
        component: a,
        advisory: 'GHSA-3',
        reason: 'git-range-only',
        detail: 'the record names only commits, which a version cannot be held against',
      },
    ],
    problems: [],
    ecosystems: ['npm'],
  });
  assert.deepEqual(match(purls(a), store).dismissals, []);
});

test('match: what could not be assessed is a problem, counted', () => {
  const some = [range('ECOSYSTEM', 'introduced 0', 'fixed 2')];
  const store = memoryStore({
    'Go example.test/m': [advisory('GO-1', { affected: some }), advisory('GO-2', { affected: some })],
  });
  const found = match(
    purls(
      'pkg:generic/a@1',
      'pkg:generic/b@1',
      'pkg:deb/kali/c@1?distro=kali-2024.1',
      'pkg:deb/debian/d@1?distro=debian-12',
      'pkg:deb/debian/e@1?distro=debian-11',
      'pkg:rpm/rocky/f@1?distro=rocky-9',
      'pkg:golang/example.test/m@(devel)',
      'pkg:golang/example.test/unheard-of@(devel)',
      'not a purl\u001b[0m',
    ),
    store,
  );
  assert.deepEqual(found.matches, []);
  assert.deepEqual(found.ecosystems, ['Debian', 'Go', 'Rocky Linux']);
  assert.deepEqual(found.problems, [
    {
      code: 'ecosystem-not-in-store',
      where: 'Debian',
      message:
        '2 components were not assessed: the advisory store holds no feed for it; run: kvitto db update --ecosystems Debian',
    },
    {
      code: 'ecosystem-not-in-store',
      where: 'Rocky Linux',
      message:
        "1 component was not assessed: the advisory store holds no feed for it; run: kvitto db update --ecosystems 'Rocky Linux'",
    },
    { code: 'malformed', where: 'not a purl\u{fffd}[0m', message: 'is not a package URL; not assessed' },
    {
      code: 'ecosystem-unsupported',
      where: 'pkg:deb of kali-2024.1',
      message: '1 component was not assessed: no advisories are known for this kind of component or release',
    },
    {
      code: 'ecosystem-unsupported',
      where: 'pkg:generic',
      message: '2 components were not assessed: no advisories are known for this kind of component or release',
    },
    {
      code: 'version-not-comparable',
      where: 'pkg:golang/example.test/m@(devel)',
      message: 'cannot be held against GO-1 and 1 more: "(devel)" is no version of the order that its range uses',
    },
  ]);
});

test('match: a release that the feed does not speak of is not assessed', () => {
  const plain = memoryStore({ 'Alpine:v3.11 openssl': [] });
  const store = { ...plain, covers: (ecosystem: string) => ecosystem === 'Alpine' || ecosystem === 'Alpine:v3.11' };
  const found = match(
    purls('pkg:apk/alpine/a@1-r0?distro=alpine-3.20.1', 'pkg:apk/alpine/b@1-r0?distro=alpine-3.11'),
    store,
  );
  assert.deepEqual(found.problems, [
    {
      code: 'ecosystem-not-in-store',
      where: 'Alpine:v3.20',
      message:
        '1 component was not assessed: the advisory store holds no advisory for this release; run: kvitto db update --ecosystems Alpine',
    },
  ]);
});

test('match: an inventory and one rebuilt from its purls give the same answer', () => {
  const store = memoryStore({
    'Debian:12 openssl': [
      advisory('DSA-1-1', {
        upstream: ['CVE-2024-1'],
        affected: [range('ECOSYSTEM', 'introduced 0', 'fixed 3.0.17-1')],
      }),
    ],
    'npm a': [advisory('GHSA-1', { affected: [range('SEMVER', 'introduced 0')] })],
  });
  const full = [libssl, openssl, 'pkg:npm/a@1.2.0'].map((purl, i) => ({
    purl,
    name: 'as the cataloger names it',
    version: `${i}`,
    foundBy: 'os/dpkg',
    locations: [{ path: 'var/lib/dpkg/status', layer: null }],
    direct: true,
    dev: false,
    licenses: ['MIT'],
    dependsOn: [libssl],
  }));
  const rebuilt = purls(...full.map((c) => c.purl)).reverse();
  const found = match(full, store, { explain: true });
  assert.equal(found.matches.length, 3);
  assert.deepEqual(match(rebuilt, store, { explain: true }), found);
});
