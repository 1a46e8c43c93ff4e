import { type DaemonPlace, parseDaemonHost } from '../../daemon-socket.ts';
import type { Source, SourceOptions } from '../../source.ts';

const defaultPort = 2375;

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
        places: dockerPlaces(options.env),
        otherNames: () => [],
        pullCommand: 'docker pull',
      },
      target,
      options,
    );
  },
};

/** Docker Engine, rootless Docker and Docker Desktop. */
function dockerPlaces(env: SourceOptions['env']): DaemonPlace[] {
  const named = env['DOCKER_HOST'];
  if (named) return [parseDaemonHost(named, 'DOCKER_HOST', defaultPort)];
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
