// Bundles the command line into dist/: one entry, and chunks that are loaded when a command needs them.
import { readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';

const root = join(import.meta.dirname, '..');
const outdir = join(root, 'dist');
rmSync(outdir, { recursive: true, force: true });

/** What dependencies do when they are loaded, in every run, done for less or only where it is needed. */
const deferred: readonly { readonly file: RegExp; readonly from: string; readonly to: string }[] = [
  {
    // A collator costs 8 ms, and all that it sorts here is a short list of English words.
    file: /packageurl-js\/src\/strings\.js$/,
    from: 'const { compare: localeCompare } = new Intl.Collator()',
    to: 'const localeCompare = (a, b) => (a < b ? -1 : a > b ? 1 : 0)',
  },
  {
    // Loads the network too; only for commands that are programs of their own, which Kvitto has none of.
    file: /commander\/lib\/command\.js$/,
    from: "import childProcess from 'node:child_process';",
    to: "const childProcess = { spawn: (...args) => process.getBuiltinModule('node:child_process').spawn(...args) };",
  },
  {
    // An import asks for every property, also for standard input and the diagnostic report.
    file: /commander\/lib\/command\.js$/,
    from: "import process from 'node:process';",
    to: '',
  },
];

const deferring: Plugin = {
  name: 'deferring',
  setup({ onLoad }) {
    onLoad({ filter: /(packageurl-js|commander)[\\/].*\.js$/ }, ({ path }) => {
      let contents = readFileSync(path, 'utf8');
      for (const { file, from, to } of deferred) {
        if (!file.test(path.replaceAll('\\', '/'))) continue;
        if (!contents.includes(from)) throw new Error(`${path} no longer holds: ${from}`);
        contents = contents.replace(from, () => to);
      }
      return { contents, loader: 'js' };
    });
  },
};

await build({
  entryPoints: { kvitto: join(root, 'src/cli/main.ts') },
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
  plugins: [deferring],
});
process.stdout.write(`dist/kvitto.js ${statSync(join(outdir, 'kvitto.js')).size} bytes\n`);
