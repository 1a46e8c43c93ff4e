import { CodedError } from '../../model/errors.ts';
import { clip } from '../../model/problem.ts';
import { type Challenge, parseChallenges } from './challenge.ts';
import type { Credentials } from './credentials.ts';
import { type Answer, type Ask, discard, exchange, failureOf, type Line, readAll } from './exchange.ts';
import { ExchangeError, placeOf } from './failure.ts';

const mostTokenBytes = 256 * 1024;

/** What one repository of one registry wants to see before it answers. */
export interface AuthorizerOptions {
  readonly line: Line;
  readonly host: string;
  readonly repository: string;
  /** Asked for at most once, and only when the registry wants a login. */
  readonly findCredentials: () => Promise<Credentials | null>;
}

/**
 * Keeps the `Authorization` of one repository: Basic, or a bearer token from the realm that the registry names.
 * https://distribution.github.io/distribution/spec/auth/token/ and …/auth/oauth/
 */
export class Authorizer {
  readonly #options: AuthorizerOptions;
  #credentials: Promise<Credentials | null> | undefined;
  #lookFailure: CodedError | null = null;
  #header: string | null = null;

  constructor(options: AuthorizerOptions) {
    this.#options = options;
  }

  /** The value that worked last; null before the registry asked for one. */
  get header(): string | null {
    return this.#header;
  }

  /** A new value after an answer with status 401. Throws `source-unauthorized` where there is none to be had. */
  async renew(answer: Answer, ask: Ask): Promise<string> {
    const challenges = parseChallenges(answer.headerLines('www-authenticate'));
    await discard(answer);
    this.#credentials ??= this.#look();
    const credentials = await this.#credentials;
    const bearer = challenges.find((c) => c.scheme === 'bearer' && c.parameters.has('realm'));
    if (bearer !== undefined) {
      this.#header = `Bearer ${await this.#token(bearer, credentials, ask)}`;
    } else if (challenges.some((c) => c.scheme === 'basic')) {
      if (credentials === null) throw this.#loginNeeded(ask);
      if (credentials.kind !== 'password') {
        throw this.#refused(ask, `it wants user and password, and ${credentials.from} holds a token`);
      }
      this.#header = basic(credentials);
    } else {
      throw this.#refused(ask, `it refuses access and names no way to log in that is known (Basic, Bearer)`);
    }
    return this.#header;
  }

  /** A store of logins that does not work is no reason to fail where the registry is open to all. */
  async #look(): Promise<Credentials | null> {
    try {
      return await this.#options.findCredentials();
    } catch (error) {
      if (!(error instanceof CodedError) || error.code === 'aborted') throw error;
      this.#lookFailure = error;
      return null;
    }
  }

  /** The failure for a registry that refuses what `renew` gave. */
  async refusedAgain(answer: Answer, ask: Ask): Promise<CodedError> {
    const credentials = await this.#credentials;
    const failure = await failureOf(this.#options.line, answer, ask);
    return credentials == null
      ? this.#loginNeeded(ask)
      : new CodedError(
          failure.code,
          `${failure.message.replace(/\.$/, '')}, with the login from ${credentials.from}.`,
          {
            remedy: `Check that login: docker login ${this.#options.host}`,
          },
        );
  }

  async #token(challenge: Challenge, credentials: Credentials | null, ask: Ask): Promise<string> {
    if (credentials?.kind === 'registry-token') return checkedToken(credentials.token, credentials.from);
    const request = this.#tokenRequest(challenge, credentials, ask);
    const { line } = this.#options;
    // Not asked again here: who asked the registry does, from the start.
    const answer = await exchange(line, request);
    if (answer.status !== 200) {
      const failure = await failureOf(line, answer, request);
      if (failure.code !== 'source-unauthorized' && answer.status !== 400) throw failure;
      if (credentials === null) throw this.#loginNeeded(ask);
      throw this.#refused(ask, `${placeOf(request.url)} refused the login from ${credentials.from}`);
    }
    const bytes = await readAll(line, answer, mostTokenBytes, request);
    let json: { token?: unknown; access_token?: unknown } | null = null;
    try {
      json = JSON.parse(bytes.toString('utf8'));
    } catch {
      // Told below, without a word of the answer.
    }
    return checkedToken(json?.token || json?.access_token, placeOf(request.url));
  }

  #tokenRequest(challenge: Challenge, credentials: Credentials | null, ask: Ask): Ask {
    const { line, host, repository } = this.#options;
    const realm = challenge.parameters.get('realm') ?? '';
    if (!URL.canParse(realm)) throw this.#refused(ask, `its realm "${clip(realm, 80)}" is no URL`);
    const url = new URL(realm);
    url.username = '';
    url.password = '';
    if (url.protocol !== 'https:' && !(url.protocol === 'http:' && line.insecure)) {
      throw this.#refused(ask, `it asks to log in at ${placeOf(url)}, which is not https`);
    }
    const service = challenge.parameters.get('service');
    // Only what is needed is asked for, whatever the registry proposes.
    const proposed = challenge.parameters.get('scope') ?? '';
    const scope = /^repository:[^\s:]{1,300}:pull$/.test(proposed) ? proposed : `repository:${repository}:pull`;
    const subject = `login for ${host}`;
    if (credentials?.kind === 'identity-token') {
      const form = new URLSearchParams({ grant_type: 'refresh_token', client_id: 'kvitto', scope });
      if (service !== undefined) form.set('service', service);
      form.set('refresh_token', credentials.token);
      return { url, subject, signal: ask.signal, form };
    }
    if (service !== undefined) url.searchParams.set('service', service);
    url.searchParams.set('scope', scope);
    const authorization = credentials?.kind === 'password' ? basic(credentials) : null;
    return { url, subject, signal: ask.signal, authorization };
  }

  #loginNeeded(ask: Ask): CodedError {
    if (this.#lookFailure !== null) return this.#lookFailure;
    const { host } = this.#options;
    return new CodedError('source-unauthorized', `${ask.subject}: ${host} wants a login, and there is none for it.`, {
      remedy: `docker login ${host}, or set KVITTO_USERNAME and KVITTO_PASSWORD. Many registries answer in the same way when the repository does not exist.`,
    });
  }

  #refused(ask: Ask, why: string): ExchangeError {
    return new ExchangeError('source-unauthorized', `${ask.subject}: ${this.#options.host}: ${why}.`, {
      remedy: `Check the login: docker login ${this.#options.host}`,
    });
  }
}

function basic(credentials: { readonly username: string; readonly password: string }): string {
  return `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}`;
}

function checkedToken(token: unknown, from: string): string {
  if (typeof token === 'string' && /^[\x21-\x7e]+$/.test(token)) return token;
  throw new ExchangeError('source-unauthorized', `${from} gave no token that can be used.`, {
    remedy: 'Ask who runs the registry, or log in again.',
  });
}
