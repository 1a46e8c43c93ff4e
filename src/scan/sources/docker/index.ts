import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError } from '../../../model/errors.ts';
import { type DaemonPlace, type DaemonTls, parseDaemonHost } from '../../daemon-place.ts';
import type { Source, SourceOptions } from '../../source.ts';

/** Images that a Docker daemon holds. */
export const dockerSource: Source = {
  id: 'docker',
  about: 'an image of the Docker daemon (DOCKER_HOST or its usual socket): docker:app:1.2, docker:9f86d081884c',
  // A name alone does not tell whether a daemon has it, and whether one runs here is not the target's to say.
  guess: async () => false,
  async open(target: string, options: SourceOptions) {
    const { openDaemonImage } = await import('../../daemon-image.ts');
    return await openDaemonImage(
      {
        words: {
          name: 'Docker',
          whenAbsent:
            'Start Docker, or set DOCKER_HOST to where it listens; without Docker, use registry: or an archive.',
          whenForbidden: 'Run as a user of the group docker, or with sudo.',
        },
        places: await dockerPlaces(options.env),
        otherNames: () => [],
        pullCommand: 'docker pull',
      },
      target,
      options,
    );
  },
};

/** Docker Engine, rootless Docker and Docker Desktop. */
async function dockerPlaces(env: SourceOptions['env']): Promise<DaemonPlace[]> {
  const named = env['DOCKER_HOST'];
  if (named) {
    const tls = env['DOCKER_TLS_VERIFY'] ? await clientCertificate(env) : null;
    return [parseDaemonHost(named, 'DOCKER_HOST', tls === null ? 2375 : 2376, tls)];
  }
  const { XDG_RUNTIME_DIR: runtime, HOME: home } = env;
  return [
    '/var/run/docker.sock',
    runtime ? `${runtime}/docker.sock` : '',
    home ? `${home}/.docker/run/docker.sock` : '',
    home ? `${home}/.docker/desktop/docker.sock` : '',
  ]
    .filter((path) => path !== '')
    .map((path) => ({ kind: 'unix', path }));
}

/** The files that the Docker client uses with DOCKER_TLS_VERIFY. https://docs.docker.com/engine/security/protect-access/ */
async function clientCertificate(env: SourceOptions['env']): Promise<DaemonTls> {
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
