/** What kept an exchange from having an answer, in words that name no more than a code: messages of libraries may quote what is secret. */
export function troubleOf(thrown: unknown, timeoutMs: number): string {
  if (thrown instanceof Error && thrown.name === 'HTTPParserError') return 'does not answer in HTTP';
  const proxy = proxyStatus(thrown);
  if (proxy !== null)
    return `cannot be reached: the proxy answered ${proxy}${proxy === '407' ? ' (it asks for a login)' : ''}`;
  const codes = codesOf(thrown);
  for (const code of codes) {
    const known = words[code];
    if (known !== undefined) return known;
    if (code.startsWith('ERR_SSL_')) return `and this program do not come to terms about TLS (${code})`;
  }
  if (codes.some((code) => code.endsWith('_TIMEOUT'))) return `did not answer within ${timeoutMs / 1000} s`;
  return `cannot be talked to (${codes[0] ?? 'no code'})`;
}

/** The library has no code for it. */
function proxyStatus(thrown: unknown): string | null {
  const message = thrown instanceof Error ? thrown.message : '';
  return /^Proxy (?:Authentication Required|response) \(([0-9]{3})\)/.exec(message)?.[1] ?? null;
}

function codesOf(thrown: unknown): string[] {
  const codes: string[] = [];
  let error = thrown;
  for (let depth = 0; depth < 5 && error instanceof Error; depth++) {
    const { code } = error as { code?: unknown };
    if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,60}$/.test(code)) codes.push(code);
    error = error.cause;
  }
  return codes;
}

const closed = 'closed the connection before it answered';
const stranger = 'shows a certificate of an authority that is not trusted here: name its certificate under tls.ca';
const clientCertificate = 'asks for a certificate of this program: set tls.cert and tls.key';

const words: Readonly<Record<string, string>> = {
  __proto__: null as never,
  ECONNREFUSED: 'refuses the connection',
  ENOTFOUND: 'has a name that is not known here',
  EAI_AGAIN: 'has a name that cannot be looked up now',
  EHOSTUNREACH: 'cannot be reached from here',
  ENETUNREACH: 'cannot be reached from here',
  ETIMEDOUT: 'cannot be reached in time',
  UND_ERR_CONNECT_TIMEOUT: 'cannot be reached in time',
  ECONNRESET: closed,
  EPIPE: closed,
  UND_ERR_SOCKET: closed,
  UND_ERR_HEADERS_OVERFLOW: 'answers with more headers than are read',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'answers with another length than it said',
  UND_ERR_PRX_CONN: 'cannot be reached by the proxy: the proxy refuses',
  UND_ERR_PRX_TLS: 'cannot be reached by the proxy: its certificate is not accepted',
  CERT_HAS_EXPIRED: 'shows a certificate that has expired',
  CERT_NOT_YET_VALID: 'shows a certificate that is not yet valid',
  CERT_REVOKED: 'shows a certificate that was revoked',
  DEPTH_ZERO_SELF_SIGNED_CERT: stranger,
  SELF_SIGNED_CERT_IN_CHAIN: stranger,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: stranger,
  UNABLE_TO_GET_ISSUER_CERT: stranger,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: stranger,
  ERR_TLS_CERT_ALTNAME_INVALID: 'shows a certificate for another name: check the address, or set tls.serverName',
  ERR_SSL_WRONG_VERSION_NUMBER: 'does not speak TLS: is the address one of http://?',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'does not speak TLS: is the address one of http://?',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: clientCertificate,
  ERR_SSL_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: clientCertificate,
};
