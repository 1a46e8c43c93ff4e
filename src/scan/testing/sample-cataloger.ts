import { hash } from 'node:crypto';
import type { Inventory } from '../../model/inventory.ts';
import { formatPurl } from '../../model/purl.ts';
import type { Cataloger } from '../cataloger.ts';
import { type ScanOptions, scan } from '../scan.ts';
import type { DirectorySource, ImageSource } from '../source.ts';

/** A cataloger that finds one component in each `package.json`, named by the path, versioned by its content. */
export const everyPackageJson: Cataloger = {
  id: 'lang/sample',
  about: 'for tests',
  revision: 1,
  maxFileSizeBytes: 1000,
  wants: (file) => file.name === 'package.json',
  catalog: (view) => ({
    components: view.files.map((file) => ({
      purl: formatPurl({
        type: 'generic',
        name: file.path.replaceAll('/', '.'),
        version: hash('sha256', file.bytes).slice(0, 12),
      }),
      name: file.path,
      version: Buffer.from(file.bytes).toString().trim(),
      foundBy: 'lang/sample',
      locations: [{ path: file.path, layer: file.layer }],
      direct: null,
      dev: false,
      licenses: [],
      dependsOn: [],
    })),
    problems: [],
  }),
};

/** A scan with one sample cataloger and the usual options. */
export function sampleScan(
  opened: ImageSource | DirectorySource,
  options: Partial<ScanOptions> = {},
): Promise<Inventory> {
  return scan(opened, {
    catalogers: [everyPackageJson],
    includeDev: false,
    skipDirs: [],
    skipFiles: [],
    signal: new AbortController().signal,
    ...options,
  });
}

/** What was found, shortly: path, content, and which layer it came from (-1 outside images). */
export function found(inventory: Inventory): [path: string, content: string, layer: number][] {
  return inventory.components.flatMap((component) =>
    component.locations.map(({ path, layer }): [string, string, number] => {
      return [path, component.version, inventory.artifact.layers.findIndex(({ diffId }) => diffId === layer)];
    }),
  );
}
