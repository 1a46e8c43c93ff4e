// Builds the images that are scanned: Debian with a Node application, and one with five times as many files and bytes.
import { closeSync, copyFileSync, existsSync, mkdirSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import {
  appRoot,
  copyImage,
  debianRoot,
  imageTools,
  nodeProject,
  ociLayout,
  vulnerablePackages,
} from '../test/real/images.ts';
import { run, skipWithout } from '../test/real/parts.ts';

const dependencies = { lodash: '4.17.20', minimist: '1.2.5', express: '4.17.1', jquery: '3.4.1', axios: '0.21.1' };
const copies = [1, 2, 3, 4];

export interface BenchImage {
  readonly name: string;
  /** As `kvitto scan` takes it. */
  readonly target: string;
  /** As the floor takes it. */
  readonly path: string;
}

/** The images, built in `folder` unless they are there; the reason where this machine cannot. */
export function benchImages(folder: string): readonly BenchImage[] | string {
  const ready = join(folder, 'ready');
  if (!existsSync(ready)) {
    const skip = skipWithout([...imageTools, 'npm'], true);
    if (skip !== false) return skip;
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    build(folder);
    closeSync(openSync(ready, 'w'));
  }
  const archive = (name: string, kind: string, file: string): BenchImage => {
    return { name, target: `${kind}:${join(folder, file)}`, path: join(folder, file) };
  };
  const layout = join(folder, 'layout');
  return [
    archive('docker archive', 'docker-archive', 'docker.tar'),
    { name: 'OCI layout, gzip', target: `oci:${layout}:app`, path: layout },
    archive('OCI archive, gzip', 'oci-archive', 'gzip.tar'),
    archive('OCI archive, zstd', 'oci-archive', 'zstd.tar'),
    archive('docker archive, 5 x', 'docker-archive', 'docker-5.tar'),
    archive('OCI archive, gzip, 5 x', 'oci-archive', 'gzip-5.tar'),
    archive('OCI archive, zstd, 5 x', 'oci-archive', 'zstd-5.tar'),
  ];
}

function build(folder: string): void {
  const rootTar = debianRoot('bookworm', vulnerablePackages());
  const app = appRoot(folder, nodeProject(folder, dependencies));
  const layout = ociLayout(folder, 'layout', rootTar, { from: app, to: '/srv' });
  shapes(folder, layout, '');
  const five = ociLayout(folder, 'layout-5', rootTar, { from: app, to: '/srv' });
  const copy = join(folder, 'copy.tar');
  for (const n of copies) {
    moved(rootTar, copy, `copy${n}`);
    run('umoci', ['raw', 'add-layer', '--image', `${five}:app`, copy]);
    run('umoci', ['insert', '--image', `${five}:app`, app, `/srv${n}`]);
  }
  shapes(folder, five, '-5');
  for (const each of [copy, five, app, join(folder, 'node-app')]) rmSync(each, { recursive: true, force: true });
}

function shapes(folder: string, layout: string, suffix: string): void {
  const to = (name: string) => join(folder, `${name}${suffix}.tar`);
  copyImage(`oci:${layout}:app`, `docker-archive:${to('docker')}:demo:1`);
  copyImage(`oci:${layout}:app`, `oci-archive:${to('gzip')}:1`);
  copyImage(`oci:${layout}:app`, `oci-archive:${to('zstd')}:1`, '--dest-compress-format', 'zstd');
}

/**
 * Copies a tar with every entry one folder deeper, by the prefix field of its header (POSIX ustar). Entries whose long
 * name stands in an extended header keep it, and replace themselves: they are few.
 */
function moved(from: string, to: string, prefix: string): void {
  copyFileSync(from, to);
  const file = openSync(to, 'r+');
  const header = Buffer.alloc(512);
  for (let at = 0; readSync(file, header, 0, 512, at) === 512; ) {
    const size = Number.parseInt(header.toString('latin1', 124, 135), 8) || 0;
    if (header[345] === 0 && header.toString('latin1', 257, 263) === 'ustar\0') {
      header.write(prefix, 345, 'latin1');
      header.fill(' ', 148, 156);
      const sum = header.reduce((total, byte) => total + byte, 0);
      header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
      writeSync(file, header, 0, 512, at);
    }
    at += 512 + Math.ceil(size / 512) * 512;
  }
  closeSync(file);
}
