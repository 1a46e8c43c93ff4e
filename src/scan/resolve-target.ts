import { existsSync } from 'node:fs';
import { CodedError } from '../model/errors.ts';
import { clip } from '../model/problem.ts';
import type { Source } from './source.ts';

/** A mistyped file must not be asked for at a registry, under its own name. */
const looksLikeFile = /\.(?:tar|tgz|gz|zst|zip|json)$/i;

/** A source, and what it is to open. */
export interface Resolved {
  readonly source: Source;
  /** The target without prefix. */
  readonly target: string;
}

/**
 * Which source a target means: the one that its prefix names (`docker-archive:app.tar`), else the first that recognises it.
 * Throws `usage` for an empty target, `source-not-found` where none does, and `source-unsupported` where it is a file that no
 * source reads.
 */
export async function resolveTarget(target: string, sources: readonly Source[]): Promise<Resolved> {
  const colon = target.indexOf(':');
  const prefixed = colon > 0 ? sources.find(({ id }) => id === target.slice(0, colon)) : undefined;
  const rest = prefixed === undefined ? target : target.slice(colon + 1);
  if (rest === '')
    throw new CodedError('usage', `The target "${clip(target)}" names nothing.`, { remedy: remedy(sources) });
  if (prefixed !== undefined) return { source: prefixed, target: rest };
  if (looksLikeFile.test(target) && !existsSync(target)) {
    const remedy = `Check the path. If it is the name of an image: registry:${clip(target)}`;
    throw new CodedError('source-not-found', `${clip(target)}: there is no such file.`, { remedy });
  }
  for (const source of sources) if (await source.guess(target)) return { source, target };
  if (existsSync(target)) {
    throw new CodedError(
      'source-unsupported',
      `${clip(target)}: it is there, but it is no image archive that can be read.`,
      {
        remedy:
          'Image archives are tar files, plain or compressed with gzip or zstd; where the copy is cut short, save it again. For an SBOM write sbom:PATH.',
      },
    );
  }
  throw new CodedError(
    'source-not-found',
    `${clip(target)}: neither a file or folder that is there nor the name of an image.`,
    {
      remedy: remedy(sources),
    },
  );
}

function remedy(sources: readonly Source[]): string {
  return `Check the path, or say what it is with one of the prefixes ${sources.map(({ id }) => `${id}:`).join(' ')}`;
}
