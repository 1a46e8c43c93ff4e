// Bundles the command line into dist/: one entry, and chunks that are loaded when a command needs them.
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '..');
const outdir = join(root, 'dist');
rmSync(outdir, { recursive: true, force: true });

await build({
  entryPoints: {
    kvitto: join(root, 'src/cli/main.ts'),
    // Started as a thread, by its file.
    'rescan-worker': join(root, 'src/cli/rescan-worker.ts'),
  },
  outdir,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  chunkNames: 'chunks/[name]-[hash]',
  legalComments: 'linked',
  // CommonJS dependencies in an ESM bundle still ask for require() of Node's own modules.
  banner: {
    js: "import { createRequire as kvittoRequire } from 'node:module';const require = kvittoRequire(import.meta.url);",
  },
  minifySyntax: true,
  minifyWhitespace: true,
  metafile: false,
});
process.stdout.write(`dist/kvitto.js ${statSync(join(outdir, 'kvitto.js')).size} bytes\n`);
