// What is shipped for Prometheus and Grafana, held against Prometheus' own tools and against the metrics that there are.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { metricsTable, withMetricsTable } from '../../scripts/metrics-table.ts';
import { closedPort } from '../../src/alerts/testing/bad-receivers.ts';
import { FindingCounts } from '../../src/watch/metrics/findings.ts';
import { metricsText } from '../../src/watch/metrics/metrics.ts';
import { timings } from '../../src/watch/metrics/timings.ts';
import { smallLedger } from '../../src/watch/testing/small-ledger.ts';

const folder = path.join(import.meta.dirname, '../../monitoring');
const rules = path.join(folder, 'prometheus/kvitto.rules.yml');
const missing =
  spawnSync('promtool', ['--version']).error === undefined
    ? false
    : 'promtool is not installed, so rules for Prometheus are not checked: apt-get install prometheus';

/** Names of all metrics, also of those without a value here. */
async function metricNames(): Promise<Set<string>> {
  const small = await smallLedger();
  try {
    const request = { counts: new FindingCounts(), feeds: [], sinks: [], version: '1', budgetMs: 1 };
    const known = await metricsText(small.ledger, request, { empty: true });
    const names = [...known.matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(([, name = '', type]) =>
      type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
    );
    return new Set(names);
  } finally {
    await small.close();
  }
}

test('docs/monitoring.md lists the metrics that are told', async () => {
  const page = readFileSync(path.join(folder, '../docs/monitoring.md'), 'utf8');
  assert.equal(page, withMetricsTable(page, await metricsTable()), 'write it anew: npm run docs');
  const listed = [...page.matchAll(/^\| `(kvitto_\w+)` \| (\w+) \|/gm)].flatMap(([, name = '', type]) =>
    type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
  );
  assert.deepEqual(listed, [...(await metricNames())]);
});

interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[];
}

const dashboard = JSON.parse(readFileSync(path.join(folder, 'grafana/kvitto.json'), 'utf8')) as Dashboard;
const expressions = dashboard.panels.flatMap((p) => p.targets.map((t) => t.expr));

test('rules and dashboard name only metrics that there are, and all that matter are shown', async () => {
  const names = await metricNames();
  const used = new Set(
    [...expressions, readFileSync(rules, 'utf8')].flatMap((text) => text.match(/kvitto_\w+/g) ?? []),
  );
  assert.deepEqual(
    [...used].filter((name) => !names.has(name)),
    [],
  );
  const shown = expressions.join('\n');
  for (const name of Object.keys(timings)) assert.ok(shown.includes(`kvitto_${name}_seconds_bucket`), name);
});

test('the rules are read and do as their own tests say', { skip: missing }, () => {
  for (const words of [
    ['check', 'rules', rules],
    ['test', 'rules', path.join(folder, 'prometheus/kvitto.rules.test.yml')],
  ]) {
    const { status, stdout, stderr } = spawnSync('promtool', words, { encoding: 'utf8' });
    assert.equal(status, 0, `${words.join(' ')}: ${stdout}${stderr}`);
  }
  // Each rule has a case in which it fires.
  const cases = readFileSync(path.join(folder, 'prometheus/kvitto.rules.test.yml'), 'utf8');
  for (const [, name = ''] of readFileSync(rules, 'utf8').matchAll(/- alert: (\w+)/g)) {
    assert.match(cases, new RegExp(`alertname: ${name}\\n\\s+exp_alerts:\\n`), name);
  }
});

test('Prometheus understands each expression of the dashboard', { skip: missing }, async (t) => {
  const place = mkdtempSync(path.join(tmpdir(), 'kvitto-prometheus-'));
  writeFileSync(path.join(place, 'p.yml'), 'scrape_configs: []\n');
  const port = await closedPort();
  const words = [
    `--config.file=${place}/p.yml`,
    `--storage.tsdb.path=${place}/data`,
    `--web.listen-address=127.0.0.1:${port}`,
  ];
  const server: ChildProcess = spawn('prometheus', words, { stdio: 'ignore' });
  t.after(async () => {
    const ended = new Promise((resolve) => server.once('exit', resolve));
    server.kill('SIGTERM');
    await ended;
    rmSync(place, { recursive: true, force: true });
  });
  const base = `http://127.0.0.1:${port}`;
  await readyAt(`${base}/-/ready`);
  for (const expr of expressions) {
    const query = expr.replaceAll('$service', '.*').replaceAll('$environment', '.*');
    const answer = await fetch(`${base}/api/v1/query?query=${encodeURIComponent(query)}`);
    assert.equal(answer.status, 200, `${expr}: ${await answer.text()}`);
  }
});

async function readyAt(address: string): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const answer = await fetch(address).catch(() => null);
    if (answer?.ok === true) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${address} does not answer`);
}
