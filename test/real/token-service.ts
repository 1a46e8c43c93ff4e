import { sign } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './tool.ts';

/** A service that gives out bearer tokens which a real registry checks by their signature. */
export interface TokenService {
  readonly realm: string;
  readonly service: string;
  readonly issuer: string;
  /** The certificate that the registry is to trust. */
  readonly certFile: string;
  /** Query and `with login` or `anonymous` of each request. */
  readonly seen: readonly string[];
  stop(): Promise<void>;
}

/**
 * Starts it on 127.0.0.1 with plain http. Anybody may pull what is below `public/`; this login may pull and push all.
 * https://distribution.github.io/distribution/spec/auth/jwt/
 */
export async function startTokenService(user: string, password: string): Promise<TokenService> {
  const folder = await mkdtemp(join(tmpdir(), 'kvitto-token-'));
  const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  await run('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
    ...['-subj', '/CN=kvitto test token service', '-keyout', keyFile, '-out', certFile],
  ]);
  const key = await readFile(keyFile, 'utf8');
  const certificate = (await readFile(certFile, 'utf8')).replace(/-----[A-Z ]+-----|\s/g, '');
  const [service, issuer] = ['kvitto-test-registry', 'kvitto-test-issuer'];
  const login = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  const seen: string[] = [];
  const server = createServer((request, response) => {
    const query = new URL(request.url ?? '/', 'http://service').searchParams;
    const known = request.headers.authorization === login;
    seen.push(`${query} ${known ? 'with login' : 'anonymous'}`);
    if (request.headers.authorization !== undefined && !known) return response.writeHead(401).end('{}');
    const access = query.getAll('scope').flatMap((scope) => {
      const [type = '', name = '', actions = ''] = scope.split(':');
      const allowed = actions.split(',').filter((action) => known || (action === 'pull' && name.startsWith('public/')));
      return [{ type, name, actions: allowed }];
    });
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: issuer,
      sub: known ? user : '',
      aud: service,
      iat: now,
      nbf: now - 5,
      exp: now + 300,
      access,
    };
    const text = [
      { typ: 'JWT', alg: 'ES256', x5c: [certificate] },
      { ...claims, jti: String(seen.length) },
    ]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    const signature = sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url');
    return response.end(JSON.stringify({ token: `${text}.${signature}`, expires_in: 300 }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    realm: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`,
    service,
    issuer,
    certFile,
    seen,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
