// Metrics on SQLite and on PostgreSQL; their form is checked by Prometheus' own tool where it is there.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { exposition } from '../../src/watch/metrics/exposition.ts';
import { smallLedger } from '../../src/watch/testing/small-ledger.ts';
import { type PostgresServer, postgresMissing, startPostgres } from '../real/postgres.ts';
import { metricsContract } from './metrics-contract.ts';

const promtool = spawnSync('promtool', ['--version']).error === undefined;

function check(text: string): void {
  if (!promtool) return;
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
  assert.deepEqual([status, stdout, stderr], [0, '', '']);
}

test('promtool is there to check the form of metrics', (t) => {
  if (!promtool) t.skip('promtool is not installed, so the form of metrics is not checked: apt-get install prometheus');
});

test('labels and help that hold anything stay one line each', () => {
  const text = exposition([
    { name: 'a', type: 'gauge', help: 'one\ntwo \\ ', samples: [{ labels: { x: 'q"\\\n' }, value: 1.5 }] },
    { name: 'b', type: 'counter', help: 'none', samples: [] },
  ]);
  assert.equal(text, '# HELP a one\\ntwo \\\\ \n# TYPE a gauge\na{x="q\\"\\\\\\n"} 1.5\n');
});

metricsContract('SQLite', () => smallLedger(), check);

const missing = postgresMissing();
describe('on PostgreSQL', { skip: missing ?? false }, () => {
  let server: PostgresServer | null = null;
  before(async () => {
    server = await startPostgres(['fsync=off']);
  });
  after(() => server?.stop());
  metricsContract('PostgreSQL', async () => await smallLedger((await server?.fresh()) ?? ''), check);
});
