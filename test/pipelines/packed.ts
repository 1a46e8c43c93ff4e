import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../real/parts.ts';
import { checkoutIn, withDependencies } from './stage.ts';

/** The file that `npm run pack` writes in a clone, made in a clone of its own so that no other test's bundle is replaced. */
export function packIn(folder: string): string {
  const clone = withDependencies(checkoutIn(join(folder, 'clone')));
  const out = join(folder, 'packed');
  mkdirSync(out, { recursive: true });
  run(process.execPath, ['scripts/pack.ts', out], { cwd: clone });
  const [file] = readdirSync(out);
  if (file === undefined) throw new Error('npm run pack wrote nothing');
  return join(out, file);
}
