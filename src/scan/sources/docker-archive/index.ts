import { guessArchive, openArchive } from '../../archive/open-archive.ts';
import type { Source } from '../../source.ts';

/** What `docker save`, `podman save`, skopeo and `ctr images export` write. */
export const dockerArchive: Source = {
  id: 'docker-archive',
  about:
    'archive of docker save, podman save, skopeo or containerd (docker-archive:app.tar, docker-archive:all.tar:app:1)',
  guess: async (target) => (await guessArchive(target)) === 'tar',
  open: openArchive,
};
