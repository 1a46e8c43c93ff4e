import { CodedError } from '../../model/errors.ts';
import { clip } from '../../model/problem.ts';
import { Authorizer } from './authorizer.ts';
import type { Credentials } from './credentials.ts';
import { type Answer, type Ask, exchange, failureOf, type Line } from './exchange.ts';
import { ExchangeError } from './failure.ts';

/** One place where a repository can be read: the registry itself or a mirror of it. */
export interface EndpointOptions {
  readonly line: Line;
  readonly host: string;
  /** Null: https, and plain http where that is not answered and `line.insecure` allows it. */
  readonly scheme: 'http' | 'https' | null;
  /** Path before `/v2/`, without a slash at its end. */
  readonly prefix: string;
  readonly repository: string;
  readonly findCredentials: () => Promise<Credentials | null>;
}

/** Requests to one place, with the login that it asks for. */
export class Endpoint {
  readonly host: string;
  readonly #options: EndpointOptions;
  readonly #authorizer: Authorizer;
  #scheme: 'http' | 'https' | null;

  constructor(options: EndpointOptions) {
    this.#options = options;
    this.host = options.host;
    this.#scheme = options.scheme;
    this.#authorizer = new Authorizer(options);
  }

  /** GET of `manifests/…` or `blobs/…`: the answer with status 200 or 206. Throws for all else. */
  async get(path: string, ask: Omit<Ask, 'url' | 'authorization'>): Promise<Answer> {
    if (this.#scheme !== null) return await this.#authorized(this.#scheme, path, ask);
    if (!this.#options.line.insecure) return await this.#authorized('https', path, ask);
    try {
      const answer = await this.#authorized('https', path, ask);
      this.#scheme = 'https';
      return answer;
    } catch (error) {
      if (!(error instanceof ExchangeError && error.maybePlain)) throw error;
      return await this.#plainly(error, path, ask);
    }
  }

  /** Tries plain http after https failed with `first`. */
  async #plainly(first: ExchangeError, path: string, ask: Omit<Ask, 'url' | 'authorization'>): Promise<Answer> {
    try {
      const answer = await this.#authorized('http', path, ask);
      this.#scheme = 'http';
      return answer;
    } catch (error) {
      // A server that does speak TLS, and broke off once, answers plain http with status 400.
      throw first.again !== 'never' && error instanceof ExchangeError && error.status === 400 ? first : error;
    }
  }

  async #authorized(scheme: string, path: string, asked: Omit<Ask, 'url' | 'authorization'>): Promise<Answer> {
    const { line, host, prefix, repository } = this.#options;
    const apiHost = host === 'docker.io' ? 'registry-1.docker.io' : host;
    const url = new URL(`${scheme}://${apiHost}${prefix}/v2/${repository}/${path}`);
    let ask: Ask = { ...asked, url, authorization: this.#authorizer.header };
    let answer = await exchange(line, ask);
    if (answer.status === 401 && answer.url.origin === url.origin) {
      ask = { ...ask, authorization: await this.#authorizer.renew(answer, ask) };
      answer = await exchange(line, ask);
      if (answer.status === 401) throw await this.#authorizer.refusedAgain(answer, ask);
    }
    if (answer.status !== 200 && answer.status !== 206) throw await failureOf(line, answer, ask);
    if (answer.header('content-type')?.toLowerCase().startsWith('text/html')) {
      answer.body.destroy();
      throw new ExchangeError(
        'source-unreachable',
        `${ask.subject}: ${answer.url.host} answers with a web page, not as a registry.`,
        { remedy: 'Check the host; a proxy or a login page may stand in between.' },
      );
    }
    return answer;
  }
}

/** `[http[s]://]host[:port][/prefix]` of a mirror. Throws `config-invalid` where it is something else. */
export function parseMirror(text: string, insecure: boolean): Pick<EndpointOptions, 'host' | 'scheme' | 'prefix'> {
  const wrong = (why: string): CodedError =>
    new CodedError('config-invalid', `"${clip(text)}" is no mirror: ${why}.`, {
      remedy: 'Write it as host[:port][/path], with http:// in front only together with --insecure.',
    });
  const named = /^https?:\/\//i.exec(text)?.[0].toLowerCase();
  const full = named === undefined ? `https://${text}` : text;
  if (!URL.canParse(full) || full.lastIndexOf('://') > 5) throw wrong('it is no address');
  const url = new URL(full);
  if (url.username || url.password || url.search || url.hash) throw wrong('only host and path may be given');
  if (url.protocol === 'http:' && !insecure) throw wrong('plain http is not allowed');
  const scheme = named === undefined ? null : url.protocol === 'http:' ? 'http' : 'https';
  return { host: url.host, scheme, prefix: url.pathname.replace(/\/+$/, '') };
}
