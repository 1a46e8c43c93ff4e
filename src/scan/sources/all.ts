import type { Source } from '../source.ts';
import { dir } from './dir/index.ts';
import { dockerArchive } from './docker-archive/index.ts';
import { oci } from './oci/index.ts';
import { ociArchive } from './oci-archive/index.ts';

/** Every source, in the order in which a target without a prefix is held against them. */
export const allSources: readonly Source[] = [oci, dir, ociArchive, dockerArchive];
