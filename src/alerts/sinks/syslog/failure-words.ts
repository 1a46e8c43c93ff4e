import { messageOf } from '../../../model/errors.ts';
import { clip } from '../../../model/problem.ts';

const otherAuthority =
  'its certificate is signed by an authority that is not trusted here: name that authority in tls.ca, or find out who answers there';

const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was cut off by the receiver',
  EPIPE: 'the connection was cut off by the receiver',
  ETIMEDOUT: 'no answer',
  EHOSTUNREACH: 'there is no way to it',
  ENETUNREACH: 'there is no way to it',
  ENOTFOUND: 'its name is unknown',
  EAI_AGAIN: 'its name cannot be looked up now',
  EMSGSIZE: 'the network takes no datagram of that size: set maxMessageBytes lower',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet (or the clock here is wrong)',
  CERT_REVOKED: 'its certificate was revoked',
  SELF_SIGNED_CERT_IN_CHAIN: otherAuthority,
  DEPTH_ZERO_SELF_SIGNED_CERT: otherAuthority,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: otherAuthority,
  UNABLE_TO_GET_ISSUER_CERT: otherAuthority,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: otherAuthority,
  CERT_SIGNATURE_FAILURE: otherAuthority,
  ERR_SSL_WRONG_VERSION_NUMBER: 'what answers does not speak TLS',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'what answers does not speak TLS',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: 'it asks for a certificate of ours: set tls.cert and tls.key',
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE:
    'it refuses the handshake: it may ask for a certificate of ours (tls.cert, tls.key)',
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: 'it does not trust the authority of our certificate (tls.cert)',
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: 'it refuses our certificate (tls.cert)',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: 'our certificate (tls.cert) has expired',
};

/** What became of talking to a receiver, for people: which of the many things that may be wrong with a connection or a certificate it is. */
export function failureWords(error: unknown, name: string): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const names = error instanceof Error && 'reason' in error ? ` (${clip(String(error.reason), 300)})` : '';
    return `its certificate is not for the name ${clip(name)}${names}: set tls.serverName, or find out who answers there`;
  }
  return Object.hasOwn(words, code) ? (words[code] ?? '') : clip(messageOf(error), 300);
}
