// Makes the package that is published: the bundle, without what only this repository needs (Node itself, sources, development).
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

const root = join(import.meta.dirname, '..');
const target = process.argv[2] ?? root;
const stage = mkdtempSync(join(tmpdir(), 'kvitto-pack-'));
try {
  execFileSync(process.execPath, [join(root, 'scripts/build.ts')], { stdio: 'inherit' });
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  for (const name of manifest.files) cpSync(join(root, name), join(stage, name), { recursive: true });
  rmSync(join(stage, 'demo/source'), { recursive: true, force: true });
  // Everything is in the bundle.
  const { dependencies, devDependencies, optionalDependencies, scripts, ...published } = manifest;
  writeFileSync(join(stage, 'package.json'), `${JSON.stringify(published, null, 2)}\n`);
  const { messages } = await publint({ pkgDir: stage, strict: true });
  for (const message of messages) process.stderr.write(`${formatMessage(message, published)}\n`);
  if (messages.some(({ type }) => type === 'error')) throw new Error('publint found errors');
  execFileSync('npm', ['pack', '--loglevel=error', '--pack-destination', target], { cwd: stage, stdio: 'inherit' });
} finally {
  rmSync(stage, { recursive: true, force: true });
}
