import { dockerPlaces, whenForbidden } from '../../known-daemons.ts';
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
          whenForbidden: whenForbidden.docker,
          instead: 'save the image to a file and scan that',
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
