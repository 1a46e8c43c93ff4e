// Many at once, runs that are ended in the middle, readers that leave, and clocks that were set back: nothing acknowledged is lost.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { root } from '../real/parts.ts';
import { deployCommand, deploymentsOf, holds, kvittoAt, ledgerStage } from './ledger-stage.ts';
import { orderly, run } from './runs.ts';

const stage = ledgerStage('ledger-together');
const atOnce = process.env['KVITTO_HOSTILE'] === 'all' ? 50 : 10;
const deployments = (home: string) => deploymentsOf(home).length;

describe('many at once', () => {
  test(`${atOnce} deployments at once are all recorded`, async () => {
    const home = stage.home('at-once');
    const before = deployments(home);
    const all = await Promise.all(
      Array.from({ length: atOnce }, () => run([...deployCommand, '--alongside', '--wait', '60s'], { home })),
    );
    for (const ended of all) orderly(ended, 1);
    assert.equal(deployments(home), before + atOnce);
    holds(home);
  });
});

describe('runs that are ended', { concurrency: 2 }, () => {
  const commands: [string, string[], boolean][] = [
    ['deploy', deployCommand, true],
    ['record', ['record', join(root, 'demo/shop.tar'), '--offline', '--by', 'ci'], false],
    ['rescan', ['rescan', '--by', 'ci'], false],
    ['evidence', ['evidence', 'shop', '--from', '2026-11-01', '-o', 'pack.zip'], false],
  ];
  for (const [what, args, deploys] of commands) {
    test(`${what}, by SIGTERM and SIGINT at several moments`, async () => {
      const home = stage.home(`ended-${what}`);
      const before = deployments(home);
      let acknowledged = 0;
      let runs = 0;
      for (const [turn, afterMs] of [60, 150, 250, 330, 420].entries()) {
        const began = Date.now();
        const signal = turn % 2 === 0 ? 'SIGTERM' : 'SIGINT';
        const ended = await run(args, { home, kill: { signal, when: () => Date.now() - began > afterMs } });
        runs++;
        if (ended.stdout !== '') acknowledged++;
        assert.doesNotMatch(ended.stderr, /this is a bug/);
        assert.ok(ended.status === null || [0, 1, 4].includes(ended.status), ended.stderr);
      }
      orderly(await run(args, { home }), deploys ? 1 : 0);
      holds(home);
      if (!deploys) return;
      const recorded = deployments(home) - before;
      assert.ok(recorded >= acknowledged + 1 && recorded <= runs + 1, `${recorded} of ${acknowledged} + 1`);
    });
  }
});

test('a reader that leaves changes nothing about what is recorded', async () => {
  const home = stage.home('reader');
  const before = deployments(home);
  for (const [args, exit] of [
    [[...deployCommand, '-f', 'json'], 1],
    [['log', 'export'], 0],
  ] as const) {
    const child = spawn(process.execPath, [join(root, 'bin/kvitto.js'), ...args], {
      env: { ...process.env, KVITTO_HOME: home, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 60_000,
    });
    child.stdout.destroy();
    let told = '';
    child.stderr.setEncoding('utf8').on('data', (text) => {
      told += text;
    });
    const status = await new Promise((resolve) => child.on('close', resolve));
    assert.equal(status, exit, told);
    assert.doesNotMatch(told, /EPIPE|bug/);
  }
  assert.equal(deployments(home), before + 1);
});

test('a clock that was set back is told of, and puts nothing before what was known', async () => {
  const home = stage.home('clock');
  // The home was made by the real clock, which may not be compared with.
  const ahead = kvittoAt('2031-01-01T00:00:00Z', deployCommand, home);
  assert.equal(ahead.status, 1, ahead.stderr);
  const back = kvittoAt('2030-01-01T00:00:00Z', [...deployCommand, '-f', 'json'], home);
  assert.equal(back.status, 1, back.stderr);
  assert.match(back.stderr, /^kvitto: the clock of this machine is 31536000 s behind the ledger's last entry/);
  const deployed = JSON.parse(back.stdout);
  assert.equal(deployed.recorded, '2031-01-01T00:00:00.000Z');
  assert.equal(deployed.from, '2031-01-01T00:00:00.000Z');
  assert.equal(deployed.clockBehindMs, 31_536_000_000);
  const words = ['--justification', 'component_not_present', '--reason', 'x', '--owner', 'security', '--by', 'ci'];
  const decision = ['decide', 'CVE-2026-90001', '--status', 'not_affected', ...words, '--until', '2031-06-01'];
  const decided = kvittoAt('2030-01-01T00:00:00Z', decision, home);
  assert.equal(decided.status, 0, decided.stderr);
  const then = kvittoAt('2030-01-01T00:00:00Z', ['decisions', '--at', '2030-06-01', '-f', 'json'], home);
  assert.deepEqual(JSON.parse(then.stdout).decisions ?? JSON.parse(then.stdout).rows, []);
  const now = kvittoAt('2031-02-01T00:00:00Z', ['decisions', '-f', 'json'], home);
  assert.equal((JSON.parse(now.stdout).decisions ?? JSON.parse(now.stdout).rows).length, 1);
  holds(home);
});
