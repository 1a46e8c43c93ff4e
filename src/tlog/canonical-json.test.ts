import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { canonicalJson, isCanonical, type JsonValue } from './canonical-json.ts';
import { LogError } from './errors.ts';

const malformed = (thrown: unknown) => thrown instanceof LogError && thrown.code === 'malformed';

describe('canonicalJson', () => {
  test('the examples of RFC 8785 sections 3.2.2 and 3.2.3', () => {
    const value = {
      numbers: [Number('333333333.33333329'), 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
      string: '\u20ac$\u000F\u000aA\'\u0042\u0022\u005c\\"/',
      literals: [null, true, false],
    };
    assert.equal(
      canonicalJson(value),
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
    // Names by UTF-16 code units: the surrogates of an emoji come before U+FB33.
    const names = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\u{1f600}': 5, '\u0080': 6, '\u00f6': 7 };
    assert.equal(canonicalJson(names), '{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"\u{1f600}":5,"\ufb33":3}');
  });

  test('numbers of RFC 8785 appendix B', () => {
    const ofBits = (bits: string) => new DataView(Uint8Array.from(Buffer.from(bits, 'hex')).buffer).getFloat64(0);
    for (const [bits, text] of [
      ['0000000000000000', '0'],
      ['8000000000000000', '0'],
      ['0000000000000001', '5e-324'],
      ['8000000000000001', '-5e-324'],
      ['7fefffffffffffff', '1.7976931348623157e+308'],
      ['4340000000000000', '9007199254740992'],
      ['4430000000000000', '295147905179352830000'],
      ['44b52d02c7e14af5', '9.999999999999997e+22'],
      ['444b1ae4d6e2ef4e', '999999999999999700000'],
      ['3eb0c6f7a0b5ed8d', '0.000001'],
      ['41b3de4355555557', '333333333.33333343'],
    ] as const) {
      assert.equal(canonicalJson(ofBits(bits)), text);
    }
  });

  test('what has no canonical form is refused', () => {
    const itself: Record<string, unknown> = {};
    itself['again'] = [itself];
    const values = [
      Number.NaN,
      Number.POSITIVE_INFINITY,
      undefined,
      1n,
      '\ud800',
      { '\udc00': 1 },
      { a: undefined },
      [undefined],
      new Array(2),
      new Date(0),
      new Map(),
      () => 1,
      Symbol('x'),
      itself,
    ];
    for (const value of values) assert.throws(() => canonicalJson(value as JsonValue), malformed, String(typeof value));
    let deep: JsonValue = 1;
    for (let i = 0; i < 100_000; i++) deep = [deep];
    assert.throws(
      () => canonicalJson(deep),
      (thrown: unknown) => thrown instanceof LogError && thrown.code === 'too-large',
    );
  });

  test('names of the prototype are names like others', () => {
    const text = '{"__proto__":{"a":1},"constructor":2,"toString":3}';
    assert.equal(canonicalJson(JSON.parse(text)), text);
    assert.equal(canonicalJson(Object.assign(Object.create(null), { b: 1, a: 2 })), '{"a":2,"b":1}');
  });

  test('any JSON value: its canonical text is read back the same, and is canonical', () => {
    fc.assert(
      fc.property(fc.jsonValue({ depthSize: 'medium' }), (value) => {
        const read: JsonValue = JSON.parse(JSON.stringify(value));
        const isWellFormed = JSON.stringify(read).isWellFormed() && !/\\ud[89a-f]/i.test(JSON.stringify(read));
        fc.pre(isWellFormed);
        const text = canonicalJson(read);
        assert.deepEqual(JSON.parse(text), read);
        assert.equal(isCanonical(text), true);
        assert.equal(isCanonical(` ${text}`), false);
      }),
    );
  });

  test('isCanonical', () => {
    for (const text of ['{"a":1,"b":[]}', '"é"', '0', '{}', 'null']) assert.equal(isCanonical(text), true, text);
    for (const text of [
      '',
      '{',
      '{"b":1,"a":2}',
      '{"a":1,"a":1}',
      '1.0',
      '-0',
      '1e400',
      '"\\u00e9"',
      '"\\ud800"',
      '"\\/"',
      '[1, 2]',
      '1\n',
      '['.repeat(300) + ']'.repeat(300),
    ]) {
      assert.equal(isCanonical(text), false, text.slice(0, 20));
    }
  });
});
