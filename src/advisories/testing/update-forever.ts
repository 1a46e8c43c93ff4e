/*
 * A process for the kill test: updates the store in `argv[2]` from the folders `argv[3]` and `argv[4]` in turn, until it is
 * killed. Says `ready` once the first update is in.
 */
import { updateStore } from '../update.ts';

const [, , home = '', ...bases] = process.argv;
for (let round = 0; ; round += 1) {
  const base = bases[round % bases.length] ?? '';
  await updateStore({ home, base, ecosystems: null, now: new Date('2026-03-01T00:00:00Z') });
  if (round === 0) process.stdout.write('ready\n');
}
