import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, test } from 'node:test';
import { assertGolden } from '../../../formats/testing/golden.ts';
import type { Delivery } from '../../sink.ts';
import { acceptSink, sinkContext } from '../../testing/sink-acceptance.ts';
import { type SmtpScript, startSmtpReceiver } from '../../testing/smtp-receiver.ts';
import { sampleAlert } from '../../testing/told-events.ts';
import { wordsOf } from '../../words/event-words.ts';
import { html } from '../../words/html.ts';
import { plainText } from '../../words/plain-text.ts';
import { smtp } from './index.ts';

const password = 'a pass/word of mail';
const variable = 'KVITTO_TEST_SMTP';

function settingsFor(port: number, over: object = {}) {
  return {
    ...{ host: '127.0.0.1', port, tls: 'none', timeout: '1s' },
    ...{ from: 'kvitto@example.org', to: ['ann@example.org', 'bob@example.org'] },
    ...over,
  };
}

const eventOf = (data: string) => /^X-Kvitto-Event: (.*)$/m.exec(data)?.[1]?.trim() ?? '';

acceptSink(smtp, {
  settings: (port) => settingsFor(port, { user: 'kvitto', password: { env: variable } }),
  secrets: { [variable]: password },
  receive: async (most) => {
    const receiver = await startSmtpReceiver((command, mails) =>
      mails.length < most || command === '.' ? null : '421 going down',
    );
    return { port: receiver.port, ids: () => receiver.mails.map((m) => eventOf(m.data)), stop: receiver.stop };
  },
});

const events = [sampleAlert(), sampleAlert({ id: '3f2a90c1-1204-1', place: 1, state: 'resolved' })];

/** Delivers two events to a server that answers as it is told. */
async function delivered(script: SmtpScript, over: object = {}, context = sinkContext()) {
  const receiver = await startSmtpReceiver(script);
  try {
    const delivery = await smtp.deliver(events, smtp.settings.parse(settingsFor(receiver.port, over)), context);
    const { mails, commands } = receiver;
    return { delivery: portless(delivery, receiver.port), mails, commands };
  } finally {
    await receiver.stop();
  }
}

function portless(delivery: Delivery, port: number): Delivery {
  const { stopped } = delivery;
  if (stopped === null) return delivery;
  return { ...delivery, stopped: { ...stopped, message: stopped.message.replaceAll(`:${port}`, '') } };
}

describe('a mail server that does not take a mail', () => {
  const refused = (message: string) => ({ delivered: 0, stopped: { why: 'refused', message } });
  const later = (message: string) => ({ delivered: 0, stopped: { why: 'later', message, afterMs: null } });
  const cases: [string, SmtpScript, Delivery | object][] = [
    [
      'for nobody, for good',
      (c) => (c.startsWith('RCPT') ? '550 5.1.1 no such user' : null),
      refused(
        '127.0.0.1 takes the mail for nobody: ann@example.org (550 5.1.1 no such user), bob@example.org (550 5.1.1 no such user)',
      ),
    ],
    [
      'for one, now',
      (c) => (c.startsWith('RCPT') ? (c.includes('ann') ? '550 no' : '451 try later') : null),
      later('127.0.0.1 takes the mail for nobody: ann@example.org (550 no), bob@example.org (451 try later)'),
    ],
    [
      'for its content',
      (c) => (c === '.' ? '554 5.7.1 looks like spam' : null),
      refused('127.0.0.1 does not take this mail: 554 5.7.1 looks like spam'),
    ],
    [
      'for its size',
      (c) => (c.startsWith('MAIL') ? '552 too large' : null),
      refused('127.0.0.1 does not take this mail: 552 too large'),
    ],
    [
      'after it read it, now',
      (c) => (c === '.' ? '452 disk full' : null),
      later('127.0.0.1 answered 452 to DATA: 452 disk full'),
    ],
    [
      'from this sender',
      (c) => (c.startsWith('MAIL') ? '553 not yours' : null),
      later('127.0.0.1 does not take mail from kvitto@example.org: 553 not yours'),
    ],
    [
      'without a login',
      (c) => (c.startsWith('MAIL') ? '530 5.7.0 Authentication required' : null),
      later(
        '127.0.0.1 does not let one without a login in: check user and password: 530 5.7.0 Authentication required',
      ),
    ],
    [
      'at all: greets with 421',
      (c) => (c === 'CONNECT' ? '421 busy' : null),
      later('127.0.0.1 answered 421 to CONN: 421 busy'),
    ],
    [
      'and drops the line',
      (c) => (c === 'DATA' ? 'drop' : null),
      later('127.0.0.1 closed the connection before it answered'),
    ],
    ['and says nothing', (c) => (c === 'DATA' ? '' : null), later('127.0.0.1 did not answer within 1 s')],
  ];
  for (const [what, script, expected] of cases) {
    test(what, async () => {
      const { delivery, mails } = await delivered(script);
      assert.deepEqual(delivery, expected);
      assert.deepEqual(mails, []);
    });
  }

  test('an answer without end is not read to the end', async () => {
    const { delivery } = await delivered((c) => (c === 'CONNECT' ? `220-${'x'.repeat(200_000)}` : null));
    assert.deepEqual(delivery, later('127.0.0.1 cannot be talked to (EPROTOCOL)'));
  });

  test('and sends a byte now and then', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      const timer = setInterval(() => socket.write('2'), 100);
      socket.on('close', () => clearInterval(timer));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const delivery = await smtp.deliver(events, smtp.settings.parse(settingsFor(port)), sinkContext());
    server.close();
    assert.equal(delivery.delivered, 0);
    assert.match(
      delivery.stopped?.message ?? '',
      /^127\.0\.0\.1:\d+ (?:did not answer within 1 s|cannot be reached in time)$/,
    );
  });

  test('a password that is wrong is no end, and is not told though the server repeats it', async () => {
    process.env[variable] = password;
    const { delivery } = await delivered((c) => (c.startsWith('AUTH') ? `535 no: ${c}` : null), {
      user: 'kvitto',
      password: { env: variable },
    });
    delete process.env[variable];
    assert.deepEqual(
      delivery,
      later('127.0.0.1 does not let kvitto in: check user and password: 535 no: AUTH PLAIN […]'),
    );
  });

  test('STARTTLS is asked for, and nothing is told where it is not offered', async () => {
    const { delivery, commands } = await delivered((c) => (c === 'STARTTLS' ? '502 what?' : null), { tls: 'starttls' });
    assert.deepEqual(
      commands.map((c) => c.split(' ')[0]),
      ['EHLO', 'STARTTLS'],
    );
    assert.deepEqual(
      delivery,
      later('127.0.0.1 cannot be talked to safely: it does not offer STARTTLS, or ended it; is tls: tls meant?'),
    );
  });
});

describe('a mail that is taken for some', () => {
  test('who is refused for good is named, the next mail is another delivery', async () => {
    const { delivery, mails } = await delivered((c) => (c.includes('ann') ? '550 no such user' : null));
    const message = '127.0.0.1 took the mail for 1 of 2, not for ann@example.org (550 no such user)';
    assert.deepEqual(delivery, { delivered: 0, stopped: { why: 'refused', message } });
    assert.deepEqual(
      mails.map((m) => m.to),
      [['bob@example.org']],
    );
  });

  test('who has to wait gets it later, and the others not again', async () => {
    const context = sinkContext();
    const first = await delivered((c) => (c.includes('ann') ? '450 greylisted' : null), {}, context);
    const message = '127.0.0.1 took the mail for 1 of 2, not for ann@example.org (450 greylisted)';
    assert.deepEqual(first.delivery, { delivered: 0, stopped: { why: 'later', message, afterMs: null } });
    const second = await delivered(() => null, {}, context);
    assert.deepEqual(second.delivery, { delivered: 2, stopped: null });
    assert.deepEqual(
      second.mails.map((m) => m.to),
      [['ann@example.org'], ['ann@example.org', 'bob@example.org']],
    );
    assert.equal(await context.memory.get('mail 3f2a90c1-1204-0'), null);
  });

  test('who has to wait and is then refused is named, with those who got it', async () => {
    const context = sinkContext();
    await delivered((c) => (c.includes('ann') ? '450 greylisted' : null), {}, context);
    const { delivery } = await delivered((c) => (c.includes('ann') ? '550 no' : null), {}, context);
    const message = '127.0.0.1 took the mail for 1 of 2, not for ann@example.org (550 no)';
    assert.deepEqual(delivery, { delivered: 0, stopped: { why: 'refused', message } });
    assert.equal(await context.memory.get('mail 3f2a90c1-1204-0'), null);
  });
});

test('settings: in the open to this machine alone; user and password together; addresses are addresses', () => {
  const problems = (over: object) =>
    smtp.settings.safeParse({ ...settingsFor(25), ...over }).error?.issues.map((i) => [i.path.join('.'), i.message]);
  assert.deepEqual(problems({ host: 'mail.example.org' }), [
    ['tls', 'none sends mails and passwords in the open: only for this machine itself, or with insecure: true'],
  ]);
  assert.equal(problems({ host: 'mail.example.org', insecure: true }), undefined);
  assert.deepEqual(problems({ user: 'x' }), [['password', 'user and password come together']]);
  const address = 'expected a mail address: team@example.org';
  assert.deepEqual(problems({ to: ['a@b.example\r\nRCPT TO:<c@d.example>'] }), [['to.0', address]]);
  assert.deepEqual(problems({ from: 'Kvitto <a@b.example>' }), [['from', address]]);
  const { host, from, to } = settingsFor(1);
  assert.deepEqual(
    ['starttls', 'tls', 'none'].map((tls) => {
      const parsed = smtp.settings.safeParse({ host, from, to, tls });
      return parsed.success && parsed.data.port;
    }),
    [587, 465, 25],
  );
});

test('both parts of a mail', () => {
  const words = wordsOf(sampleAlert(), 'https://kvitto.example/alerts/4931584');
  assertGolden(new URL('./testdata/mail.txt', import.meta.url), plainText(words));
  assertGolden(new URL('./testdata/mail.html', import.meta.url), html(words));
});
