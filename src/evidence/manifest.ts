import { z } from 'zod';
import type { Digest } from '../model/inventory.ts';
import type { AskedFor, Made } from './answer.ts';
import type { Role } from './layout.ts';
import { digest, instant, parseShape, readJson } from './shapes/values.ts';

/** A file of a pack, but for the manifest itself. */
export interface ManifestFile {
  readonly path: string;
  readonly sha256: Digest;
  readonly sizeBytes: number;
  readonly role: Role | 'answer' | 'log' | 'key';
}

/** `manifest.json`. Nothing signs it: whatever it says is held against the log. */
export interface PackManifest {
  readonly schema: 'kvitto-manifest-1';
  readonly request: AskedFor;
  readonly made: Made;
  /** Whether the pack holds every entry of the log. */
  readonly wholeLog: boolean;
  /** Indexes of the entries that the answer rests on. */
  readonly entries: readonly number[];
  /** Sorted by path. */
  readonly files: readonly ManifestFile[];
}

const shape = z.strictObject({
  schema: z.literal('kvitto-manifest-1'),
  request: z.strictObject({
    service: z.string(),
    environment: z.string().nullable(),
    from: instant,
    to: instant,
    asOf: instant,
    maxFeedAgeMs: z.number().min(0).nullable(),
  }),
  made: z.strictObject({ at: instant, tool: z.string().max(200) }),
  wholeLog: z.boolean(),
  entries: z.array(z.int().min(0)).max(65_535),
  files: z
    .array(
      z.strictObject({
        path: z.string(),
        sha256: digest,
        sizeBytes: z.int().min(0),
        role: z.enum([
          'inventory',
          'sbom',
          'report',
          'policy',
          'feeds',
          'knowledge',
          'observation',
          'decisions',
          'decision-evidence',
          'text',
          'stamp',
          'repair-report',
          'conditions',
          'alert',
          'answer',
          'log',
          'key',
        ]),
      }),
    )
    .max(65_535),
});

export function manifestText(manifest: PackManifest): string {
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

/** Throws `document-invalid` naming the field. */
export function readManifest(bytes: Uint8Array): PackManifest {
  return parseShape<PackManifest>(shape, readJson(bytes, 'manifest.json'), 'manifest.json');
}
