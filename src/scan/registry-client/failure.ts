import { CodedError, type FailureCode } from '../../model/errors.ts';
import { clip } from '../../model/problem.ts';

/** A failure of one exchange with a peer: what a `CodedError` says, and whether to ask again. */
export class ExchangeError extends CodedError {
  /** `never`, after a while (`later`), or one more time only (`once`: a silent peer costs a whole timeout each time). */
  readonly again: 'never' | 'later' | 'once';
  /** How long the peer asks to wait. */
  readonly afterMs: number | null;
  /** Whether the peer may be one that speaks plain http. */
  readonly maybePlain: boolean;
  /** Of the answer, where there was one. */
  readonly status: number | null;

  constructor(
    code: FailureCode,
    message: string,
    options: {
      remedy?: string;
      cause?: unknown;
      again?: ExchangeError['again'];
      afterMs?: number | null;
      maybePlain?: boolean;
      status?: number;
    } = {},
  ) {
    super(code, message, options);
    this.again = options.again ?? 'never';
    this.afterMs = options.afterMs ?? null;
    this.maybePlain = options.maybePlain ?? false;
    this.status = options.status ?? null;
  }
}

/** A URL for a message: without its query and user, which may hold secrets. */
export function placeOf(url: URL): string {
  return clip(`${url.protocol}//${url.host}${url.pathname}`, 300);
}

const certificateCodes = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'CERT_UNTRUSTED',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
]);
const networkWords: ReadonlyMap<string, readonly [string, ExchangeError['again']]> = new Map([
  ['ECONNREFUSED', ['the connection was refused', 'never']],
  ['ENOTFOUND', ['the host name is not known', 'never']],
  ['EAI_AGAIN', ['the name server did not answer', 'later']],
  ['EHOSTUNREACH', ['the host cannot be reached', 'never']],
  ['ENETUNREACH', ['the network cannot be reached', 'never']],
  ['ECONNRESET', ['the connection was reset', 'later']],
  ['EPIPE', ['the connection was closed', 'later']],
  ['UND_ERR_SOCKET', ['the connection was closed', 'later']],
  ['UND_ERR_PRX_CONN', ['the proxy closed the connection', 'later']],
  ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', ['it sent less than it announced', 'later']],
  ['UND_ERR_ABORTED', ['the proxy refused the connection', 'never']],
  ['HTTPParserError', ['it does not answer in HTTP', 'never']],
  ['UND_ERR_HEADERS_OVERFLOW', ['its headers are too large', 'never']],
  ['ETIMEDOUT', ['the connection was not answered', 'once']],
  ['UND_ERR_CONNECT_TIMEOUT', ['the connection was not answered', 'once']],
  ['UND_ERR_HEADERS_TIMEOUT', ['it did not answer in time', 'once']],
  ['UND_ERR_BODY_TIMEOUT', ['it stopped sending', 'once']],
]);

/** A failed exchange in words; `cause` is what the connection threw. */
export function networkFailure(cause: unknown, url: URL, signal: AbortSignal): CodedError {
  if (cause instanceof CodedError) return cause;
  if (signal.aborted) return new CodedError('aborted', `Stopped while reading from ${placeOf(url)}.`, { cause });
  const code = codeOf(cause);
  const where = placeOf(url);
  if (certificateCodes.has(code)) {
    return new ExchangeError('source-unreachable', `${where}: its certificate is not trusted (${code}).`, {
      remedy: 'Give the certification authority with --ca-file FILE, or do without the check with --insecure.',
      cause,
    });
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return new ExchangeError('source-unreachable', `${where}: its certificate is for another host name.`, {
      remedy: 'Use the name that the certificate holds, or do without the check with --insecure.',
      cause,
    });
  }
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_')) {
    return new ExchangeError('source-unreachable', `${where}: it does not speak TLS as expected (${code}).`, {
      remedy: 'Where it is a registry with plain http, allow that with --insecure.',
      cause,
      maybePlain: true,
    });
  }
  const [words, again] = networkWords.get(code) ?? [`the exchange failed (${clip(code, 60)})`, 'never' as const];
  return new ExchangeError('source-unreachable', `${where}: ${words}.`, {
    remedy: 'Check host, port and network; a proxy is taken from HTTPS_PROXY and NO_PROXY.',
    cause,
    again,
    maybePlain:
      code === 'ECONNREFUSED' ||
      code === 'UND_ERR_CONNECT_TIMEOUT' ||
      code === 'ECONNRESET' ||
      code === 'UND_ERR_SOCKET',
  });
}

function codeOf(cause: unknown): string {
  // Where a host has several addresses, Node throws an AggregateError with the code of the last one or none.
  let at: unknown = cause;
  for (let depth = 0; depth < 5 && at instanceof Error; depth++) {
    const { code } = at as NodeJS.ErrnoException;
    if (typeof code === 'string') return code;
    at = at instanceof AggregateError ? at.errors[0] : at.cause;
  }
  return cause instanceof Error ? cause.name : 'unknown';
}

/** What an answer with an error status means. `said` is the registry's own text, if any; `subject` what was asked for. */
export function statusFailure(
  status: number,
  url: URL,
  subject: string,
  said: string,
  afterMs: number | null,
): ExchangeError {
  const words = said === '' ? '' : ` (${clip(said, 160)})`;
  const where = placeOf(url);
  if (status === 401 || status === 403) {
    return new ExchangeError('source-unauthorized', `${subject}: ${where} refused access, status ${status}${words}.`, {
      remedy: 'Check that the login may pull it; a missing repository is refused in the same way by many registries.',
    });
  }
  if (status === 404 || status === 410) {
    return new ExchangeError('source-not-found', `${subject}: not found at ${where}${words}.`, {
      remedy: 'Check repository and tag or digest.',
    });
  }
  if (status === 429) {
    return new ExchangeError(
      'source-unreachable',
      `${subject}: ${where} takes no more requests for now, status 429${words}.`,
      {
        remedy: 'Log in for a higher limit, use a mirror, or try again later.',
        again: 'later',
        afterMs,
      },
    );
  }
  return new ExchangeError('source-unreachable', `${subject}: ${where} answered with status ${status}${words}.`, {
    remedy:
      status === 407 ? 'Give user and password in HTTPS_PROXY.' : 'Try again later, or ask who runs the registry.',
    again: status >= 500 && status !== 501 ? 'later' : 'never',
    afterMs,
    status,
  });
}
