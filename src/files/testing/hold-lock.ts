/*
 * A process for the lock tests: takes the lock of the folder `argv[2]` as `argv[3]`, says `held`, and keeps it until its
 * standard input ends or it is killed.
 */
import { text } from 'node:stream/consumers';
import { withFolderLock } from '../lock.ts';

const [, , folder = '', name = ''] = process.argv;
await withFolderLock(folder, { what: 'the shop', name, now: new Date('2026-03-01T00:00:00Z'), waitMs: 0 }, async () => {
  process.stdout.write('held\n');
  await text(process.stdin);
});
process.stdout.write('left\n');
