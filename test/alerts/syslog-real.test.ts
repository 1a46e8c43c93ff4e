// The sink `syslog` against real receivers: what they write, and whether what counts as delivered outlives their being killed.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { syslog } from '../../src/alerts/sinks/syslog/index.ts';
import { makeAuthority, makeCertificate } from '../../src/alerts/sinks/syslog/testing/certificates.ts';
import { hostileText, sampleChange, sampleEvents } from '../../src/alerts/testing/sample-events.ts';
import { sinkContext } from '../../src/alerts/testing/sink-acceptance.ts';
import { run, scratch, skipWithout } from '../real/parts.ts';
import { type RealReceiver, rsyslogExample, startRsyslog, startSyslogNg, unpackSyslogNg } from './syslog-receivers.ts';

const folder = scratch('syslog-real');
const skip = skipWithout(['rsyslogd', 'openssl']);
const withoutOpenssl = skipWithout(['openssl', 'apt-get', 'dpkg-deb']);

const eventsFrom = (first: number, count: number) =>
  Array.from({ length: count }, (_, i) => ({ ...sampleChange('new', first + i), message: hostileText }));

const idOf = (line: string): string => JSON.parse(line.replace(/^\ufeff/, '')).event.id;

/** Delivers while the receiver is killed again and again; what was delivered must be in its file. */
async function killed(t: TestContext, receiver: RealReceiver, told: object, kills: number): Promise<void> {
  const settings = syslog.settings.parse({ host: 'localhost', port: receiver.port, timeoutSeconds: 3, ...told });
  const delivered: string[] = [];
  let refused = 0;
  let first = 0;
  // On a busy machine nothing may come through between two kills: then they come slower, until something did.
  for (let kill = 0; kill < kills || (delivered.length === 0 && kill < 4 * kills); kill++) {
    let isOver = false;
    const slower = 200 * Math.max(0, kill - kills + 1);
    const killing = pause(40 + ((kill * 37) % 150) + slower).then(async () => {
      await receiver.kill();
      isOver = true;
    });
    while (!isOver) {
      const events = eventsFrom(first, 200);
      const answer = await syslog.deliver(events, settings, sinkContext());
      if (answer.stopped === null) delivered.push(...events.map(({ id }) => id));
      else refused++;
      first += 200;
    }
    await killing;
    await receiver.start();
  }
  await pause(200);
  // A line that was torn by a kill, and what follows it in the same line, is no JSON; what was in it must have come again.
  const found = new Set(
    receiver.lines().flatMap((line) => {
      try {
        return [idOf(line)];
      } catch {
        return [];
      }
    }),
  );
  const missing = delivered.filter((id) => !found.has(id));
  t.diagnostic(
    `${kills} kills, ${delivered.length} delivered, ${refused} deliveries to come again, ${missing.length} missing`,
  );
  assert.ok(delivered.length > 0 && refused > 0);
  assert.deepEqual(missing, []);
}

test('rsyslog with the example that is shipped', { skip, timeout: 120_000 }, async (t) => {
  const ca = makeAuthority(folder, 'authority');
  const own = makeCertificate(folder, 'receiver', { by: ca });
  await t.test('takes the configuration', () => {
    run('rsyslogd', ['-N1', '-f', rsyslogExample(folder, 6514, ca, own)]);
  });
  const receiver = await startRsyslog(join(folder, 'rsyslog'), ca, own);
  try {
    const told = { tls: { ca: ca.cert } };
    const settings = syslog.settings.parse({ host: 'localhost', port: receiver.port, ...told });
    await t.test(
      'writes each event as a line of JSON, in order, and what is urgent by its structured data',
      async () => {
        const events = [...sampleEvents(), ...eventsFrom(1_000, 1_000)];
        assert.deepEqual(await syslog.deliver(events, settings, sinkContext()), {
          delivered: events.length,
          stopped: null,
        });
        assert.deepEqual(
          receiver.lines().map(idOf),
          events.map(({ id }) => id),
        );
        const urgent = readFileSync(join(receiver.folder, 'urgent.log'), 'utf8').split('\n').slice(0, -1);
        assert.equal(urgent.at(-1), `2026-08-21T10:30:00.123Z ${events.at(-1)?.id} shop production CVE-2026-1000`);
        assert.ok(urgent.length > 1_000 && urgent.length < events.length);
      },
    );
    await t.test('is not trusted where another authority is', async () => {
      const other = makeAuthority(folder, 'other');
      const wrong = syslog.settings.parse({ host: 'localhost', port: receiver.port, tls: { ca: other.cert } });
      const { delivered, stopped } = await syslog.deliver(eventsFrom(1, 1), wrong, sinkContext());
      assert.equal(delivered, 0);
      assert.match(stopped?.message ?? '', /its certificate is signed by an authority that is not trusted here/);
    });
    await t.test('is killed', (inner) => killed(inner, receiver, told, 12));
  } finally {
    await receiver.stop();
  }
});

test('syslog-ng', { skip: withoutOpenssl, timeout: 180_000 }, async (t) => {
  const unpacked = join(folder, 'syslog-ng');
  const reason = unpackSyslogNg(unpacked);
  if (reason !== null) return t.skip(`LEFT OUT: ${reason}`);
  const ca = makeAuthority(folder, 'authority-ng');
  const own = makeCertificate(folder, 'receiver-ng', { by: ca });
  for (const transport of ['tls', 'tcp'] as const) {
    await t.test(`over ${transport}`, async (inner) => {
      const receiver = await startSyslogNg(unpacked, join(folder, `ng-${transport}`), transport === 'tls' ? own : null);
      try {
        const told = transport === 'tls' ? { tls: { ca: ca.cert } } : { transport };
        const settings = syslog.settings.parse({ host: 'localhost', port: receiver.port, ...told });
        const events = [...sampleEvents(), ...eventsFrom(1_000, 1_000)];
        assert.deepEqual(await syslog.deliver(events, settings, sinkContext()), {
          delivered: events.length,
          stopped: null,
        });
        while (receiver.lines().length < events.length) await pause(20);
        assert.deepEqual(
          receiver.lines().map(idOf),
          events.map(({ id }) => id),
        );
        await inner.test('is killed', (deepest) => killed(deepest, receiver, told, 12));
      } finally {
        await receiver.stop();
      }
    });
  }
});
