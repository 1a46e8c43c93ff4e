import type { Artifact } from '../model/inventory.ts';
import { formatPurl } from '../model/purl.ts';

/** `repository:tag@digest` in its parts. */
export interface ImageName {
  readonly repository: string;
  readonly tag: string | null;
}

/** Takes a reference apart. A colon before the last slash belongs to a port. */
export function imageName(reference: string): ImageName {
  const at = reference.indexOf('@');
  const plain = at < 0 ? reference : reference.slice(0, at);
  const colon = plain.lastIndexOf(':');
  if (colon <= plain.lastIndexOf('/')) return { repository: plain, tag: null };
  return { repository: plain.slice(0, colon), tag: plain.slice(colon + 1) };
}

/** The purl of an artifact that is an image known by its manifest digest; null for others. */
export function artifactPurl(artifact: Artifact): string | null {
  if (artifact.kind !== 'image' || artifact.digestOf !== 'manifest') return null;
  return imagePurl({ ...artifact, name: artifact.references[0] ?? artifact.name });
}

/** The purl of an image by its manifest digest; null where its name cannot be one. https://github.com/package-url/purl-spec (oci) */
export function imagePurl(artifact: Pick<Artifact, 'name' | 'platform' | 'digest'>): string | null {
  const { repository, tag } = imageName(artifact.name);
  const name = repository.slice(repository.lastIndexOf('/') + 1).toLowerCase();
  const arch = artifact.platform?.split('/')[1];
  const qualifiers = {
    ...(arch !== undefined && { arch }),
    ...(repository.includes('/') && { repository_url: repository.toLowerCase() }),
    ...(tag !== null && { tag }),
  };
  try {
    return formatPurl({ type: 'oci', name, version: artifact.digest, qualifiers });
  } catch {
    // The name is the user's or an archive's and may hold nothing that a purl can carry.
    return null;
  }
}
