// Against real servers on this machine that are slow, rude or strangers.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { z } from 'zod';
import { type Answer as BadAnswer, closedPort, doubtful, silent, startBadReceiver } from '../testing/bad-receivers.ts';
import { type HttpReceiver, startHttpReceiver } from '../testing/http-receiver.ts';
import { sinkContext } from '../testing/sink-acceptance.ts';
import { endpoint } from './endpoint.ts';
import { type Answer, type Ask, type Line, type Trouble, withLine } from './post.ts';

const settings = z.strictObject(endpoint);
const token = 'tok-4711/with+signs=and more';

before(() => {
  process.env['KVITTO_TEST_TOKEN'] = token;
});
after(() => {
  delete process.env['KVITTO_TEST_TOKEN'];
});

/** Sends what is asked, one after the other, on one line. */
async function exchange(
  raw: Readonly<Record<string, unknown>>,
  asks: readonly Ask[] = [{ body: '{}' }],
  signal?: AbortSignal,
): Promise<{ answers: (Answer | Trouble)[]; line: Line | null; message: string | null }> {
  const answers: (Answer | Trouble)[] = [];
  let kept: Line | null = null;
  const { stopped } = await withLine(settings.parse(raw), sinkContext(signal), async (line) => {
    kept = line;
    for (const ask of asks) answers.push(await line.send(ask));
    return { delivered: 0, stopped: null };
  });
  return { answers, line: kept, message: stopped?.message ?? null };
}

/** Status and text, or the message of what went wrong with the port taken out. */
async function outcome(port: number, raw: Readonly<Record<string, unknown>> = {}, ask: Ask = { body: '{}' }) {
  const { answers } = await exchange({ url: `http://127.0.0.1:${port}/a?b=c`, ...raw }, [ask]);
  return answers.map((a) => (a.kind === 'answer' ? [a.status, a.text] : a.message.replace(String(port), 'PORT')))[0];
}

async function against<T>(answer: BadAnswer, use: (port: number) => Promise<T>): Promise<T> {
  const receiver = await startBadReceiver(answer);
  try {
    return await use(receiver.port);
  } finally {
    await receiver.stop();
  }
}

async function serving<T>(
  reply: Parameters<typeof startHttpReceiver>[0],
  use: (receiver: HttpReceiver) => Promise<T>,
): Promise<T> {
  const receiver = await startHttpReceiver(reply);
  try {
    return await use(receiver);
  } finally {
    await receiver.stop();
  }
}

test('a request is what was asked for, with what is secret in its headers', async () => {
  await serving(
    () => ({ status: 200, headers: { 'x-a': 'b' }, body: 'fine' }),
    async ({ port, got }) => {
      const raw = {
        url: `http://127.0.0.1:${port}/base?x=1`,
        auth: { user: 'kvitto', password: { env: 'KVITTO_TEST_TOKEN' } },
        headers: { 'X-Key': { env: 'KVITTO_TEST_TOKEN' }, 'X-Plain': 'seen' },
      };
      const { answers } = await exchange(raw, [
        { method: 'PUT', body: 'söme', headers: { 'content-type': 'text/plain' } },
      ]);
      assert.deepEqual(
        answers.map((a) => (a.kind === 'answer' ? [a.status, a.text, a.header('x-a'), a.header('x-b'), a.afterMs] : a)),
        [[200, 'fine', 'b', null, null]],
      );
      assert.deepEqual(got, [
        {
          method: 'PUT',
          path: '/base?x=1',
          body: 'söme',
          headers: {
            host: `127.0.0.1:${port}`,
            connection: 'keep-alive',
            'user-agent': 'kvitto/0.0.0',
            'accept-encoding': 'identity',
            authorization: `Basic ${Buffer.from(`kvitto:${token}`).toString('base64')}`,
            'x-key': token,
            'x-plain': 'seen',
            'content-type': 'text/plain',
            'content-length': '5',
          },
        },
      ]);
    },
  );
});

test('a body is sent compressed where that is asked for', async () => {
  await serving(
    () => ({ status: 204 }),
    async ({ port, got }) => {
      const body = JSON.stringify('again '.repeat(10_000));
      assert.deepEqual(await outcome(port, {}, { body, gzip: true }), [204, '']);
      assert.deepEqual([got[0]?.headers['content-encoding'], got[0]?.body], ['gzip', body]);
      assert.ok(Number(got[0]?.headers['content-length']) < 1000);
    },
  );
});

test('requests of one delivery share a connection', async () => {
  await serving(
    () => ({ status: 204 }),
    async (receiver) => {
      await exchange({ url: `http://127.0.0.1:${receiver.port}` }, Array(20).fill({ body: '1' }));
      assert.deepEqual([receiver.got.length, receiver.connections()], [20, 1]);
    },
  );
});

test('a kept connection that the receiver closes is opened again, once', async () => {
  await serving(
    (_, number) => (number % 2 === 0 ? (response) => response.destroy() : { status: 204 }),
    async (receiver) => {
      const { answers } = await exchange({ url: `http://127.0.0.1:${receiver.port}` }, Array(3).fill({ body: '1' }));
      assert.deepEqual(
        answers.map((a) => (a.kind === 'answer' ? a.status : a)),
        [204, 204, 204],
      );
      assert.equal(receiver.got.length, 5);
    },
  );
});

test('no redirect is followed', async () => {
  await serving(
    () => ({ status: 307, headers: { location: '/elsewhere' } }),
    async ({ port, got }) => {
      assert.deepEqual(await outcome(port), [307, '']);
      assert.deepEqual(
        got.map(({ path }) => path),
        ['/a?b=c'],
      );
    },
  );
});

describe('a receiver that is of no use', { concurrency: true }, () => {
  test('is not there', async () => {
    assert.equal(await outcome(await closedPort()), 'http://127.0.0.1:PORT refuses the connection');
    const { answers } = await exchange({ url: 'http://no-such-host.invalid/x' });
    const [answer] = answers;
    assert.match(
      answer?.kind === 'trouble' ? answer.message : '',
      /^http:\/\/no-such-host\.invalid has a name that (?:is not known here|cannot be looked up now)$/,
    );
  });

  test('closes at once, or in the middle of its headers', async () => {
    const words = 'http://127.0.0.1:PORT closed the connection before it answered';
    assert.equal(await against((socket) => socket.destroy(), outcome), words);
    assert.equal(await against((socket) => socket.end('HTTP/1.1 200 OK\r\nx-a: '), outcome), words);
  });

  test('does not speak HTTP', async () => {
    const said = await against((socket) => socket.end('220 mail.example ESMTP\r\n'), outcome);
    assert.equal(said, 'http://127.0.0.1:PORT does not answer in HTTP');
  });

  test('sends headers without end', async () => {
    const many: BadAnswer = (socket) => {
      socket.write(`HTTP/1.1 200 OK\r\n${'x-a: b\r\n'.repeat(100_000)}`);
    };
    assert.equal(await against(many, outcome), 'http://127.0.0.1:PORT answers with more headers than are read');
  });

  test('never answers, or sends a byte now and then', async () => {
    const words = 'http://127.0.0.1:PORT did not answer within 1 s';
    assert.equal(await against(silent, (port) => outcome(port, { timeout: '1s' })), words);
    const drip: BadAnswer = (socket) => {
      const timer = setInterval(() => socket.write('x'), 100);
      socket.write('HTTP/1.1 200 OK\r\nx-a: ');
      socket.on('close', () => clearInterval(timer));
    };
    assert.equal(await against(drip, (port) => outcome(port, { timeout: '1s' })), words);
  });

  test('says yes, and then half of the rest, or drips it, or never ends it: the status stands', async () => {
    const half = doubtful['answers half'];
    const endless = doubtful['never ends its answer'];
    assert.ok(half !== undefined && endless !== undefined);
    assert.deepEqual(await against(half, outcome), [200, null]);
    assert.deepEqual(await against(endless, outcome), [200, null]);
    const drip: BadAnswer = (socket) => {
      const timer = setInterval(() => socket.write('x'), 100);
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n');
      socket.on('close', () => clearInterval(timer));
    };
    assert.deepEqual(await against(drip, (port) => outcome(port, { timeout: '1s' })), [200, null]);
  });

  test('answers with as much as is read, with one byte more, or compressed', async () => {
    const sizes = [64 * 1024, 64 * 1024 + 1];
    for (const [index, size] of sizes.entries()) {
      const body = 'x'.repeat(size);
      const said = await serving(
        () => ({ status: 200, body }),
        ({ port }) => outcome(port),
      );
      assert.deepEqual(said, [200, index === 0 ? body : null]);
    }
    const headers = { 'content-encoding': 'gzip' };
    assert.deepEqual(
      await serving(
        () => ({ status: 200, headers, body: '??' }),
        ({ port }) => outcome(port),
      ),
      [200, null],
    );
  });

  test('answers before it has read what is sent, and closes', async () => {
    const answer = 'HTTP/1.1 413 Too Large\r\ncontent-length: 3\r\nconnection: close\r\n\r\nbig';
    const rude: BadAnswer = (socket) => {
      socket.once('data', () => {
        socket.pause();
        socket.end(answer);
      });
    };
    const body = Buffer.alloc(20_000_000);
    assert.deepEqual(await against(rude, (port) => outcome(port, {}, { body })), [413, 'big']);
  });

  test('is left when the delivery is to end', async () => {
    await against(silent, async (port) => {
      const stop = new AbortController();
      setTimeout(() => stop.abort(), 50);
      const { answers } = await exchange({ url: `http://127.0.0.1:${port}/secret` }, [{ body: '1' }], stop.signal);
      assert.deepEqual(answers, [{ kind: 'trouble', message: `http://127.0.0.1:${port}: stopped before it answered` }]);
    });
  });
});

describe('what the configuration lacks', () => {
  const url = 'http://127.0.0.1:1/';
  const safe = 'https://127.0.0.1:1/';
  test('is said before anything is sent, and holds no secret', async () => {
    process.env['KVITTO_TEST_LINES'] = 'two\nlines';
    process.env['KVITTO_TEST_FTP'] = 'ftp://user:hidden@host/';
    process.env['KVITTO_TEST_USER'] = 'http://user:hidden@host/';
    const cases: [Record<string, unknown>, RegExp][] = [
      [
        { url, auth: { bearer: { env: 'KVITTO_TEST_NOT_SET' } } },
        /^the environment variable KVITTO_TEST_NOT_SET is not set/,
      ],
      [
        { url, auth: { bearer: { env: 'KVITTO_TEST_LINES' } } },
        /^the header authorization of a sink would hold characters/,
      ],
      [{ url, headers: { 'X-A': { env: 'KVITTO_TEST_LINES' } } }, /^the header x-a of a sink would hold characters/],
      [{ url: { env: 'KVITTO_TEST_FTP' } }, /^the secret address of a sink is no http or https address$/],
      [{ url: { env: 'KVITTO_TEST_USER' } }, /^the secret address of a sink holds user and password$/],
      [{ url, tls: {} }, /^http:\/\/127\.0\.0\.1:1 is spoken with in the open, and the setting tls is of no use$/],
      [{ url: safe, tls: { ca: '/nowhere/ca.pem' } }, /^tls\.ca: \/nowhere\/ca\.pem cannot be read: ENOENT/],
      [
        { url: safe, tls: { ca: import.meta.filename } },
        /^tls\.ca: .*post\.test\.ts holds no certificate in PEM form$/,
      ],
      [
        { url: safe, tls: { key: { env: 'KVITTO_TEST_TOKEN' } } },
        /^tls: the certificate and the key of a sink are damaged/,
      ],
    ];
    for (const [raw, words] of cases) {
      const { answers, message } = await exchange(raw);
      assert.deepEqual(answers, []);
      assert.match(message ?? '', words);
      assert.doesNotMatch(message ?? '', /hidden|tok-4711|two/);
    }
  });

  test('and what is no setting is refused when the file is read', () => {
    const refused: Record<string, unknown>[] = [
      {},
      { url: 'ftp://host/' },
      { url: 'host:80' },
      { url: '' },
      { url: 'http://user:password@host/' },
      { url: `http://host/${'a'.repeat(5000)}` },
      { url, auth: {} },
      { url, auth: { bearer: 'written' } },
      { url, auth: { user: 'a', password: { env: 'A' }, bearer: { env: 'B' } } },
      { url, headers: { 'content-length': '7' } },
      { url, headers: { 'Transfer-Encoding': 'chunked' } },
      { url, headers: { 'a b': 'c' } },
      { url, headers: { a: 7 } },
      { url, headers: { 'X-Api-Key': 'written' } },
      { url, tls: { verify: false } },
      { url, timeout: '0s' },
      { url, timeout: '6m' },
      { url, timeout: 30 },
      { url, proxy: 'socks5://host' },
    ];
    for (const raw of refused) assert.equal(settings.safeParse(raw).success, false, JSON.stringify(raw));
    assert.equal(settings.parse({ url }).timeout, 30_000);
  });
});

test('a receiver that sends back what it got is quoted without it', async () => {
  await serving(
    ({ headers, path }) => ({ status: 400, body: JSON.stringify({ path, headers }).replaceAll('/', '\\/') }),
    async ({ port }) => {
      process.env['KVITTO_TEST_URL'] = `http://127.0.0.1:${port}/services/T00000000/XXXXXXXXXXXX?key=abcdef`;
      const { answers, line } = await exchange({
        url: { env: 'KVITTO_TEST_URL' },
        auth: { bearer: { env: 'KVITTO_TEST_TOKEN' } },
      });
      const [answer] = answers;
      const quoted = line?.quote(answer?.kind === 'answer' ? (answer.text ?? '') : '') ?? '';
      assert.equal(line?.place, `http://127.0.0.1:${port}`);
      assert.ok(quoted.startsWith('{"path":"[…]"'), quoted);
      assert.doesNotMatch(quoted, /tok-4711|XXXXXXXXXXXX|abcdef/);
    },
  );
});

test('a line leads to one origin', async () => {
  await assert.rejects(
    exchange({ url: 'http://127.0.0.1:1/' }, [{ url: new URL('http://127.0.0.1:2/'), body: '1' }]),
    /another origin/,
  );
});
