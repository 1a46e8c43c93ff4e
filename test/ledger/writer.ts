// A process that deploys, and tells each deployment that was acknowledged. Its argument says where and how many.
import { writeSync } from 'node:fs';
import { deployAll } from '../../src/ledger/record/deploy.ts';
import { open, type Place } from './place.ts';
import { deployRequest } from './samples.ts';

interface Work extends Place {
  readonly name: string;
  /** Batches; 0: until it is killed. */
  readonly count: number;
  /** Deployments of one batch; 1 unless given. */
  readonly batch?: number;
  /** Publishes after so many batches; 0: never. */
  readonly publishEach: number;
}

const work: Work = JSON.parse(process.argv[2] ?? '');
const ledger = await open(work, null, { name: work.name });
for (let n = 1; work.count === 0 || n <= work.count; n++) {
  const requests = Array.from({ length: work.batch ?? 1 }, (_, i) =>
    deployRequest({ service: `${work.name}-${n % 5}`, change: `${n}.${i}` }),
  );
  const deployed = await deployAll(ledger, requests);
  // At once, and not when the process has time: what is told was acknowledged, and what was acknowledged is told.
  writeSync(1, deployed.map((d) => `${d.deployment} ${d.fact.service} ${d.fact.change}\n`).join(''));
  if (work.publishEach > 0 && n % work.publishEach === 0) await ledger.publish();
}
await ledger.close();
