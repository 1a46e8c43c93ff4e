// A hundred thousand events wait for a sink that is down: a watch holds a batch of them, and the rest stays in the log.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { setCursor } from '../../src/alerts/relay/cursors.ts';
import type { EventType } from '../../src/model/event.ts';
import { decision, decisionsFact } from '../ledger/samples.ts';
import {
  bundleProgram,
  drained,
  eventsFrom,
  hookConfig,
  type Receiver,
  standsAt,
  startReceiver,
  type WatchStage,
  watchStage,
} from './stage.ts';

const entries = 50;
const each = 2_000;
const mostMb = 400;
/** Of those that waited, so many entries are delivered; with KVITTO_WATCH_EVENTS=all every one (a minute or two). */
const told = process.env['KVITTO_WATCH_EVENTS'] === 'all' ? entries : 5;

describe('kvitto watch with much to tell', { timeout: 280_000 }, () => {
  let stage: WatchStage;
  let receiver: Receiver;
  before(async () => {
    stage = watchStage('memory', await bundleProgram());
    receiver = await startReceiver();
  });
  after(async () => {
    await stage.end();
    await receiver.down();
  });

  const linux = process.platform === 'linux' ? false : 'LEFT OUT: memory of a process is read from /proc';
  test(`memory stays bounded with ${entries * each} events and a sink that is down`, { skip: linux }, async (t) => {
    stage.configure(hookConfig(receiver.url, ['decision']));
    const ledger = await stage.open();
    assert.equal(await stage.watch('--once', '--relay-only').ended, 0);
    const from = await standsAt(ledger, 'hook');
    for (let entry = 0; entry < entries; entry++) {
      const decisions = Array.from({ length: each }, (_, n) => decision(`CVE-2026-${entry * each + n + 1_000}`));
      const fact = await decisionsFact(ledger.documents, decisions);
      await ledger.append('test', async () => [fact]);
    }
    await receiver.down();
    const watch = stage.watch('--relay-only', '--listen', 'off');
    await watch.until((line) => line.event === 'sink' && Number(line['waitS']) > 0);
    const failing = await ledger.reader.selectFrom('cursor').select(['entry', 'attempts']).execute();
    assert.equal(failing[0]?.entry, from);
    assert.ok((failing[0]?.attempts ?? 0) > 0);
    const start = from + entries - told;
    if (start > from) await setCursor(ledger, 'hook', start, Date.now());
    await receiver.up();
    await drained(ledger, 'hook', 200_000);
    const peak = Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${watch.child.pid}/status`, 'utf8'))?.[1]) / 1024;
    watch.child.kill('SIGTERM');
    assert.equal(await watch.ended, 0);
    const expected = await eventsFrom(ledger, start, new Set<EventType>(['decision']));
    assert.deepEqual(
      receiver.arrived.map((one) => one.id),
      expected.map((event) => event.id),
    );
    assert.equal(expected.length, told * each);
    t.diagnostic(`at most ${Math.round(peak)} MB`);
    assert.ok(peak < mostMb, `${Math.round(peak)} MB`);
  });
});
