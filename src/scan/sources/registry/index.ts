import { stat } from 'node:fs/promises';
import { CodedError } from '../../../model/errors.ts';
import { formatReference, parseReference } from '../../registry-client/reference.ts';
import type { Source, SourceOptions } from '../../source.ts';

/** Images of a registry that speaks the OCI distribution specification 1.1 or Docker Registry HTTP API V2. */
export const registrySource: Source = {
  id: 'registry',
  about: 'an image in a registry: registry:registry.example/team/app:1.2, registry:debian@sha256:…',

  async guess(target: string): Promise<boolean> {
    try {
      parseReference(target);
    } catch {
      return false;
    }
    // `image.tar` in this folder reads as an image of Docker Hub too.
    return !(await stat(target).then(
      () => true,
      () => false,
    ));
  },

  async open(target: string, options: SourceOptions) {
    const reference = parseReference(target);
    if (options.offline) {
      throw new CodedError(
        'source-unreachable',
        `${formatReference(reference)}: a registry cannot be asked with --offline.`,
        { remedy: 'Save the image to a file and scan that (docker save, skopeo copy), or leave --offline out.' },
      );
    }
    // Loaded only here: scans of local files do without a network client.
    const { openRegistryImage } = await import('./registry-image.ts');
    return await openRegistryImage(target, reference, options);
  },
};
