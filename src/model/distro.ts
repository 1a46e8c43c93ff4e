/** How a distribution packs its software: the purl type, or the name of a database that no purl type stands for. */
export type DistroPackageType = 'deb' | 'apk' | 'rpm' | 'alpm' | 'ebuild' | 'opkg' | 'nix' | 'xbps' | 'pkg' | 'swupd';

/** Debian's numbers behind its code names, for documents that name a release by code name. */
const debianCodenames =
  'hamm=2 slink=2.1 potato=2.2 woody=3.0 sarge=3.1 etch=4 lenny=5 squeeze=6 wheezy=7 jessie=8 stretch=9 buster=10 bullseye=11 bookworm=12 trixie=13';

const ubuntuCodenames =
  'precise=12.04 trusty=14.04 xenial=16.04 bionic=18.04 cosmic=18.10 disco=19.04 eoan=19.10 focal=20.04 groovy=20.10 hirsute=21.04 impish=21.10 ' +
  'jammy=22.04 kinetic=22.10 lunar=23.04 mantic=23.10 noble=24.04 oracular=24.10 plucky=25.04 questing=25.10 resolute=26.04 stonking=26.10';

/** Reads `key=value key=value` into a map. */
function table(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split(' ').map((pair) => {
      const at = pair.indexOf('=');
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}

const codenames: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map([
  ['debian', table(debianCodenames)],
  ['ubuntu', table(ubuntuCodenames)],
]);

const dotted = /^\d{1,8}(?:\.\d{1,8}){0,3}$/;

/** The first `count` parts of a dotted number (`9.3` → `9`); null where it is none or has fewer parts. */
function parts(versionId: string, count: number): string | null {
  if (!dotted.test(versionId)) return null;
  const split = versionId.split('.');
  return split.length < count ? null : split.slice(0, count).join('.');
}

/** VERSION_ID as a number where a document gave the code name instead. */
function numbered(id: string, versionId: string): string {
  return codenames.get(id)?.get(versionId.toLowerCase()) ?? versionId;
}

function ubuntu(versionId: string): string | null {
  const release = parts(versionId, 2);
  if (release === null) return null;
  // Every April release of an even year since 8.04 has long-term support, and OSV says so in the release.
  const lts = /^\d*[02468]\.04$/.test(release);
  return `Ubuntu:${release}${lts ? ':LTS' : ''}`;
}

function alpine(versionId: string): string | null {
  // `3.23.0_alpha20250612` is edge: OSV holds records for branches only, and edge is none of them.
  const branch = parts(versionId, 2);
  return branch === null ? null : `Alpine:v${branch}`;
}

function suse(product: string, versionId: string): string | null {
  const release = parts(versionId, 1);
  if (release === null) return null;
  const [major = '', minor = '0'] = versionId.split('.');
  if (Number(major) >= 16) return `SUSE:${product} ${major}.${minor}`;
  return `SUSE:${product} ${major}${minor === '0' ? '' : ` SP${minor}`}`;
}

function openEuler(versionId: string, version: string): string | null {
  const release = parts(versionId, 2);
  if (release === null) return null;
  // VERSION_ID does not tell the service pack, VERSION does: `24.03 (LTS-SP1)`.
  const stated = /\((LTS(?:-SP\d{1,2})?)\)/.exec(version.slice(0, 200))?.[1];
  const lts = stated ?? (version === '' && /^\d*[02468]\.03$/.test(release) ? 'LTS' : null);
  return lts === null ? `openEuler:${release}` : `openEuler:${release}-${lts}`;
}

function bellsoft(ecosystem: string, versionId: string): string | null {
  if (versionId === '' || versionId === 'stream') return `${ecosystem}:stream`;
  const release = parts(versionId, 1);
  return release === null ? null : `${ecosystem}:${release}`;
}

function released(before: string, release: string | null): string | null {
  return release === null ? null : `${before}${release}`;
}

/**
 * The OSV ecosystem, with release, whose advisories hold for the packages of a distribution. `id` and `versionId` are ID and
 * VERSION_ID of os-release(5), `version` its VERSION, which only openEuler needs. A Debian or Ubuntu code name is taken
 * for a VERSION_ID. Source: https://ossf.github.io/osv-schema/#affectedpackage-field
 *
 * Null where OSV holds no release that these packages belong to, so that the answer is "cannot say" and never "nothing found":
 * - Debian testing and sid (no VERSION_ID), Alpine edge: no release.
 * - Derivatives that rebuild or mix (raspbian, linuxmint, kali, pop, devuan …): ID_LIKE is not looked at, because their
 *   versions do not compare with the parent's. An image that keeps the parent's ID (distroless) is the parent.
 * - Red Hat Enterprise Linux: OSV splits one release into many ecosystems (`Red Hat:enterprise_linux:9::baseos`,
 *   `::appstream` …), one string would silently miss the others. CentOS, Oracle, Amazon, Fedora: not in OSV.
 * - Root, TuxCare, Docker Hardened Images: patches upon a parent whose ID they keep; os-release does not name them.
 */
export function osvEcosystem(id: string, versionId: string, version = ''): string | null {
  const release = numbered(id, versionId);
  switch (id) {
    case 'debian':
      // Before Debian 10 releases had minor numbers that VERSION_ID of some images carries (`9.13`).
      return released('Debian:', Number(parts(release, 1)) < 4 ? parts(release, 2) : parts(release, 1));
    case 'ubuntu':
      return ubuntu(release);
    case 'alpine':
      return alpine(release);
    case 'almalinux':
      return released('AlmaLinux:', parts(release, 1));
    case 'rocky':
      return released('Rocky Linux:', parts(release, 1));
    case 'wolfi':
      return 'Wolfi';
    case 'chainguard':
      return 'Chainguard';
    case 'minimos':
      return 'MinimOS';
    case 'echo':
      return 'Echo';
    case 'cleanstart':
      return 'CleanStart';
    case 'alpaquita':
      return bellsoft('Alpaquita', release);
    case 'bellsoft-hardened-containers':
      return bellsoft('BellSoft Hardened Containers', release);
    case 'opensuse-leap':
      return released('openSUSE:Leap ', parts(release, 2));
    case 'opensuse-leap-micro':
      return released('openSUSE:Leap Micro ', parts(release, 2));
    case 'opensuse-tumbleweed':
      return 'openSUSE:Tumbleweed';
    case 'sles':
      return suse('Linux Enterprise Server', release);
    case 'sles_sap':
      return suse('Linux Enterprise Server for SAP Applications', release);
    case 'sled':
      return suse('Linux Enterprise Desktop', release);
    case 'sle-micro':
      return released('SUSE:Linux Enterprise Micro ', parts(release, 2));
    case 'sl-micro':
      return released('SUSE:Linux Micro ', parts(release, 2));
    case 'photon':
      return released('Photon OS:', parts(release, 2));
    case 'mageia':
      return released('Mageia:', parts(release, 1));
    case 'openeuler':
      return openEuler(release, version);
    case 'azurelinux':
    case 'mariner':
      return released('Azure Linux:', parts(release, 1));
    default:
      return null;
  }
}

const packageTypes: ReadonlyMap<string, DistroPackageType> = new Map(
  (
    [
      ['deb', 'debian ubuntu raspbian linuxmint kali pop devuan neon elementary zorin deepin pureos parrot astra echo'],
      ['apk', 'alpine wolfi chainguard minimos cleanstart alpaquita bellsoft-hardened-containers postmarketos adelie'],
      [
        'rpm',
        'rhel centos fedora almalinux rocky ol amzn scientific virtuozzo eurolinux cloudlinux circle miraclelinux navylinux opensuse opensuse-leap ' +
          'opensuse-leap-micro opensuse-tumbleweed opensuse-microos sles sles_sap sled sle-micro sl-micro photon mageia openeuler anolis azurelinux ' +
          'mariner rosa altlinux openmandriva tencentos opencloudos',
      ],
      ['alpm', 'arch archarm manjaro endeavouros cachyos artix'],
      ['ebuild', 'gentoo'],
      ['opkg', 'openwrt'],
      ['nix', 'nixos'],
      ['xbps', 'void'],
      ['pkg', 'freebsd'],
      ['swupd', 'clear-linux-os'],
    ] as const
  ).flatMap(([type, ids]) => ids.split(' ').map((id) => [id, type] as const)),
);

/** How the distribution with this os-release ID packs its software; null for one that is not known here. */
export function packageTypeOf(id: string): DistroPackageType | null {
  return packageTypes.get(id) ?? null;
}

/** The os-release IDs of all distributions that are known here, assessed or not. */
export function distributionIds(): string[] {
  return [...packageTypes.keys()];
}

/** The purl qualifier `distro`: `debian-12`, `alpine-3.18.4`; the bare id where there is no version. */
export function distroQualifier(id: string, versionId: string): string {
  return versionId === '' ? id : `${id}-${versionId}`;
}

/**
 * Reads a purl's `distro` qualifier back into ID and VERSION_ID. `namespace` is that of the purl: it names the distribution
 * where the qualifier holds only a version, as some tools write it (`pkg:apk/alpine/musl@1?distro=3.18.4`). Null where neither tells.
 */
export function parseDistroQualifier(
  namespace: string | null,
  qualifier: string,
): { id: string; versionId: string } | null {
  const text = qualifier.trim().toLowerCase();
  if (text === '') return null;
  const inNamespace = namespace?.toLowerCase() ?? '';
  if (/^\d/.test(text)) return inNamespace === '' ? null : { id: inNamespace, versionId: text };
  if (codenames.get(inNamespace)?.has(text)) return { id: inNamespace, versionId: numbered(inNamespace, text) };
  if (packageTypes.has(text)) return { id: text, versionId: '' };
  const at = text.lastIndexOf('-');
  if (at <= 0) return { id: text, versionId: '' };
  const id = text.slice(0, at);
  return { id, versionId: numbered(id, text.slice(at + 1)) };
}

/** Per distribution: release → last day of security support that costs nothing. */
const ends: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map(
  Object.entries({
    debian:
      '2=1999-03-09 2.1=2000-10-30 2.2=2003-06-30 3.0=2006-06-30 3.1=2008-03-31 4=2010-02-15 5=2012-02-06 6=2016-02-29 7=2018-05-31 8=2020-06-30 9=2022-06-30 10=2024-06-30 ' +
      '11=2026-08-31 12=2028-06-30 13=2030-06-30',
    ubuntu:
      '4.10=2006-04-30 5.04=2006-10-31 5.10=2007-04-13 6.06=2011-06-01 6.10=2008-04-25 7.04=2008-10-19 7.10=2009-04-18 8.04=2013-05-09 8.10=2010-04-30 9.04=2010-10-23 ' +
      '9.10=2011-04-30 10.04=2015-04-30 10.10=2012-04-10 11.04=2012-10-28 11.10=2013-05-09 12.04=2017-04-28 12.10=2014-05-16 13.04=2014-01-27 13.10=2014-07-17 ' +
      '14.04=2019-04-25 14.10=2015-07-23 15.04=2016-02-04 15.10=2016-07-28 16.04=2021-04-30 16.10=2017-07-20 17.04=2018-01-13 17.10=2018-07-19 18.04=2023-05-31 ' +
      '18.10=2019-07-18 19.04=2020-01-23 19.10=2020-07-17 20.04=2025-05-29 20.10=2021-07-22 21.04=2022-01-20 21.10=2022-07-14 22.04=2027-06-01 22.10=2023-07-20 ' +
      '23.04=2024-01-25 23.10=2024-07-11 24.04=2029-05-31 24.10=2025-07-10 25.04=2026-01-15 25.10=2026-07-09 26.04=2031-05-29 26.10=2027-07-15',
    alpine:
      '3.0=2016-05-01 3.1=2016-11-01 3.2=2017-05-01 3.3=2017-11-01 3.4=2018-05-01 3.5=2018-11-01 3.6=2019-05-01 3.7=2019-11-01 3.8=2020-05-01 3.9=2020-11-01 ' +
      '3.10=2021-05-01 3.11=2021-11-01 3.12=2022-05-01 3.13=2022-11-01 3.14=2023-05-01 3.15=2023-11-01 3.16=2024-05-23 3.17=2024-11-22 3.18=2025-05-09 3.19=2025-11-01 ' +
      '3.20=2026-04-01 3.21=2026-11-01 3.22=2027-05-01 3.23=2027-11-01',
    almalinux: '8=2029-03-01 9=2032-05-31 10=2035-05-31',
    rocky: '8=2029-05-31 9=2032-05-31 10=2035-05-31',
    centos: '5=2017-03-31 6=2020-11-30 7=2024-06-30 8=2024-05-31 9=2027-05-31',
    'opensuse-leap':
      '42.1=2017-05-17 42.2=2018-01-26 42.3=2019-06-30 15.0=2019-12-03 15.1=2021-02-02 15.2=2022-01-04 15.3=2022-12-31 15.4=2023-12-07 15.5=2024-12-31 15.6=2026-04-30',
    amzn: '1=2023-12-31 2=2026-06-30',
    mariner: '1=2023-07-31 2=2025-07-31',
    photon: '1=2022-02-28 2=2022-12-31 3=2024-03-01',
    mageia: '1=2012-12-01 2=2013-11-22 3=2014-11-26 4=2015-09-19 5=2017-12-31 6=2019-09-30 7=2021-06-30 8=2023-11-30',
  }).map(([id, text]) => [id, table(text)]),
);

/**
 * The last day (YYYY-MM-DD) on which a release gets security updates that cost nothing: Debian with LTS, Ubuntu's standard support;
 * Extended and paid support do not count. Null where the end is not known here, which does not mean that there is support.
 * Sources, as of 2026: distro-info-data 0.58 (debian.csv, ubuntu.csv), alpinelinux.org/releases, wiki.almalinux.org/release-notes,
 * wiki.rockylinux.org/rocky/version, centos.org, en.opensuse.org/Lifetime, aws.amazon.com/amazon-linux-2/faqs, learn.microsoft.com
 * (Azure Linux), the support pages of Photon OS and Mageia. CentOS 8 stands with the end of Stream 8, which os-release does not tell apart.
 */
export function endOfLife(id: string, versionId: string): string | null {
  const releases = ends.get(id);
  const release = numbered(id, versionId);
  if (releases === undefined) return null;
  return releases.get(parts(release, 2) ?? '') ?? releases.get(parts(release, 1) ?? '') ?? null;
}
