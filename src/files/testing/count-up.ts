/*
 * A process for the lock tests: adds one to the number in the file `counter` of the folder `argv[2]`, `argv[3]` times, each
 * time under the folder's lock.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { withFolderLock } from '../lock.ts';

const [, , folder = '', times = ''] = process.argv;
const file = path.join(folder, 'counter');
for (let n = 0; n < Number(times); n += 1) {
  await withFolderLock(folder, { what: 'the counter', name: 'count', now: new Date(), waitMs: 20_000 }, async () => {
    const before = Number(readFileSync(file, 'utf8'));
    await turn();
    writeFileSync(file, String(before + 1));
  });
}
