import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError } from '../model/errors.ts';
import { type DaemonPlace, type DaemonTls, parseDaemonHost } from './daemon-place.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const podmanPort = 8080;

/** What to do where a socket may not be used, by daemon. */
export const whenForbidden = {
  docker: 'Run as a user of the group docker, or with sudo.',
  podman: 'Use the socket of this user ($XDG_RUNTIME_DIR/podman/podman.sock), or run with sudo.',
} as const;

/**
 * Where Docker may listen, in the order to try: `DOCKER_HOST` alone, or the sockets of Docker Engine, rootless Docker and
 * Docker Desktop. Throws `usage`, `source-unsupported` or `config-invalid` for an environment that says nothing usable.
 */
export async function dockerPlaces(env: Environment): Promise<DaemonPlace[]> {
  const named = env['DOCKER_HOST'];
  if (named) {
    const tls = env['DOCKER_TLS_VERIFY'] ? await clientCertificate(env) : null;
    return [parseDaemonHost(named, 'DOCKER_HOST', tls === null ? 2375 : 2376, tls)];
  }
  const { XDG_RUNTIME_DIR: runtime, HOME: home } = env;
  return sockets([
    '/var/run/docker.sock',
    runtime ? `${runtime}/docker.sock` : '',
    home ? `${home}/.docker/run/docker.sock` : '',
    home ? `${home}/.docker/desktop/docker.sock` : '',
  ]);
}

/** Where podman may serve: `CONTAINER_HOST` alone, or this user's podman before the one of root. Throws as `dockerPlaces`. */
export function podmanPlaces(env: Environment): DaemonPlace[] {
  const named = env['CONTAINER_HOST'];
  if (named) return [parseDaemonHost(named, 'CONTAINER_HOST', podmanPort)];
  const runtime = env['XDG_RUNTIME_DIR'];
  return sockets([runtime ? `${runtime}/podman/podman.sock` : '', '/run/podman/podman.sock']);
}

function sockets(paths: readonly string[]): DaemonPlace[] {
  return paths.filter((path) => path !== '').map((path) => ({ kind: 'unix', path }));
}

/** The files that the Docker client uses with DOCKER_TLS_VERIFY. https://docs.docker.com/engine/security/protect-access/ */
async function clientCertificate(env: Environment): Promise<DaemonTls> {
  const folder = env['DOCKER_CERT_PATH'] || `${env['HOME'] ?? ''}/.docker`;
  const read = async (name: string): Promise<string> => {
    try {
      return await readFile(join(folder, name), 'utf8');
    } catch (cause) {
      throw new CodedError('config-invalid', `DOCKER_TLS_VERIFY is set, but ${join(folder, name)} cannot be read.`, {
        remedy: 'Set DOCKER_CERT_PATH to the folder with ca.pem, cert.pem and key.pem.',
        cause,
      });
    }
  };
  return { ca: await read('ca.pem'), cert: await read('cert.pem'), key: await read('key.pem') };
}
