#!/usr/bin/env node
// In the repository the sources run as they are; in the published package there is only the bundle.
import { existsSync } from 'node:fs';

if (Number(process.versions.node.split('.')[0]) < 24) {
  process.stderr.write(
    `kvitto needs Node 24 or newer, this is ${process.version}. In a clone of the repository "npm ci" brings it: use "npx kvitto".\n`,
  );
  process.exitCode = 2;
} else {
  const source = new URL('../src/cli/main.ts', import.meta.url);
  await import(existsSync(source) ? source.href : new URL('../dist/kvitto.js', import.meta.url).href);
}
