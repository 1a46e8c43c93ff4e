import { readFileSync } from 'node:fs';
import type { Component, Digest } from '../../model/inventory.ts';
import type { Problem } from '../../model/problem.ts';
import type { Cataloger } from '../cataloger.ts';
import { catalogFiles, type SampleFile } from './catalog-files.ts';

/** What a cataloger says of these files: components in full, and as short lines to compare. */
export interface Listing {
  readonly components: readonly Component[];
  readonly problems: readonly Problem[];
  /** `purl`, how it is asked for, and `-> purls` that it needs; `dev` where it is for development. */
  readonly lines: readonly string[];
}

/** Runs a cataloger over files; `layer` null as in a directory. */
export function listing(
  cataloger: Cataloger,
  files: Readonly<Record<string, SampleFile>>,
  layer: Digest | null = null,
): Listing {
  const { view } = catalogFiles(cataloger, files, layer);
  const { components, problems } = cataloger.catalog(view, { os: null, signal: new AbortController().signal });
  return { components, problems, lines: components.map(lineOf) };
}

/** One component as a line. */
export function lineOf({
  purl,
  direct,
  dev,
  dependsOn,
}: Pick<Component, 'purl' | 'direct' | 'dev' | 'dependsOn'>): string {
  const asked = direct === null ? '?' : direct ? 'direct' : 'transitive';
  return [purl, asked, ...(dev ? ['dev'] : []), ...(dependsOn.length > 0 ? ['->', ...dependsOn] : [])].join(' ');
}

/** Files of a folder with test data, under the names that they have in a scan. */
export function testdata(folder: string, names: Readonly<Record<string, string>>): Record<string, Uint8Array> {
  return Object.fromEntries(Object.entries(names).map(([path, name]) => [path, readFileSync(`${folder}/${name}`)]));
}
