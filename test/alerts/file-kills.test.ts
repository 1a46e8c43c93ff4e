// The sink `file` in a process that is killed while it writes.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { file } from '../../src/alerts/sinks/file/index.ts';
import { sampleChange } from '../../src/alerts/testing/sample-events.ts';
import { sinkContext } from '../../src/alerts/testing/sink-acceptance.ts';
import { root, scratch } from '../real/parts.ts';

const kills = 50;
const batch = 100;

test(`a writer that is killed ${kills} times loses nothing that it delivered, and leaves whole lines`, async (t) => {
  const folder = scratch('file-kills');
  const path = join(folder, 'events.json');
  const delivered: number[] = [];
  let torn = 0;
  for (let kill = 0; kill < kills; kill++) {
    const writer = join(root, 'src/alerts/sinks/file/testing/write-forever.ts');
    const child = spawn(process.execPath, [writer, path, String(kill * 1_000_000)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let printed = '';
    const closed = once(child, 'close');
    child.stdout.on('data', (chunk: Buffer) => {
      if (printed === '') setTimeout(() => child.kill('SIGKILL'), (kill % 10) * 3);
      printed += chunk.toString();
    });
    await closed;
    delivered.push(...printed.split('\n').slice(0, -1).map(Number));
    if (readFileSync(path).at(-1) !== 0x0a) torn++;
    // The file stays small, and what was torn is left for the next to find.
    else if (statSync(path).size > 50_000_000) renameSync(path, `${path}.${kill}`);
  }
  const settings = file.settings.parse({ path, format: 'json' });
  assert.deepEqual(await file.deliver([sampleChange('new', 99_000_000)], settings, sinkContext()), {
    delivered: 1,
    stopped: null,
  });
  const found = new Set<string>();
  for (const name of readdirSync(folder)) {
    const lines = readFileSync(join(folder, name), 'latin1').split('\n');
    assert.equal(lines.pop(), '');
    for (const line of lines) found.add(JSON.parse(line).id);
  }
  assert.ok(delivered.length >= kills, `${delivered.length} deliveries`);
  const missing = delivered.flatMap((n) =>
    Array.from({ length: batch }, (_, i) => sampleChange('new', n + i).id).filter((id) => !found.has(id)),
  );
  assert.deepEqual(missing, []);
  t.diagnostic(`${delivered.length} deliveries of ${batch} events, ${torn} of ${kills} kills left a torn line`);
});
