// A disk that fills up: a small file system of its own where this process may make one.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { deployAll } from '../../src/ledger/record/deploy.ts';
import { checkTables } from './kills.ts';
import { newFolder, open, removeFolder } from './place.ts';
import { deployRequest } from './samples.ts';

/** Why no file system of a few megabytes can be made at `folder`; null where one was. */
function mountSmall(folder: string): string | null {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=12m', 'tmpfs', folder], { stdio: 'pipe' });
    return null;
  } catch {
    return 'no small file system can be mounted here (that takes root): A FULL DISK WAS NOT TESTED';
  }
}

const words = 'x'.repeat(2_000);

/** Deploys until it fails; what was acknowledged, and what it failed with. */
async function fill(ledger: Ledger): Promise<{ acknowledged: number; failure: unknown }> {
  for (let acknowledged = 0; ; acknowledged += 10) {
    const requests = Array.from({ length: 10 }, (_, i) => deployRequest({ service: `s${i}`, change: words }));
    try {
      await deployAll(ledger, requests);
    } catch (failure) {
      return { acknowledged, failure };
    }
    assert.ok(acknowledged < 100_000, 'the disk fills up');
  }
}

test('a full disk loses nothing that was acknowledged, and says what it is; room for more ends it', async (t) => {
  const root = newFolder();
  const problem = mountSmall(root);
  try {
    if (problem !== null) {
      t.skip(problem);
      return;
    }
    const ballast = join(root, 'ballast');
    writeFileSync(ballast, Buffer.alloc(8_000_000));
    const place = { folder: join(root, 'ledger'), databaseUrl: null };
    const ledger = await open(place, null);
    const { acknowledged, failure } = await fill(ledger);
    assert.ok(failure instanceof Error && 'code' in failure);
    assert.equal(failure.code, 'disk-full', failure.message);
    assert.equal((await ledger.state()).size, 1 + acknowledged);
    await assert.rejects(ledger.publish(), { code: 'disk-full' });
    await assert.rejects(deployAll(ledger, [deployRequest({ change: words.repeat(20) })]), { code: 'disk-full' });
    rmSync(ballast);
    await ledger.close();
    const again = await open(place, null);
    assert.equal((await again.state()).size, 1 + acknowledged);
    const [deployed] = await deployAll(again, [deployRequest()]);
    assert.equal(deployed?.deployment, 1 + acknowledged);
    await again.close();
    await checkTables(place);
  } finally {
    if (problem === null) execFileSync('umount', ['-l', root]);
    removeFolder(root);
  }
});
