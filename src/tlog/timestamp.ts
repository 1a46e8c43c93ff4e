import { hash, verify, type X509Certificate } from 'node:crypto';
import { isTrusted, isValidAt, type ReadCertificate, readCertificate } from './certificate-chain.ts';
import { DerReader, tags, writeDer, writeInteger, writeOid } from './der.ts';
import { LogError, reasonOf } from './errors.ts';
import { hex, sameBytes } from './hash.ts';
import { oids, readAlgorithm, readSignedData, type SignedData } from './signed-data.ts';

/** What a time stamp says, once its signature was verified. */
export interface TimeStamp {
  /** RFC 3339, in UTC: the digest existed then. */
  readonly time: string;
  /** The policy of the authority, as an object identifier. */
  readonly policy: string;
  /** The number of the stamp, in hex. */
  readonly serial: string;
  /** The subject of the certificate that signed it. */
  readonly signerName: string;
  /** `not-checked` where no trusted certificates were given. Withdrawn certificates are not looked up. */
  readonly chain: 'trusted' | 'untrusted' | 'not-checked';
}

const maxBytes = 262_144;
const digestBytes = 32;

/**
 * A request for a time stamp (RFC 3161 section 2.4.1) over a SHA-256 digest, which asks for the certificate. `nonce`: bytes of
 * a number that the answer must repeat. To be sent as `application/timestamp-query`.
 */
export function timeStampRequest(digestSha256: Uint8Array, nonce?: Uint8Array): Uint8Array {
  expectDigest(digestSha256);
  const algorithm = writeDer(tags.sequence, writeOid(oids.sha256), writeDer(tags.null));
  const imprint = writeDer(tags.sequence, algorithm, writeDer(tags.octetString, digestSha256));
  const certificateRequested = writeDer(tags.boolean, Uint8Array.of(0xff));
  const number = nonce === undefined ? [] : [writeInteger(nonce)];
  return writeDer(tags.sequence, writeInteger(Uint8Array.of(1)), imprint, ...number, certificateRequested);
}

/**
 * Verifies a time stamp over a SHA-256 digest: an answer of an authority (`application/timestamp-reply`) or the token in it.
 * Checks the status, the digest, the nonce where one is given, the signed attributes, the signature by RSA or ECDSA, that the
 * certificate is for time stamping alone and was valid at that time, and, with trusted certificates, its chain. Throws
 * `malformed`, `too-large`; `proof` for another digest or nonce; `signature` for what does not hold and for a refusal.
 */
export function readTimeStamp(
  responseOrToken: Uint8Array,
  digestSha256: Uint8Array,
  options: { readonly trusted?: readonly X509Certificate[]; readonly nonce?: Uint8Array } = {},
): TimeStamp {
  expectDigest(digestSha256);
  if (responseOrToken.length > maxBytes)
    throw new LogError('too-large', `a time stamp is larger than ${maxBytes} bytes`);
  const data = readSignedData(tokenOf(responseOrToken));
  if (data.contentType !== oids.timeStampInfo)
    throw new LogError('malformed', 'the token is signed, but no time stamp');
  const info = readInfo(data.content);
  if (!sameBytes(info.digest, digestSha256)) {
    throw new LogError('proof', `the time stamp is over ${hex(info.digest)}, not over ${hex(digestSha256)}`);
  }
  if (options.nonce !== undefined && info.nonce !== numberOf(options.nonce)) {
    throw new LogError('proof', 'the time stamp does not repeat the number of the request');
  }
  const certificates = data.certificates.map(readCertificate);
  const known = [...certificates, ...(options.trusted ?? []).map((each) => readCertificate(each.raw))];
  const signer = known.find(({ issuer, serial }) => serial === data.serial && sameBytes(issuer, data.issuer));
  if (signer === undefined) throw new LogError('signature', 'the certificate of the signer is not in the time stamp');
  checkCertificate(signer, info.time);
  checkSignature(data, signer);
  const along = certificates.map(({ x509 }) => x509);
  const { trusted } = options;
  const isChained = trusted !== undefined && isTrusted(signer.x509, along, trusted, info.time);
  return {
    time: info.time.toISOString(),
    policy: info.policy,
    serial: info.serial,
    signerName: signer.x509.subject.split('\n').join(', '),
    chain: trusted === undefined ? 'not-checked' : isChained ? 'trusted' : 'untrusted',
  };
}

/** The token of an answer (RFC 3161 section 2.4.2), or the bytes themselves where they are a token. */
function tokenOf(bytes: Uint8Array): Uint8Array {
  const outer = DerReader.only(bytes, tags.sequence, 'the time stamp');
  const answer = DerReader.inside(outer, 'the answer');
  if (answer.nextTag === tags.oid) return bytes;
  const info = answer.enter(tags.sequence, 'the status');
  const status = info.integer();
  // 0: granted, 1: granted with changes.
  if (status !== 0n && status !== 1n)
    throw new LogError('signature', `the authority gave no time stamp: status ${status}`);
  info.rest();
  const token = answer.take(tags.sequence).whole;
  answer.end();
  return token;
}

function readInfo(content: Uint8Array) {
  const what = 'the time stamp';
  const info = DerReader.inside(DerReader.only(content, tags.sequence, what), what);
  if (info.integer() !== 1n) throw new LogError('malformed', 'the time stamp is of another version than 1');
  const policy = info.oid();
  const imprint = info.enter(tags.sequence, 'the digest');
  if (readAlgorithm(imprint.take(tags.sequence)) !== oids.sha256) {
    throw new LogError('proof', 'the time stamp is over a digest that is not SHA-256');
  }
  const digest = imprint.take(tags.octetString).content;
  imprint.end();
  const serial = info.integer().toString(16);
  const time = readTime(info.take(tags.generalizedTime).content);
  info.optional(tags.sequence);
  if (info.nextTag === tags.boolean) info.boolean();
  const nonce = info.nextTag === tags.integer ? info.integer() : null;
  info.optional(0xa0);
  info.optional(0xa1);
  info.end();
  return { policy, digest, serial, time, nonce };
}

/** GeneralizedTime as RFC 3161 section 2.4.2 has it: UTC with seconds, a fraction without trailing zeroes. */
function readTime(content: Uint8Array): Date {
  const text = Buffer.from(content).toString('latin1');
  const [, year, month, day, hour, minute, second, fraction = ''] =
    /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d{0,8}[1-9]))?Z$/.exec(text) ?? [];
  const iso = `${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.padEnd(3, '0').slice(0, 3)}Z`;
  const time = new Date(iso);
  // The date of a month too long would be read as one of the next month.
  if (Number.isNaN(time.getTime()) || time.toISOString() !== iso)
    throw new LogError('malformed', 'the time of the time stamp is none');
  return time;
}

/** RFC 3161 section 2.3: for time stamping alone, and critical. */
function checkCertificate({ x509, usage }: ReadCertificate, time: Date): void {
  if (usage?.critical !== true || usage.purposes.length !== 1 || usage.purposes[0] !== oids.timeStamping) {
    throw new LogError('signature', 'the certificate of the signer is not one for time stamping alone');
  }
  if (!isValidAt(x509, time)) {
    throw new LogError('signature', `the certificate of the signer was not valid at ${time.toISOString()}`);
  }
}

function checkSignature(data: SignedData, { x509, publicKey }: ReadCertificate): void {
  const attribute = (oid: string) => data.attributes.get(oid)?.whole ?? new Uint8Array(0);
  if (new DerReader(attribute(oids.contentType), 'the content type').oid() !== oids.timeStampInfo) {
    throw new LogError('signature', 'the signed content type is not that of a time stamp');
  }
  const digest = DerReader.only(attribute(oids.messageDigest), tags.octetString, 'the signed digest').content;
  if (!sameBytes(digest, hash(data.digest, data.content, 'buffer'))) {
    throw new LogError('signature', 'the signed digest is not that of the time stamp');
  }
  if (!namesCertificate(data, x509)) {
    throw new LogError('signature', 'the signed attributes do not name the certificate of the signer');
  }
  if (publicKey.asymmetricKeyType !== data.key || !signatureHolds(data, publicKey)) {
    throw new LogError('signature', 'the signature of the time stamp does not hold');
  }
}

function signatureHolds(data: SignedData, key: ReadCertificate['publicKey']): boolean {
  try {
    return verify(data.digest, data.signedBytes, key, data.signature);
  } catch (thrown) {
    throw new LogError('signature', `the signature of the time stamp cannot be checked: ${reasonOf(thrown)}`, {
      cause: thrown,
    });
  }
}

/** The first ESSCertID (RFC 2634, SHA-1) or ESSCertIDv2 (RFC 5816) names the signer's certificate by digest. */
function namesCertificate(data: SignedData, x509: X509Certificate): boolean {
  let found = false;
  for (const [oid, isSecond] of [
    [oids.signingCertificate, false],
    [oids.signingCertificateV2, true],
  ] as const) {
    const value = data.attributes.get(oid);
    if (value === undefined) continue;
    const what = 'the name of the signing certificate';
    const list = DerReader.inside(DerReader.only(value.whole, tags.sequence, what), what).enter(tags.sequence, what);
    const first = list.enter(tags.sequence, what);
    const stated = isSecond && first.nextTag === tags.sequence ? readAlgorithm(first.take(tags.sequence)) : oids.sha256;
    if (stated !== oids.sha256) throw new LogError('malformed', `${what} is by another digest than SHA-256`);
    const digest = first.take(tags.octetString).content;
    if (!sameBytes(digest, hash(isSecond ? 'sha256' : 'sha1', x509.raw, 'buffer'))) return false;
    found = true;
  }
  return found;
}

function expectDigest(digest: Uint8Array): void {
  if (digest.length !== digestBytes)
    throw new LogError('malformed', `a SHA-256 digest has ${digestBytes} bytes, not ${digest.length}`);
}

function numberOf(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${hex(bytes)}`);
}
