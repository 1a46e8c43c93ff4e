import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { storePaths } from './paths.ts';
import { verifyStore } from './store/verify.ts';
import { osvRecord, writeFeeds } from './testing/feeds-folder.ts';
import { updateStore } from './update.ts';

const kills = Number(process.env['KVITTO_KILLS'] ?? 6);
const now = new Date('2026-03-01T00:00:00Z');

function content(fixed: string) {
  const records = Array.from({ length: 400 }, (_, n) => osvRecord(`GO-${n}`, 'Go', `example.org/${n}`, fixed));
  return { osv: { Go: records }, epss: [{ cve: 'CVE-2025-1000', epss: 0.5, percentile: 0.5 }], kev: [], eukev: [] };
}

test('an update killed at any moment leaves the old store or the new one, complete, and no lock', {
  timeout: 120_000,
}, async (t) => {
  const root = mkdtempSync(path.join(tmpdir(), 'kvitto-kill-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const [home, a, b] = [path.join(root, 'home'), path.join(root, 'a'), path.join(root, 'b')];
  writeFeeds(a, content('1'));
  writeFeeds(b, content('2'));
  const digests = new Set<string>();
  for (const base of [a, b]) {
    digests.add(
      (await updateStore({ home: path.join(root, 'expected'), base, ecosystems: null, now })).snapshot.digest,
    );
  }
  assert.equal(digests.size, 2);
  const program = path.join(import.meta.dirname, 'testing', 'update-forever.ts');
  const left = new Set<string>();
  for (let round = 0; round < kills; round += 1) {
    const child = spawn(process.execPath, [program, home, a, b], { stdio: ['ignore', 'pipe', 'inherit'] });
    const exit = once(child, 'exit');
    await once(child.stdout, 'data');
    // Spread over more than one whole update, so that every step of it is hit by some round.
    await pause(Math.random() * 60);
    child.kill('SIGKILL');
    await exit;
    const snapshot = verifyStore(storePaths(home).store);
    assert.ok(digests.has(snapshot.digest));
    for (const name of readdirSync(storePaths(home).folder)) left.add(name);
  }
  t.diagnostic(`${kills} kills; files seen afterwards: ${[...left].sort().join(' ')}`);
  await updateStore({ home, base: a, ecosystems: null, now });
  assert.deepEqual(readdirSync(storePaths(home).folder).sort(), ['lock.db', 'store.db']);
});
