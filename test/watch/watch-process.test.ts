// `kvitto watch` as a process: what it is asked for, what it tells, and how it ends.
import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { EventType } from '../../src/model/event.ts';
import { root, scratch } from '../real/parts.ts';
import {
  arrivedWhole,
  bundleProgram,
  deployMany,
  drained,
  eventsFrom,
  hookConfig,
  type Receiver,
  standsAt,
  startReceiver,
  type Watch,
  type WatchStage,
  watchStage,
  watchToken,
} from './stage.ts';

const types: readonly EventType[] = ['deployment', 'change', 'rescan'];

describe('kvitto watch', { timeout: 120_000 }, () => {
  let program = '';
  let receiver: Receiver;
  const stages: WatchStage[] = [];
  const stageOf = (name: string) => {
    const stage = watchStage(name, program);
    stages.push(stage);
    return stage;
  };
  const listening = async (watch: Watch) => {
    const { port } = await watch.until((line) => line.event === 'http');
    return `http://127.0.0.1:${port}`;
  };
  before(async () => {
    program = await bundleProgram();
    receiver = await startReceiver();
  });
  after(async () => {
    for (const stage of stages) await stage.end();
    await receiver.down();
  });

  test('tells what is recorded within seconds, answers over HTTP, runs a cycle when asked, and ends with 0', async () => {
    const stage = stageOf('asked');
    stage.configure(hookConfig(receiver.url, types));
    const ledger = await stage.open();
    const from = (await ledger.state()).size;
    const watch = stage.watch('--no-update', '--schedule', '0 4 1 1 *', '--listen', '127.0.0.1:0');
    const base = await listening(watch);
    const cycles = () => watch.lines().filter((line) => line.event === 'cycle').length;
    const cycle = async (count: number) => await watch.until(() => cycles() >= count);
    await cycle(1);
    await deployMany(ledger, ['shop', 'api', 'shop'], 'https://ci.example/1');
    await drained(ledger, 'hook');
    arrivedWhole(receiver.arrived, await eventsFrom(ledger, from, new Set(types)));

    const get = async (path: string, init: RequestInit = {}) => {
      const answer = await fetch(`${base}${path}`, init);
      return [answer.status, await answer.text()] as const;
    };
    assert.deepEqual(await get('/healthz'), [200, 'ok\n']);
    assert.deepEqual(await get('/readyz'), [200, 'ok\n']);
    const [status, metrics] = await get('/metrics');
    assert.equal(status, 200);
    assert.match(metrics, /\nkvitto_deliveries_total\{sink="hook"\} [1-9]/);
    assert.deepEqual(await get('/'), [404, 'no such page\n']);
    assert.deepEqual(await get('/metrics', { method: 'DELETE' }), [405, 'only GET, HEAD\n']);
    assert.deepEqual(await get('/rescan'), [405, 'only POST\n']);
    assert.deepEqual(await get('/rescan', { method: 'POST' }), [401, 'the token is missing or wrong\n']);
    const wrong = { method: 'POST', headers: { authorization: 'Bearer another' } };
    assert.deepEqual(await get('/rescan', wrong), [401, 'the token is missing or wrong\n']);
    const headers = { authorization: `Bearer ${watchToken}` };
    assert.deepEqual(await get('/rescan', { method: 'POST', headers, body: 'x'.repeat(2_000) }), [
      413,
      'nothing is to be sent\n',
    ]);
    assert.equal(cycles(), 1);
    assert.deepEqual(await get('/rescan', { method: 'POST', headers }), [202, 'a cycle begins\n']);
    await cycle(2);
    watch.child.kill('SIGHUP');
    await cycle(3);
    watch.child.kill('SIGTERM');
    assert.equal(await watch.ended, 0);
    const jobs = await ledger.reader.selectFrom('job').selectAll().orderBy('name').execute();
    assert.deepEqual(
      jobs.map((j) => [j.name.replace(/^watch:.*/, 'watch'), j.owner, j.last_error]),
      [
        ['cycle', null, null],
        ['rules', null, null],
        ['sink:hook', null, null],
        ['watch', null, null],
      ],
    );
    assert.equal(receiver.wrong, 0);
  });

  test('a folder of feeds that changes is read at once', async () => {
    const stage = stageOf('folder');
    stage.configure(`${hookConfig(receiver.url, ['change'])}watch: { ecosystems: [Debian] }\n`);
    const feeds = join(scratch('feeds'), 'feeds');
    cpSync(join(root, 'demo/feeds'), feeds, { recursive: true });
    const watch = stage.watch('--feeds', feeds, '--schedule', '0 4 1 1 *', '--listen', 'off');
    await watch.until((line) => line.event === 'cycle');
    cpSync(join(root, 'demo/feeds'), join(feeds, 'again'), { recursive: true });
    await watch.until((line) => line.event === 'feeds' && line.message === `${feeds} changed`);
    await watch.until(() => watch.lines().filter((line) => line.event === 'cycle').length === 2);
    watch.child.kill('SIGINT');
    assert.equal(await watch.ended, 0);
  });

  test('--once ends with 3 without advisories, and with 4 where a sink cannot be reached', async () => {
    const stage = stageOf('once');
    const ledger = await stage.open();
    stage.configure(hookConfig(receiver.url, types));
    assert.equal(await stage.watch('--once', '--no-update').ended, 3);
    const down = await startReceiver();
    await down.down();
    stage.configure(hookConfig(down.url, types, 'down'));
    assert.equal(await stage.watch('--once', '--relay-only').ended, 0);
    await deployMany(ledger, ['shop'], 'https://ci.example/1');
    const failing = stage.watch('--once', '--relay-only');
    assert.equal(await failing.ended, 4);
    assert.deepEqual(
      failing.lines().map(({ level, event, sink }) => [level, event, sink]),
      [['warn', 'sink', 'down']],
    );
    const from = await standsAt(ledger, 'down');
    const before = down.arrived.length;
    await down.up();
    assert.equal(await stage.watch('--once', '--relay-only').ended, 0);
    arrivedWhole(down.arrived.slice(before), await eventsFrom(ledger, from, new Set(types)));
    await down.down();
  });

  test('a sink that is set back is told again, with the same ids', async () => {
    const stage = stageOf('replay');
    stage.configure(hookConfig(receiver.url, ['deployment']));
    const ledger = await stage.open();
    const watch = stage.watch('--no-update', '--every', '1h', '--listen', 'off');
    // Nothing else is recorded after its first cycle.
    await watch.until((line) => line.event === 'cycle');
    await drained(ledger, 'hook');
    const from = (await ledger.state()).size;
    await pause(2);
    const time = new Date().toISOString();
    const before = receiver.arrived.length;
    await deployMany(ledger, ['shop', 'api', 'web'], 'https://ci.example/1');
    await drained(ledger, 'hook');
    const expected = (await eventsFrom(ledger, from, new Set<EventType>(['deployment']))).map((e) => e.id);
    for (const since of [`${from}`, time]) {
      const { code, stdout } = await stage.run('alerts', 'replay', 'hook', '--from', since, '-f', 'json');
      assert.equal(code, 0);
      const entries = (await ledger.state()).size - from;
      assert.deepEqual(JSON.parse(stdout), { schema: 'kvitto-alerts-replay-1', sink: 'hook', entry: from, entries });
      await drained(ledger, 'hook');
    }
    const ids = receiver.arrived.slice(before).map((one) => one.id);
    assert.deepEqual(ids, [...expected, ...expected, ...expected]);
    assert.equal((await stage.run('alerts', 'replay', 'hook', '--from', '99999')).code, 2);
    assert.equal((await stage.run('alerts', 'replay', 'hok', '--from', '1')).code, 2);
    watch.child.kill('SIGTERM');
    assert.equal(await watch.ended, 0);
  });

  test('wrong usage is told, with 2', async () => {
    const stage = stageOf('usage');
    for (const [words, says] of [
      [['--every', '5m', '--schedule', '* * * * *'], '--every and --schedule both say when'],
      [['--schedule', 'daily'], '--schedule: daily'],
      [['--feeds', '/no/such/folder'], '--feeds /no/such/folder: there is no such folder'],
      [['--feeds', '.', '--no-update'], '--feeds names what --no-update does not read'],
      [['--listen', 'here'], '--listen: not an address: here'],
      [['--config', 'missing.yaml'], 'cannot read missing.yaml'],
    ] as const) {
      const watch = stage.watch(...words);
      assert.equal(await watch.ended, 2);
      assert.match(watch.lines()[0]?.message ?? '', new RegExp(`^kvitto: ${says.replace(/[.*]/g, '\\$&')}`));
    }
  });

  test('two on one ledger share the work, and one takes over from the other that was killed', async () => {
    const stage = stageOf('two');
    stage.configure(hookConfig(receiver.url, ['deployment']));
    const ledger = await stage.open();
    const [a, b] = [1, 2].map(() => stage.watch('--no-update', '--every', '1s', '--listen', 'off'));
    assert.ok(a && b);
    await a.until((line) => line.event === 'watch');
    await b.until((line) => line.event === 'watch');
    const from = await standsAt(ledger, 'hook');
    const before = receiver.arrived.length;
    await deployMany(ledger, ['shop', 'api'], 'https://ci.example/1');
    await drained(ledger, 'hook');
    const serving = (await ledger.reader.selectFrom('job').selectAll().where('name', '=', 'sink:hook').execute())[0];
    const pid = Number(serving?.owner?.split('|')[1]);
    const [holder, other] = pid === a.child.pid ? [a, b] : [b, a];
    assert.equal(holder.child.pid, pid);
    holder.child.kill('SIGKILL');
    await holder.ended;
    await deployMany(ledger, ['shop', 'api', 'shop'], 'https://ci.example/2');
    await drained(ledger, 'hook');
    const arrived = receiver.arrived.slice(before);
    arrivedWhole(arrived, await eventsFrom(ledger, from, new Set<EventType>(['deployment'])));
    assert.equal(arrived.length, 5, 'nothing came twice: nobody was killed while he delivered');
    other.child.kill('SIGTERM');
    assert.equal(await other.ended, 0);
  });
});
