import assert from 'node:assert/strict';
import { test } from 'node:test';
import { distroQualifier, endOfLife, osvEcosystem, packageTypeOf, parseDistroQualifier } from './distro.ts';

test('the OSV ecosystem of every distribution that OSV knows', () => {
  const cases: readonly [id: string, versionId: string, expected: string | null, version?: string][] = [
    ['debian', '12', 'Debian:12'],
    ['debian', '9.13', 'Debian:9'],
    ['debian', 'bookworm', 'Debian:12'],
    ['debian', '3.1', 'Debian:3.1'],
    ['debian', '', null],
    ['debian', 'sid', null],
    ['debian', 'trixie/sid', null],
    ['ubuntu', '22.04', 'Ubuntu:22.04:LTS'],
    ['ubuntu', '23.10', 'Ubuntu:23.10'],
    ['ubuntu', '23.04', 'Ubuntu:23.04'],
    ['ubuntu', '26.04', 'Ubuntu:26.04:LTS'],
    ['ubuntu', '20.10', 'Ubuntu:20.10'],
    ['ubuntu', 'jammy', 'Ubuntu:22.04:LTS'],
    ['alpine', '3.18.4', 'Alpine:v3.18'],
    ['alpine', '3.20', 'Alpine:v3.20'],
    ['alpine', '3.23.0_alpha20250612', null],
    ['alpine', 'edge', null],
    ['almalinux', '9.3', 'AlmaLinux:9'],
    ['almalinux', '10', 'AlmaLinux:10'],
    ['rocky', '8.9', 'Rocky Linux:8'],
    ['rhel', '9.3', null],
    ['centos', '7', null],
    ['fedora', '42', null],
    ['amzn', '2023', null],
    ['ol', '9.3', null],
    ['wolfi', '20230201', 'Wolfi'],
    ['chainguard', '20230214', 'Chainguard'],
    ['minimos', '20240901', 'MinimOS'],
    ['echo', '1', 'Echo'],
    ['cleanstart', '1.0', 'CleanStart'],
    ['alpaquita', '23', 'Alpaquita:23'],
    ['alpaquita', 'stream', 'Alpaquita:stream'],
    ['bellsoft-hardened-containers', '25', 'BellSoft Hardened Containers:25'],
    ['opensuse-leap', '15.5', 'openSUSE:Leap 15.5'],
    ['opensuse-leap-micro', '5.5', 'openSUSE:Leap Micro 5.5'],
    ['opensuse-tumbleweed', '20260801', 'openSUSE:Tumbleweed'],
    ['sles', '15.5', 'SUSE:Linux Enterprise Server 15 SP5'],
    ['sles', '15', 'SUSE:Linux Enterprise Server 15'],
    ['sles', '16.0', 'SUSE:Linux Enterprise Server 16.0'],
    ['sles_sap', '15.4', 'SUSE:Linux Enterprise Server for SAP Applications 15 SP4'],
    ['sled', '15.4', 'SUSE:Linux Enterprise Desktop 15 SP4'],
    ['sle-micro', '5.5', 'SUSE:Linux Enterprise Micro 5.5'],
    ['sl-micro', '6.0', 'SUSE:Linux Micro 6.0'],
    ['photon', '5.0', 'Photon OS:5.0'],
    ['mageia', '9', 'Mageia:9'],
    ['openeuler', '24.03', 'openEuler:24.03-LTS'],
    ['openeuler', '24.03', 'openEuler:24.03-LTS-SP1', '24.03 (LTS-SP1)'],
    ['openeuler', '22.09', 'openEuler:22.09', '22.09'],
    ['azurelinux', '3.0', 'Azure Linux:3'],
    ['mariner', '2.0', 'Azure Linux:2'],
    ['raspbian', '12', null],
    ['linuxmint', '21', null],
    ['kali', '2026.1', null],
    ['freebsd', '14.0', null],
    ['__proto__', '1', null],
    ['debian', '1'.repeat(100_000), null],
  ];
  for (const [id, versionId, expected, version] of cases) {
    assert.equal(osvEcosystem(id, versionId, version), expected, `${id} ${versionId.slice(0, 40)} ${version ?? ''}`);
  }
});

test('the package type of a distribution', () => {
  const of = (...ids: string[]) => ids.map(packageTypeOf);
  assert.deepEqual(of('debian', 'ubuntu', 'raspbian', 'linuxmint', 'echo'), ['deb', 'deb', 'deb', 'deb', 'deb']);
  assert.deepEqual(of('alpine', 'wolfi', 'chainguard', 'alpaquita'), ['apk', 'apk', 'apk', 'apk']);
  assert.deepEqual(of('rhel', 'rocky', 'sles', 'photon', 'amzn'), ['rpm', 'rpm', 'rpm', 'rpm', 'rpm']);
  assert.deepEqual(of('arch', 'gentoo', 'openwrt', 'nixos', 'void'), ['alpm', 'ebuild', 'opkg', 'nix', 'xbps']);
  assert.deepEqual(of('', 'constructor', 'my-own'), [null, null, null]);
});

test('the end of free security support', () => {
  const cases: readonly [id: string, versionId: string, expected: string | null][] = [
    ['debian', '8', '2020-06-30'],
    ['debian', '9.13', '2022-06-30'],
    ['debian', '10', '2024-06-30'],
    ['debian', '11', '2026-08-31'],
    ['debian', '12', '2028-06-30'],
    ['debian', '13', '2030-06-30'],
    ['debian', 'buster', '2024-06-30'],
    ['debian', '', null],
    ['debian', '99', null],
    ['ubuntu', '18.04', '2023-05-31'],
    ['ubuntu', '24.04', '2029-05-31'],
    ['alpine', '3.11.6', '2021-11-01'],
    ['alpine', '3.1.4', '2016-11-01'],
    ['alpine', '3.10.9', '2021-05-01'],
    ['almalinux', '8.10', '2029-03-01'],
    ['rocky', '9.3', '2032-05-31'],
    ['centos', '7', '2024-06-30'],
    ['opensuse-leap', '15.4', '2023-12-07'],
    ['mariner', '2.0', '2025-07-31'],
    ['nobody', '1', null],
  ];
  for (const [id, versionId, expected] of cases) assert.equal(endOfLife(id, versionId), expected, `${id} ${versionId}`);
});

test('the distro qualifier there and back, also as other tools write it', () => {
  for (const [id, versionId] of [
    ['debian', '12'],
    ['alpine', '3.18.4'],
    ['opensuse-leap', '15.5'],
    ['opensuse-tumbleweed', ''],
    ['debian', ''],
    ['alpaquita', 'stream'],
    ['my-own-os', '1.0'],
  ] as const) {
    assert.deepEqual(parseDistroQualifier(null, distroQualifier(id, versionId)), { id, versionId });
  }
  assert.deepEqual(parseDistroQualifier('alpine', '3.18.4'), { id: 'alpine', versionId: '3.18.4' });
  assert.deepEqual(parseDistroQualifier('debian', 'bookworm'), { id: 'debian', versionId: '12' });
  assert.deepEqual(parseDistroQualifier('debian', 'debian-bookworm'), { id: 'debian', versionId: '12' });
  assert.deepEqual(parseDistroQualifier('ubuntu', 'Ubuntu-22.04'), { id: 'ubuntu', versionId: '22.04' });
  assert.equal(parseDistroQualifier(null, '3.18.4'), null);
  assert.equal(parseDistroQualifier('debian', ' '), null);
});
