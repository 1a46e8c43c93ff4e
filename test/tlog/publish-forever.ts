// Publishes to a log in a folder until it is killed: for kill.test.ts. Prints the size after each publish.
import { writeSync } from 'node:fs';
import { openLog } from '../../src/tlog/log.ts';
import { verifierOf } from '../../src/tlog/note.ts';
import { openKeyFile } from '../../src/tlog/signer.ts';
import { fileStorage } from '../../src/tlog/storage/files.ts';

const [folder = '', key = '', origin = ''] = process.argv.slice(2);
const signer = await openKeyFile(key, origin);
const verifiers = [verifierOf(origin, signer.publicKey)];
const log = await openLog({ storage: fileStorage(folder), origin, verifiers });
for (let round = 0; ; round++) {
  const step = [1, 3, 1, 90, 2][round % 5] ?? 1;
  const from = log.size;
  await log.publish(
    Array.from({ length: step }, (_, i) => Buffer.from(`entry ${from + i}`)),
    signer,
    from,
  );
  writeSync(1, `${log.size}\n`);
}
