import { guessArchive, openArchive } from '../../archive/open-archive.ts';
import type { Source } from '../../source.ts';

/** An OCI image layout in a tar file. */
export const ociArchive: Source = {
  id: 'oci-archive',
  about: 'OCI image layout in a tar file, as buildah and skopeo write it (oci-archive:app.tar)',
  guess: async (target) => (await guessArchive(target)) === 'oci',
  open: openArchive,
};
