import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TokenService } from './token-service.ts';
import { run, startServer } from './tool.ts';

export interface RegistryServerOptions {
  /** With a certificate that signs itself; its file is `caFile` of the result. */
  readonly tls?: boolean;
  /** Wants this login (Basic). */
  readonly user?: string;
  readonly password?: string;
  /** Sends its clients to a token service; logins of skopeo are then meant for that service. */
  readonly token?: TokenService;
}

/** Debian's docker-registry on a free port of 127.0.0.1. */
export interface RegistryServer {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  readonly caFile: string | null;
  /** The registry's own files. */
  readonly storage: string;
  /** Its log, one line of text for each request. */
  log(): string;
  /** Arguments of skopeo to copy to it and from it. */
  readonly toArgs: readonly string[];
  readonly fromArgs: readonly string[];
  stop(): Promise<void>;
}

/** Programs that `startRegistry` needs. */
export const registryPrograms = ['docker-registry', 'htpasswd', 'openssl', 'skopeo'] as const;

/** Starts a registry; ready in about 0.2 s. Its folder is removed when it is stopped. */
export async function startRegistry(options: RegistryServerOptions = {}): Promise<RegistryServer> {
  const { tls = false, user, password, token } = options;
  const folder = await mkdtemp(join(tmpdir(), 'kvitto-registry-'));
  const config: Record<string, unknown> = {
    version: 0.1,
    log: { level: 'info' },
    storage: { filesystem: { rootdirectory: join(folder, 'data') }, delete: { enabled: true } },
  };
  const http: Record<string, unknown> = { addr: '127.0.0.1:0' };
  if (tls) {
    const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'ca.crt')];
    await run('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
      ...['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'],
      ...['-keyout', key, '-out', certificate],
    ]);
    http['tls'] = { certificate, key };
  }
  if (token !== undefined) {
    const { realm, service, issuer, certFile } = token;
    config['auth'] = { token: { realm, service, issuer, rootcertbundle: certFile } };
  } else if (user !== undefined && password !== undefined) {
    await writeFile(join(folder, 'htpasswd'), await run('htpasswd', ['-Bbn', user, password]));
    config['auth'] = { htpasswd: { realm: 'kvitto test', path: join(folder, 'htpasswd') } };
  }
  // JSON is YAML.
  await writeFile(join(folder, 'config.yml'), JSON.stringify({ ...config, http }));
  const address = /listening on (127\.0\.0\.1:[1-9]\d*)/;
  const server = await startServer(
    'docker-registry',
    ['serve', join(folder, 'config.yml')],
    (log) => address.test(log),
    {
      env: { PATH: process.env['PATH'] ?? '', OTEL_TRACES_EXPORTER: 'none' },
    },
  ).catch(async (error: unknown) => {
    await rm(folder, { recursive: true, force: true });
    throw error;
  });
  const skopeoArgs = (side: 'src' | 'dest'): string[] => [
    ...(tls ? [`--${side}-cert-dir`, folder] : [`--${side}-tls-verify=false`]),
    ...(user === undefined ? [] : [`--${side}-creds`, `${user}:${password}`]),
  ];
  return {
    host: address.exec(server.log())?.[1] ?? '',
    caFile: tls ? join(folder, 'ca.crt') : null,
    storage: join(folder, 'data'),
    log: server.log,
    toArgs: skopeoArgs('dest'),
    fromArgs: skopeoArgs('src'),
    stop: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Copies an image, with every platform of an index, to the registry with skopeo: `source` as skopeo names it. */
export async function pushImage(
  registry: RegistryServer,
  source: string,
  name: string,
  ...more: string[]
): Promise<void> {
  const args = ['--insecure-policy', 'copy', '-q', '--all', ...registry.toArgs, ...more];
  await run('skopeo', [...args, source, `docker://${registry.host}/${name}`]);
}
