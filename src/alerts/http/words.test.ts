import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { below } from './address.ts';
import { inHalves } from './in-halves.ts';
import { inParts } from './in-parts.ts';
import { stoppedBy } from './judge.ts';
import { labelled } from './labels.ts';
import type { Answer } from './post.ts';
import { retryAfterMs } from './retry-after.ts';
import { Veil } from './veil.ts';

const now = new Date('2026-08-21T10:00:00Z');

test('Retry-After: seconds and the three forms of a date, up to a day', () => {
  const cases: [string | null, number | null][] = [
    ['0', 0],
    ['120', 120_000],
    [' 7 ', 7_000],
    ['86401', 86_400_000],
    ['999999999999999', 86_400_000],
    ['Fri, 21 Aug 2026 10:01:00 GMT', 60_000],
    ['Friday, 21-Aug-26 10:01:00 GMT', 60_000],
    ['Fri Aug 21 10:01:00 2026', 60_000],
    ['Fri, 21 Aug 2026 09:00:00 GMT', 0],
    ['Fri, 21 Aug 2099 09:00:00 GMT', 86_400_000],
    [null, null],
    ['', null],
    ['-1', null],
    ['1.5', null],
    ['1e3', null],
    ['soon', null],
    ['Fri, 99 Aug 2026 99:00:00 GMT', null],
    ['2026-08-21T10:01:00Z', null],
    ['9'.repeat(1000), null],
  ];
  assert.deepEqual(
    cases.map(([value]) => [value, retryAfterMs(value, now)]),
    cases,
  );
});

test('what an answer means', () => {
  const line = { place: 'https://host', quote: (text: string) => text };
  const outcome = (status: number) => {
    const answer: Answer = { kind: 'answer', status, text: 'why', afterMs: 5, header: () => null };
    return stoppedBy(answer, line)?.why ?? 'delivered';
  };
  const all = Array.from({ length: 500 }, (_, index) => index + 100);
  const by = (what: string) => all.filter((status) => outcome(status) === what);
  assert.deepEqual(by('delivered'), all.slice(100, 200));
  assert.deepEqual(by('refused'), [413, 422]);
  const answer: Answer = { kind: 'answer', status: 429, text: 'slow down', afterMs: 5, header: () => null };
  assert.deepEqual(stoppedBy(answer, line), {
    why: 'later',
    message: 'https://host answered 429 (too many requests): slow down',
    afterMs: 5,
  });
  assert.deepEqual(stoppedBy({ ...answer, text: null }, line, new Set([429])), {
    why: 'refused',
    message: 'https://host answered 429 (too many requests)',
  });
  assert.deepEqual(stoppedBy({ kind: 'trouble', message: 'gone' }, line), {
    why: 'later',
    message: 'gone',
    afterMs: null,
  });
});

test('no text that holds a secret, however it is written, is quoted with it', () => {
  const marks = fc.constantFrom('/', '+', '=', '"', '\\', ' ', 'é', '%', '\u{1f511}', 'a', 'Z', '0');
  const secrets = fc.array(marks, { minLength: 4, maxLength: 60 }).map((all) => all.join('').trim());
  const writings = [
    (s: string) => s,
    encodeURIComponent,
    (s: string) => JSON.stringify(s).slice(1, -1),
    (s: string) => Buffer.from(s).toString('base64'),
    (s: string) => Buffer.from(s).toString('base64url'),
  ];
  fc.assert(
    fc.property(secrets, fc.constantFrom(...writings), fc.string(), fc.string(), (secret, write, left, right) => {
      fc.pre(secret.length >= 4);
      const veil = new Veil();
      veil.hide(secret);
      const quoted = veil.quote(`${left}${write(secret)}${right}`);
      assert.ok(!quoted.includes(write(secret)) || '[…]'.includes(write(secret)), quoted);
      assert.ok(quoted.length <= 200);
    }),
  );
});

test('a secret that is too short to be found has nothing quoted', () => {
  const veil = new Veil();
  veil.hide('abc');
  assert.equal(veil.quote('xxabcxx'), '');
});

test('a batch that is refused as a whole is halved until one is found, in order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(40), fc.uniqueArray(fc.nat(40)), fc.nat(40), async (count, bad, down) => {
      const items = Array.from({ length: count }, (_, index) => index);
      const taken: number[] = [];
      let calls = 0;
      const delivery = await inHalves(items, async (some) => {
        calls += 1;
        assert.ok(some.length > 0);
        if (some.includes(down)) return { why: 'later', message: 'down', afterMs: null };
        if (some.some((item) => bad.includes(item))) return { why: 'refused', message: 'bad' };
        taken.push(...some);
        return null;
      });
      const stopsAt = items.findIndex((item) => bad.includes(item) || item === down);
      const expected = stopsAt === -1 ? count : stopsAt;
      if (delivery.stopped?.why === 'later') assert.ok(delivery.delivered <= expected);
      else assert.equal(delivery.delivered, expected);
      assert.deepEqual(taken, items.slice(0, delivery.delivered));
      assert.equal(delivery.stopped === null, expected === count);
      assert.ok(calls <= 2 + 2 * Math.ceil(Math.log2(count + 1)), `${calls} requests for ${count}`);
    }),
  );
});

test('parts are as large as they may be, in order, and end at what stops', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(12)), fc.nat(40), fc.nat(5), async (sizes, stopAt, before) => {
      const parts: number[][] = [];
      let seen = 0;
      const delivery = await inParts(
        sizes,
        (size) => size,
        10,
        async (part) => {
          parts.push([...part]);
          seen += part.length;
          if (seen <= stopAt) return { delivered: part.length, stopped: null };
          const delivered = Math.min(before, part.length - 1);
          return { delivered, stopped: { why: 'refused', message: 'no' } };
        },
      );
      assert.deepEqual(parts.flat(), sizes.slice(0, seen));
      const sum = (part: readonly number[]) => part.reduce((a, b) => a + b, 0);
      for (const [index, part] of parts.entries()) {
        assert.ok(part.length === 1 || sum(part) <= 10, part.join());
        const [next] = parts[index + 1] ?? [];
        if (next !== undefined) assert.ok(sum(part) + next > 10);
      }
      const last = parts.at(-1)?.length ?? 0;
      const stops = seen > stopAt;
      const expected = stops ? seen - last + Math.min(before, last - 1) : sizes.length;
      assert.deepEqual(delivery, { delivered: expected, stopped: stops ? { why: 'refused', message: 'no' } : null });
    }),
  );
});

test('the path of an interface goes below the address, once', () => {
  const cases: [string, string][] = [
    ['https://host', 'https://host/api/v2/alerts'],
    ['https://host/', 'https://host/api/v2/alerts'],
    ['https://host/am/', 'https://host/am/api/v2/alerts'],
    ['https://host/am/api/v2/alerts', 'https://host/am/api/v2/alerts'],
    ['https://host/am/api/v2/alerts/?a=b', 'https://host/am/api/v2/alerts?a=b'],
  ];
  for (const [base, expected] of cases) assert.equal(below(new URL(base), '/api/v2/alerts').href, expected);
});

test('values of labels are short, printable and differ where the texts do', () => {
  const long = 'x'.repeat(300);
  const labels = labelled({ a: 'b', none: null, empty: '', ctl: 'a\nb\u0000', one: `${long}1`, two: `${long}2` });
  assert.deepEqual(Object.keys(labels), ['a', 'ctl', 'one', 'two']);
  assert.equal(labels['a'], 'b');
  assert.match(labels['ctl'] ?? '', /^a\u{fffd}b\u{fffd}-[0-9a-f]{12}$/u);
  assert.notEqual(labels['one'], labels['two']);
  for (const value of Object.values(labels)) assert.ok(value.length <= 200);
});
