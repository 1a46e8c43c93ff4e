import { podmanPlaces, whenForbidden } from '../../known-daemons.ts';
import type { Source, SourceOptions } from '../../source.ts';

/** Images that podman's API service holds. */
export const podmanSource: Source = {
  id: 'podman',
  about: 'an image of podman (CONTAINER_HOST or its usual socket): podman:localhost/app:1.2',
  // A name alone does not tell whether podman has it, and whether it serves here is not the target's to say.
  guess: async () => false,
  async open(target: string, options: SourceOptions) {
    const { openDaemonImage } = await import('../../daemon-image.ts');
    return await openDaemonImage(
      {
        words: {
          name: 'podman',
          whenAbsent:
            'Start its socket (systemctl --user start podman.socket, or podman system service), or set CONTAINER_HOST; or scan the output of podman save.',
          whenForbidden: whenForbidden.podman,
          instead: 'save the image to a file and scan that',
        },
        places: podmanPlaces(options.env),
        // To the API a short name means Docker Hub; to podman's users it may be an image that was built here.
        otherNames: (name) => (/^[^/]*[.:][^/]*\/|^localhost\//.test(name) ? [] : [`localhost/${name}`]),
        pullCommand: 'podman pull',
      },
      target,
      options,
    );
  },
};
