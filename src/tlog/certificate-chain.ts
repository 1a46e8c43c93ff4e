import { type KeyObject, X509Certificate } from 'node:crypto';
import { DerReader, tags } from './der.ts';
import { LogError, reasonOf } from './errors.ts';
import { oids } from './signed-data.ts';

/** A certificate, and the parts of it that Node does not give. */
export interface ReadCertificate {
  readonly x509: X509Certificate;
  readonly publicKey: KeyObject;
  /** The DER of its issuer's name. */
  readonly issuer: Uint8Array;
  readonly serial: bigint;
  /** The object identifiers of the extended key usage, and whether it is critical; null where there is none. */
  readonly usage: { readonly critical: boolean; readonly purposes: readonly string[] } | null;
}

const maxDepth = 8;

/** Reads a certificate in DER (RFC 5280 section 4.1). Throws `malformed`. */
export function readCertificate(der: Uint8Array): ReadCertificate {
  const what = 'a certificate';
  const tbs = DerReader.inside(DerReader.only(der, tags.sequence, what), what).enter(tags.sequence, what);
  tbs.optional(0xa0);
  const serial = tbs.integer();
  tbs.take(tags.sequence);
  const issuer = tbs.take(tags.sequence).whole;
  let usage: ReadCertificate['usage'] = null;
  for (const { tag, content } of tbs.rest()) {
    if (tag === 0xa3) usage = readUsage(content);
  }
  try {
    const x509 = new X509Certificate(der);
    return { x509, publicKey: x509.publicKey, issuer, serial, usage };
  } catch (thrown) {
    throw new LogError('malformed', `a certificate cannot be read: ${reasonOf(thrown)}`, { cause: thrown });
  }
}

function readUsage(wrapped: Uint8Array): ReadCertificate['usage'] {
  const what = 'the extensions of a certificate';
  for (const { whole } of DerReader.inside(DerReader.only(wrapped, tags.sequence, what), what).rest()) {
    const extension = DerReader.inside(DerReader.only(whole, tags.sequence, what), what);
    if (extension.oid() !== oids.extendedKeyUsage) continue;
    const critical = extension.nextTag === tags.boolean && extension.boolean();
    const value = extension.take(tags.octetString).content;
    const purposes = DerReader.inside(DerReader.only(value, tags.sequence, what), what).rest();
    return { critical, purposes: purposes.map(({ whole }) => new DerReader(whole, what).oid()) };
  }
  return null;
}

/** Whether a certificate was in its period of validity. */
export function isValidAt(x509: X509Certificate, time: Date): boolean {
  return x509.validFromDate <= time && time <= x509.validToDate;
}

/**
 * Whether a certificate leads to a trusted one, over others that came along, all of them certificate authorities and in their
 * periods at `time`. Withdrawn certificates are not looked up: that needs the network.
 */
export function isTrusted(
  leaf: X509Certificate,
  along: readonly X509Certificate[],
  trusted: readonly X509Certificate[],
  time: Date,
): boolean {
  const isAnchor = (each: X509Certificate) => trusted.some((anchor) => anchor.raw.equals(each.raw));
  const seen = new Set<string>();
  let level = [leaf];
  for (let depth = 0; depth < maxDepth && level.length > 0; depth++) {
    if (level.some(isAnchor)) return true;
    const next = new Map<string, X509Certificate>();
    for (const child of level) {
      seen.add(child.fingerprint256);
      for (const candidate of [...trusted, ...along]) {
        if (!seen.has(candidate.fingerprint256) && hasIssued(candidate, child, time))
          next.set(candidate.fingerprint256, candidate);
      }
    }
    level = [...next.values()];
  }
  return false;
}

function hasIssued(issuer: X509Certificate, child: X509Certificate, time: Date): boolean {
  try {
    return issuer.ca && isValidAt(issuer, time) && child.checkIssued(issuer) && child.verify(issuer.publicKey);
  } catch {
    // A certificate that came along with a key that cannot be used has issued nothing.
    return false;
  }
}
