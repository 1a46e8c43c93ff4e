// A process that publishes is killed at random instants; what it said it published is there, and the log goes on.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkLog } from '../../src/tlog/check.ts';
import { formatVkey, parseVkey } from '../../src/tlog/note.ts';
import { makeKeyFile } from '../../src/tlog/signer.ts';
import { fileStorage } from '../../src/tlog/storage/files.ts';
import { verifyLog } from './independent-verifier.ts';

const kills = Number(process.env['KVITTO_TLOG_KILLS'] ?? 6);

test(`${kills} kills while publishing: nothing that was published is lost`, async () => {
  const scratch = mkdtempSync(join(tmpdir(), 'tlog-kill-'));
  try {
    const origin = 'example.com/killed';
    const folder = join(scratch, 'log');
    const key = join(scratch, 'key.pem');
    const vkey = formatVkey(await makeKeyFile(key, origin));
    let known = 0;
    for (let kill = 0; kill < kills; kill++) {
      known = Math.max(known, await publishUntilKilled([folder, key, origin], Math.random() * 60));
      const { size, entries } = verifyLog(folder, origin, vkey);
      assert.ok(size >= known, `published ${known}, found ${size}`);
      assert.deepEqual(
        entries.map(String),
        Array.from({ length: size }, (_, i) => `entry ${i}`),
      );
      const { faults } = await checkLog(fileStorage(folder), { origin, verifiers: [parseVkey(vkey)] });
      assert.deepEqual(faults, []);
    }
    assert.ok(known > kills);
    assert.ok(readdirSync(folder).includes('checkpoint'));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
});

/** Runs the publisher until some time after its first publish, and gives the last size that it printed whole. */
function publishUntilKilled(args: readonly string[], afterMs: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'publish-forever.ts'), ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let printed = '';
    const giveUp = setTimeout(() => child.kill('SIGKILL'), 30_000);
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      if (printed === '') setTimeout(() => child.kill('SIGKILL'), afterMs);
      printed += chunk;
    });
    child.on('error', reject).on('close', (_, signal) => {
      clearTimeout(giveUp);
      if (signal !== 'SIGKILL') reject(new Error(`the publisher ended by itself: ${signal}`));
      resolve(Number(printed.split('\n').at(-2) ?? 0));
    });
  });
}
