/** What the prefix of an OSV id says about its publisher. https://ossf.github.io/osv-schema/#id-modified-fields */
interface Publisher {
  /** The name that stands beside a severity. */
  readonly name: string;
  /** An erratum of a distribution that names its CVEs under `related` where it has no `upstream`. */
  readonly errata?: true;
  /** An erratum of this kind that names no CVE repairs something else than a vulnerability. */
  readonly withoutCve?: string;
}

const publishers: ReadonlyMap<string, Publisher> = new Map<string, Publisher>([
  ['ALPINE', { name: 'Alpine' }],
  ['ALBA', { name: 'AlmaLinux', errata: true, withoutCve: 'bug fix' }],
  ['ALEA', { name: 'AlmaLinux', errata: true, withoutCve: 'enhancement' }],
  ['ALSA', { name: 'AlmaLinux', errata: true }],
  ['ASB', { name: 'Android' }],
  ['BELL', { name: 'BellSoft' }],
  ['BIT', { name: 'Bitnami' }],
  ['CGA', { name: 'Chainguard' }],
  ['DEBIAN', { name: 'Debian' }],
  ['DLA', { name: 'Debian', errata: true }],
  ['DSA', { name: 'Debian', errata: true }],
  ['DTSA', { name: 'Debian', errata: true }],
  ['GHSA', { name: 'GHSA' }],
  ['GO', { name: 'Go' }],
  ['HSEC', { name: 'Haskell' }],
  ['MAL', { name: 'OpenSSF' }],
  ['MGASA', { name: 'Mageia', errata: true }],
  ['MINI', { name: 'MinimOS' }],
  ['OESA', { name: 'openEuler', errata: true }],
  ['OSV', { name: 'OSS-Fuzz' }],
  ['PHSA', { name: 'Photon OS', errata: true }],
  ['PYSEC', { name: 'PyPA' }],
  ['RETIREJS', { name: 'Retire.js' }],
  ['RHBA', { name: 'Red Hat', errata: true, withoutCve: 'bug fix' }],
  ['RHEA', { name: 'Red Hat', errata: true, withoutCve: 'enhancement' }],
  ['RHSA', { name: 'Red Hat', errata: true }],
  ['RLSA', { name: 'Rocky Linux', errata: true }],
  ['RUSTSEC', { name: 'RustSec' }],
  ['RXSA', { name: 'Rocky Linux', errata: true }],
  ['SUSE', { name: 'SUSE', errata: true }],
  ['UBUNTU', { name: 'Ubuntu' }],
  ['USN', { name: 'Ubuntu', errata: true }],
  ['openSUSE', { name: 'openSUSE', errata: true }],
]);

/** The publisher of a record, by its id; `OSV` for a prefix that names none (`CVE-…`). */
export function publisherOf(id: string): Publisher {
  const end = id.indexOf('-');
  return publishers.get(end < 0 ? id : id.slice(0, end)) ?? { name: 'OSV' };
}
