import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import type { Delivery } from '../../sink.ts';
import { sampleChange, sampleEvents } from '../../testing/sample-events.ts';
import { acceptSink, sinkContext } from '../../testing/sink-acceptance.ts';
import { syslog } from './index.ts';
import { type Certificate, makeAuthority, makeCertificate } from './testing/certificates.ts';
import { parseSyslog } from './testing/parse-syslog.ts';
import { startReceiver } from './testing/receiver.ts';

const folder = mkdtempSync(join(tmpdir(), 'kvitto-syslog-sink-'));
after(() => rmSync(folder, { recursive: true, force: true }));

let made = 0;
const events = sampleEvents();
const ids = events.map(({ id }) => id);
const all: Delivery = { delivered: events.length, stopped: null };

function deliver(port: number, more: object, context = sinkContext()): Promise<Delivery> {
  return syslog.deliver(events, syslog.settings.parse({ host: '127.0.0.1', port, ...more }), context);
}

const later = (port: number, transport: string, words: string): Delivery => ({
  delivered: 0,
  stopped: { why: 'later', message: `127.0.0.1:${port} (${transport}): ${words}`, afterMs: null },
});

// Over TLS: over TCP, whoever reads to our end and closes has confirmed, whatever it is.
const tls = certificates((reason) => test('the rules of sinks', (t) => t.skip(reason)));
if (tls !== null) {
  acceptSink(syslog, {
    settings: (port) => ({ host: '127.0.0.1', port, timeoutSeconds: 2, tls: { ca: tls.ca.cert } }),
    secrets: {},
    receive: (most) => startReceiver({ most, tls }),
  });
}

describe('over TCP', () => {
  test('a receiver that does not end its side has confirmed nothing, unless that is not asked', async () => {
    const receiver = await startReceiver({ neverEnds: true });
    try {
      const words =
        'the receiver did not end the connection within 1 s after everything was sent: where it never does, set confirm: sent';
      const told = { transport: 'tcp', timeoutSeconds: 1 };
      assert.deepEqual(await deliver(receiver.port, told), later(receiver.port, 'tcp', words));
      assert.deepEqual(await deliver(receiver.port, { ...told, confirm: 'sent' }), all);
    } finally {
      await receiver.stop();
    }
  });

  test('a receiver that reads to our end and is gone afterwards has confirmed nothing', async () => {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.resume();
      socket.on('end', () => {
        server.close();
        socket.end();
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    assert.ok(address !== null && typeof address === 'object');
    const words = 'the receiver ended while it was sent to, and may have lost what it took';
    assert.deepEqual(await deliver(address.port, { transport: 'tcp' }), later(address.port, 'tcp', words));
  });
});

test('over UDP: each in a datagram, cut where it is too long, as many as were sent', async () => {
  const socket = createSocket('udp4');
  const got: Buffer[] = [];
  socket.on('message', (message: Buffer) => got.push(message));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  try {
    const { port } = socket.address();
    assert.deepEqual(await deliver(port, { transport: 'udp', maxMessageBytes: 600, format: 'text' }), all);
    while (got.length < events.length) await once(socket, 'message');
    assert.deepEqual(
      got.map((m) => parseSyslog(m).msgId),
      events.map(({ type }) => type),
    );
    assert.ok(got.every((m) => m.length <= 600));
  } finally {
    socket.close();
  }
  const words = 'its name is unknown';
  const nowhere = syslog.settings.parse({ host: 'nowhere.invalid', transport: 'udp' });
  const { delivered, stopped } = await syslog.deliver(events, nowhere, sinkContext());
  assert.equal(delivered, 0);
  assert.match(
    stopped?.message ?? '',
    new RegExp(`^nowhere.invalid:514 \\(udp\\): (${words}|its name cannot be looked up now)$`),
  );
});

/** Null, after telling so loudly, where openssl is not there. */
function certificates(skip: (reason: string) => void): { ca: Certificate; own: Certificate } | null {
  try {
    const ca = makeAuthority(folder, `authority-${++made}`);
    return { ca, own: makeCertificate(folder, `receiver-${made}`, { by: ca }) };
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    skip('openssl is not installed (apt-get install openssl): TLS WAS NOT TESTED');
    return null;
  }
}

describe('over TLS', () => {
  test('delivers in order, and takes a session up again', async (t) => {
    const made = certificates((reason) => t.skip(reason));
    if (made === null) return;
    const receiver = await startReceiver({ tls: made });
    try {
      const settings = syslog.settings.parse({ host: 'localhost', port: receiver.port, tls: { ca: made.ca.cert } });
      for (let round = 1; round <= 3; round++) {
        assert.deepEqual(await syslog.deliver(events, settings, sinkContext()), all);
        assert.deepEqual(receiver.ids(), Array.from({ length: round }, () => ids).flat());
      }
    } finally {
      await receiver.stop();
    }
  });

  test('a receiver that resets in the middle confirmed nothing', async (t) => {
    const made = certificates((reason) => t.skip(reason));
    if (made === null) return;
    const receiver = await startReceiver({ tls: made, most: 2 });
    const { delivered, stopped } = await deliver(receiver.port, { tls: { ca: made.ca.cert } });
    assert.deepEqual([delivered, stopped?.why], [0, 'later']);
    await receiver.stop();
  });

  test('says what is wrong with a certificate', async (t) => {
    const made = certificates((reason) => t.skip(reason));
    if (made === null) return;
    const { ca, own } = made;
    const other = makeAuthority(folder, 'other');
    const namesake = makeAuthority(join(folder), 'namesake');
    const others =
      'its certificate is signed by an authority that is not trusted here: name that authority in tls.ca, or find out who answers there';
    const cases: [Certificate, object, RegExp | string][] = [
      [own, { ca: other.cert }, others],
      [own, {}, others],
      [namesake, { ca: ca.cert }, others],
      [makeCertificate(folder, 'expired', { by: ca, days: -1 }), { ca: ca.cert }, 'its certificate has expired'],
      [
        makeCertificate(folder, 'elsewhere', { by: ca, names: 'DNS:log.example' }),
        { ca: ca.cert },
        /^its certificate is not for the name 127\.0\.0\.1 \(.*\): set tls\.serverName, or find out who answers there$/,
      ],
    ];
    for (const [certificate, tls, words] of cases) {
      const receiver = await startReceiver({ tls: { own: certificate } });
      const { delivered, stopped } = await deliver(receiver.port, { tls });
      const message = stopped?.message.replace(`127.0.0.1:${receiver.port} (tls): `, '') ?? '';
      await receiver.stop();
      assert.equal(delivered, 0);
      if (typeof words === 'string') assert.equal(message, words);
      else assert.match(message, words);
      assert.deepEqual(receiver.messages(), []);
    }
    const named = await startReceiver({
      tls: { own: makeCertificate(folder, 'named', { by: ca, names: 'DNS:log.example' }) },
    });
    assert.deepEqual(await deliver(named.port, { tls: { ca: ca.cert, serverName: 'log.example' } }), all);
    await named.stop();
  });

  test('with a certificate of ours where the receiver asks for one, and words where it is missing or wrong', async (t) => {
    const made = certificates((reason) => t.skip(reason));
    if (made === null) return;
    const { ca, own } = made;
    const client = makeCertificate(folder, 'client', { by: ca });
    const stranger = makeCertificate(folder, 'stranger', { by: makeAuthority(folder, 'strangers') });
    const receiver = await startReceiver({ tls: { own, clientsBy: ca } });
    try {
      const tls = (c: Certificate) => ({ tls: { ca: ca.cert, cert: c.cert, key: { file: c.key } } });
      assert.deepEqual(await deliver(receiver.port, tls(client)), all);
      for (const wrong of [tls(stranger), { tls: { ca: ca.cert } }]) {
        const { delivered, stopped } = await deliver(receiver.port, wrong);
        assert.deepEqual([delivered, stopped?.why], [0, 'later']);
      }
      const missing = { tls: { ca: join(folder, 'none.pem') } };
      const { stopped } = await deliver(receiver.port, missing);
      assert.match(stopped?.message ?? '', /^the certificate in .*none\.pem cannot be read: ENOENT/);
      writeFileSync(join(folder, 'odd.pem'), 'no certificate');
      const odd = await deliver(receiver.port, {
        tls: { ca: ca.cert, cert: join(folder, 'odd.pem'), key: { file: client.key } },
      });
      assert.deepEqual([odd.delivered, odd.stopped?.why], [0, 'later']);
      assert.deepEqual(receiver.ids(), ids);
    } finally {
      await receiver.stop();
    }
  });

  test('to a receiver that speaks no TLS', async () => {
    const server = createServer((socket) => socket.end('220 mail.example ESMTP and a few more words\r\n'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    assert.ok(address !== null && typeof address === 'object');
    assert.deepEqual(await deliver(address.port, {}), later(address.port, 'tls', 'what answers does not speak TLS'));
    server.close();
  });
});

test('one event is one message, whatever it holds', async () => {
  const receiver = await startReceiver();
  const message = `a\n<13>1 - - - - - - forged\r\n12 ${'x'.repeat(100_000)}\0`;
  const hostile = [{ ...sampleChange('new', 1), message }, sampleChange('new', 2)];
  try {
    for (const format of ['ecs', 'ocsf', 'json', 'text']) {
      const settings = syslog.settings.parse({ host: '127.0.0.1', port: receiver.port, transport: 'tcp', format });
      assert.deepEqual(await syslog.deliver(hostile, settings, sinkContext()), { delivered: 2, stopped: null });
    }
    assert.deepEqual(receiver.ids(), Array.from({ length: 4 }, () => hostile.map(({ id }) => id)).flat());
  } finally {
    await receiver.stop();
  }
});
