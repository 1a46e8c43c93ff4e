// Against a real mail server, with STARTTLS, TLS and a login; and the mail as it was read there.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import type { SinkContext } from '../../sink.ts';
import { sinkContext } from '../../testing/sink-acceptance.ts';
import { hostileAlert, sampleAlert } from '../../testing/told-events.ts';
import { smtp } from './index.ts';

const python = '/usr/bin/python3';
const missing =
  spawnSync(python, ['-c', 'import aiosmtpd']).status !== 0
    ? 'python3-aiosmtpd not installed: apt-get install python3-aiosmtpd'
    : spawnSync('openssl', ['version']).status !== 0
      ? 'openssl not installed: apt-get install openssl'
      : false;

interface Taken {
  readonly from: string;
  readonly to: readonly string[];
  readonly tls: boolean;
  readonly login: boolean;
  readonly data: string;
}

const password = 'geheim/und+lang';
const variable = 'KVITTO_TEST_AIOSMTPD';

describe('mail to aiosmtpd', { skip: missing }, () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'kvitto-smtp-'));
    process.env[variable] = password;
    for (const name of ['ca', 'other']) {
      const made = spawnSync('openssl', [
        ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
        ...['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1'],
        ...['-keyout', join(folder, `${name}.key`), '-out', join(folder, `${name}.crt`)],
      ]);
      assert.equal(made.status, 0, made.stderr.toString());
    }
  });
  after(() => {
    delete process.env[variable];
    rmSync(folder, { recursive: true });
  });

  async function withServer(mode: 'starttls' | 'tls', use: (port: number) => Promise<void>): Promise<Taken[]> {
    const script = join(import.meta.dirname, 'testing/aiosmtpd-receiver.py');
    const files = [join(folder, 'ca.crt'), join(folder, 'ca.key')];
    const server = spawn(python, [script, mode, ...files, 'kvitto', password], { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = createInterface(server.stdout);
    const taken: Taken[] = [];
    const ended = once(server, 'exit');
    try {
      const [port] = await once(lines, 'line', { signal: AbortSignal.timeout(20_000) });
      lines.on('line', (line) => taken.push(JSON.parse(line)));
      await use(Number(port));
    } finally {
      server.stdin.end();
      await ended;
    }
    return taken;
  }

  const settingsFor = (port: number, over: object = {}) =>
    smtp.settings.parse({
      ...{ host: '127.0.0.1', port, user: 'kvitto', password: { env: variable }, ca: join(folder, 'ca.crt') },
      ...{ from: 'kvitto@example.org', to: ['ann@example.org', 'bob@example.org'], ...over },
    });
  const context: SinkContext = { ...sinkContext(), now: () => new Date('2026-08-21T10:00:05Z') };

  it('takes mails over STARTTLS with a login, in their order, over one connection', async () => {
    const events = [0, 1, 2].map((place) => sampleAlert({ id: `3f2a90c1-1204-${place}`, place }));
    const taken = await withServer('starttls', async (port) => {
      assert.deepEqual(await smtp.deliver(events, settingsFor(port), context), { delivered: 3, stopped: null });
    });
    const mails = taken.map(({ data, ...mail }) => ({ ...mail, id: header(decode(data), 'Message-ID') }));
    const mail = { from: 'kvitto@example.org', to: ['ann@example.org', 'bob@example.org'], tls: true, login: true };
    assert.deepEqual(
      mails,
      events.map(({ id }) => ({ ...mail, id: `<${id}@kvitto.invalid>` })),
    );
    const [first] = taken;
    assert.ok(first !== undefined);
    const { heads, parts } = read(decode(first.data));
    assert.deepEqual(heads, {
      from: 'Kvitto <kvitto@example.org>',
      to: 'ann@example.org, bob@example.org',
      subject: 'Critical, exploited: CVE-2026-1000 in openssl 3.0.15-1 and 1 more in shop (prod)',
      'message-id': '<3f2a90c1-1204-0@kvitto.invalid>',
      'in-reply-to': '<thread-672aa42d20f92b00a24681bb9571fdef@kvitto.invalid>',
      references: '<thread-672aa42d20f92b00a24681bb9571fdef@kvitto.invalid>',
      'auto-submitted': 'auto-generated',
      'x-kvitto-event': '3f2a90c1-1204-0',
      'x-mailer': 'kvitto/0.0.0',
      importance: 'high',
      date: 'Fri, 21 Aug 2026 10:00:05 +0000',
    });
    assert.deepEqual(parts, ['text/plain', 'text/html']);
  });

  it('takes mails over TLS from the first byte', async () => {
    const taken = await withServer('tls', async (port) => {
      const delivery = await smtp.deliver([sampleAlert()], settingsFor(port, { tls: 'tls' }), context);
      assert.deepEqual(delivery, { delivered: 1, stopped: null });
    });
    assert.deepEqual(
      taken.map(({ tls, login }) => [tls, login]),
      [[true, true]],
    );
  });

  it('gets nothing where its certificate is not trusted, is for another name, or the login is wrong', async () => {
    const taken = await withServer('starttls', async (port) => {
      const told = async (over: object) => {
        const delivery = await smtp.deliver([sampleAlert()], settingsFor(port, over), context);
        assert.equal(delivery.delivered, 0);
        assert.equal(delivery.stopped?.why, 'later');
        return delivery.stopped.message.replace(`:${port}`, '');
      };
      assert.deepEqual(
        await told({ ca: join(folder, 'other.crt') }),
        '127.0.0.1 shows a certificate of an authority that is not trusted here: name its certificate under ca',
      );
      assert.deepEqual(
        await told({ serverName: 'mail.example.org' }),
        '127.0.0.1 shows a certificate for another name: check the host, or set serverName',
      );
      assert.deepEqual(
        await told({ ca: join(folder, 'none.crt') }),
        `ca: ${join(folder, 'none.crt')} cannot be read: ENOENT: no such file or directory, open '${join(folder, 'none.crt')}'`,
      );
      process.env[variable] = 'another one';
      assert.deepEqual(
        await told({}),
        '127.0.0.1 does not let kvitto in: check user and password: 535 5.7.8 Authentication credentials invalid',
      );
      process.env[variable] = password;
    });
    assert.deepEqual(taken, []);
  });

  it('reads the same headers and parts whatever an advisory holds', async () => {
    const hostile = '\r\nBcc: evil@example.org\r\n\r\n.\r\nMAIL FROM:<x@y>\r\n<b>@x</b>\u202e=?utf-8?q?x?= é 🔥';
    const taken = await withServer('starttls', async (port) => {
      assert.deepEqual(await smtp.deliver([hostileAlert(hostile)], settingsFor(port), context), {
        delivered: 1,
        stopped: null,
      });
    });
    const [first, ...more] = taken;
    assert.ok(first !== undefined && more.length === 0);
    assert.deepEqual(first.to, ['ann@example.org', 'bob@example.org']);
    const { heads, parts } = read(decode(first.data));
    const line = 'Bcc: evil@example.org . MAIL FROM:<x@y> <b>@x</b> =?utf-8?q?x?= é 🔥';
    assert.ok(
      heads['subject']?.startsWith(`Acknowledged: Critical, exploited: ${line.slice(0, 59)}`),
      heads['subject'],
    );
    const names = 'from to subject message-id in-reply-to references auto-submitted x-mailer x-kvitto-event date';
    assert.deepEqual(Object.keys(heads).sort(), names.split(' ').sort());
    assert.deepEqual(parts, ['text/plain', 'text/html']);
  });
});

const decode = (data: string) => Buffer.from(data, 'base64').toString('latin1');

function header(mail: string, name: string): string {
  return new RegExp(`^${name}: (.*)$`, 'mi').exec(mail)?.[1]?.trim() ?? '';
}

/** A mail as Python's library reads it: headers decoded, types of the parts in their order. */
function read(mail: string): { heads: Record<string, string>; parts: string[] } {
  const script = `
import email, email.policy, json, sys
m = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)
plain = {'mime-version', 'content-type'}
heads = {k.lower(): str(v) for k, v in m.items() if k.lower() not in plain}
print(json.dumps({'heads': heads, 'parts': [p.get_content_type() for p in m.iter_parts()]}))`;
  const { stdout, stderr, status } = spawnSync(python, ['-c', script], { input: Buffer.from(mail, 'latin1') });
  assert.equal(status, 0, stderr.toString());
  return JSON.parse(stdout.toString());
}
