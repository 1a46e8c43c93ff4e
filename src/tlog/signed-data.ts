import { type DerElement, DerReader, tags } from './der.ts';
import { LogError } from './errors.ts';

/** The object identifiers of RFC 5652, RFC 3161 and RFC 5816 that are met here. */
export const oids = {
  signedData: '1.2.840.113549.1.7.2',
  timeStampInfo: '1.2.840.113549.1.9.16.1.4',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingCertificate: '1.2.840.113549.1.9.16.2.12',
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
  sha256: '2.16.840.1.101.3.4.2.1',
  extendedKeyUsage: '2.5.29.37',
  timeStamping: '1.3.6.1.5.5.7.3.8',
} as const;

const digests: ReadonlyMap<string, string> = new Map([
  [oids.sha256, 'sha256'],
  ['2.16.840.1.101.3.4.2.2', 'sha384'],
  ['2.16.840.1.101.3.4.2.3', 'sha512'],
]);

/** Signature algorithms: the kind of key, and the hash where the algorithm fixes it. */
const signatures: ReadonlyMap<string, { readonly key: 'rsa' | 'ec'; readonly digest: string | null }> = new Map([
  ['1.2.840.113549.1.1.1', { key: 'rsa', digest: null }],
  ['1.2.840.113549.1.1.11', { key: 'rsa', digest: 'sha256' }],
  ['1.2.840.113549.1.1.12', { key: 'rsa', digest: 'sha384' }],
  ['1.2.840.113549.1.1.13', { key: 'rsa', digest: 'sha512' }],
  ['1.2.840.10045.4.3.2', { key: 'ec', digest: 'sha256' }],
  ['1.2.840.10045.4.3.3', { key: 'ec', digest: 'sha384' }],
  ['1.2.840.10045.4.3.4', { key: 'ec', digest: 'sha512' }],
]);

/** What a CMS SignedData with one signer (RFC 5652 section 5) says, nothing of it verified. */
export interface SignedData {
  readonly contentType: string;
  readonly content: Uint8Array;
  /** Certificates that came along, in DER. */
  readonly certificates: readonly Uint8Array[];
  /** The DER of the signer's issuer name, and its serial number. */
  readonly issuer: Uint8Array;
  readonly serial: bigint;
  /** SHA-2, by Node's name. */
  readonly digest: string;
  readonly key: 'rsa' | 'ec';
  /** The signed attributes by object identifier, each with its one value; and the bytes that the signature is over. */
  readonly attributes: ReadonlyMap<string, DerElement>;
  readonly signedBytes: Uint8Array;
  readonly signature: Uint8Array;
}

const explicit0 = 0xa0;
const explicit1 = 0xa1;
const maxCertificates = 32;

/** Reads a ContentInfo with SignedData. Throws `malformed`, also for what a time stamp never has, and `too-large`. */
export function readSignedData(token: Uint8Array): SignedData {
  const info = DerReader.inside(DerReader.only(token, tags.sequence, 'the token'), 'the token');
  if (info.oid() !== oids.signedData) throw malformed('the token is not signed data');
  const outer = info.enter(explicit0, 'the token');
  info.end();
  const data = outer.enter(tags.sequence, 'the signed data');
  outer.end();
  // RFC 5652 section 5.1: 3, as the content is a time stamp.
  if (data.integer() !== 3n) throw malformed('the signed data are of another version than 3');
  const listed = data.enter(tags.set, 'the list of digest algorithms').rest().map(readAlgorithm);
  const encapsulated = data.enter(tags.sequence, 'the content');
  const contentType = encapsulated.oid();
  const wrapped = encapsulated.enter(explicit0, 'the content');
  const { content } = wrapped.take(tags.octetString);
  wrapped.end();
  encapsulated.end();
  const certificates = data.optional(explicit0);
  data.optional(explicit1);
  const signers = data.enter(tags.set, 'the list of signers');
  data.end();
  const signer = readSigner(signers.enter(tags.sequence, 'the signer'));
  signers.end();
  if (!listed.some((oid) => digests.get(oid) === signer.digest)) {
    throw malformed('the digest algorithm of the signer is not among those listed');
  }
  const found = certificates === null ? [] : DerReader.inside(certificates, 'the certificates').rest();
  if (found.length > maxCertificates)
    throw new LogError('too-large', `a token has more than ${maxCertificates} certificates`);
  return {
    contentType,
    content,
    certificates: found.filter(({ tag }) => tag === tags.sequence).map(({ whole }) => whole),
    ...signer,
  };
}

function readSigner(signer: DerReader) {
  // Version 1: the signer is named by issuer and serial number, as RFC 3161 has it.
  if (signer.integer() !== 1n) throw malformed('the signer is not named by issuer and serial number');
  const id = signer.enter(tags.sequence, 'the name of the signer');
  const issuer = id.take(tags.sequence).whole;
  const serial = id.integer();
  id.end();
  const digest = digests.get(readAlgorithm(signer.take(tags.sequence)));
  const signed = signer.take(explicit0);
  const algorithm = signatures.get(readAlgorithm(signer.take(tags.sequence)));
  const signature = signer.take(tags.octetString).content;
  signer.optional(explicit1);
  signer.end();
  if (digest === undefined || algorithm === undefined || (algorithm.digest ?? digest) !== digest) {
    throw malformed(
      'the signature is by an algorithm that is not supported: RSA and ECDSA with SHA-256, SHA-384, SHA-512 are',
    );
  }
  // The signature is over the attributes as a SET, not as the implicit tag that stands here (RFC 5652 section 5.4).
  const signedBytes = signed.whole.with(0, tags.set);
  return { issuer, serial, digest, key: algorithm.key, attributes: readAttributes(signed), signedBytes, signature };
}

function readAttributes(signed: DerElement): Map<string, DerElement> {
  const attributes = new Map<string, DerElement>();
  for (const each of DerReader.inside(signed, 'the signed attributes').rest()) {
    const attribute = DerReader.inside(
      DerReader.only(each.whole, tags.sequence, 'a signed attribute'),
      'a signed attribute',
    );
    const type = attribute.oid();
    const values = attribute.enter(tags.set, `attribute ${type}`).rest();
    attribute.end();
    if (attributes.has(type) || values[0] === undefined || values.length > 1) {
      throw malformed(`attribute ${type} has not exactly one value`);
    }
    attributes.set(type, values[0]);
  }
  return attributes;
}

/** The object identifier of an algorithm without parameters. */
export function readAlgorithm(element: DerElement): string {
  const algorithm = DerReader.inside(DerReader.only(element.whole, tags.sequence, 'an algorithm'), 'an algorithm');
  const oid = algorithm.oid();
  const none = algorithm.optional(tags.null);
  algorithm.end();
  if (none !== null && none.content.length > 0) throw malformed('an algorithm has parameters that are none');
  return oid;
}

function malformed(message: string): LogError {
  return new LogError('malformed', message);
}
