import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type FeedsRequest, updateFeeds } from './feeds-update.ts';

const root = join(import.meta.dirname, '../../../..');

/** A request whose process is this program text; the folder is removed with the test. */
function requestOf(t: TestContext, program: string, signal = new AbortController().signal): FeedsRequest {
  const home = mkdtempSync(join(tmpdir(), 'kvitto-feeds-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  const entry = join(home, 'program.mjs');
  writeFileSync(entry, program);
  return { home, base: '/feeds', ecosystems: ['Debian', 'npm'], now: new Date(), entry, signal };
}

test('the process is told what to fetch, and its reports come back', async (t) => {
  const feeds = [{ id: 'kev', state: 'unchanged', why: null, records: 1, badRecords: 0, before: 1, found: null }];
  const document = { schema: 'kvitto-update-1', feeds, snapshot: null, error: null };
  const said = `JSON.stringify({ ...${JSON.stringify(document)}, warnings: [process.argv.slice(2).join(' '), process.env.KVITTO_HOME] })`;
  const request = requestOf(t, `process.stdout.write(${said}); process.exitCode = 4;`);
  const words = 'db update --format json --quiet --timeout 2h --ecosystems Debian,npm --feeds /feeds';
  assert.deepEqual(await updateFeeds(request), { feeds, warnings: [words, request.home] });
});

test('its failure is ours, and an end without a word is one too', async (t) => {
  const error = { code: 'store-busy', message: 'process 1 is at it', remedy: 'wait' };
  const document = { schema: 'kvitto-update-1', feeds: [], warnings: [], snapshot: null, error };
  await assert.rejects(updateFeeds(requestOf(t, `process.stdout.write('${JSON.stringify(document)}')`)), error);
  for (const [program, message] of [
    [
      `process.stderr.write('out of memory'); process.exit(134)`,
      'the update of the feeds ended with 134: out of memory',
    ],
    [
      `process.kill(process.pid, 'SIGKILL'); setInterval(() => {}, 1000)`,
      'the update of the feeds ended with SIGKILL: ',
    ],
    [`process.stdout.write('{"schema":"another"}')`, 'the update of the feeds ended with 0: '],
    [`process.stdout.write('null')`, 'the update of the feeds ended with 0: '],
  ] as const) {
    await assert.rejects(updateFeeds(requestOf(t, program)), { code: 'store-unreadable', message });
  }
});

test('it is ended with the watch', async (t) => {
  const controller = new AbortController();
  const request = requestOf(t, `setInterval(() => {}, 1000)`, controller.signal);
  const updating = updateFeeds(request);
  setTimeout(() => controller.abort(), 50);
  await assert.rejects(updating, { code: 'aborted' });
});

test('the real program gives the same reports as this process', async (t) => {
  const base = join(root, 'demo/feeds');
  const reports = [];
  for (const entry of [null, join(root, 'bin/kvitto.js')]) {
    const request = requestOf(t, '');
    reports.push(await updateFeeds({ ...request, base, ecosystems: ['Debian', 'npm'], entry }));
  }
  assert.deepEqual(reports[1], reports[0]);
  assert.deepEqual(
    reports[0]?.feeds.map((f) => [f.id, f.state]),
    ['osv/Debian', 'osv/npm', 'nvd', 'kev', 'eukev', 'epss'].map((id) => [id, 'updated']),
  );
});
