import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { keptLines, lineExtractor } from './lines.ts';

function through(bytes: Uint8Array, chunkBytes: number, keep: (line: string) => boolean): Uint8Array | null {
  const extractor = lineExtractor(keep);
  const reused = new Uint8Array(chunkBytes);
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    const part = bytes.subarray(at, at + chunkBytes);
    reused.set(part);
    extractor.push(reused.subarray(0, part.length));
    reused.fill(0);
  }
  return extractor.end();
}

test('the lines that are kept do not depend on the chunks', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'é', ':', '\r') })),
      fc.integer({ min: 1, max: 50 }),
      (lines, chunkBytes) => {
        const bytes = Buffer.from(lines.join('\n'));
        const keep = (line: string) => line.includes('a');
        const expected = bytes
          .toString('latin1')
          .split('\n')
          .map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line))
          .filter(keep);
        const kept = through(bytes, chunkBytes, keep);
        assert.deepEqual(kept === null ? [] : keptLines(kept), expected);
      },
    ),
  );
});

test('bytes are kept as they are', () => {
  const kept = through(Buffer.from('é€\nx\n'), 1, (line) => line !== 'x');
  assert.equal(Buffer.from(kept ?? []).toString('utf8'), 'é€\n');
  assert.equal(
    through(Buffer.from('x\n'), 1, () => false),
    null,
  );
  assert.equal(
    through(Buffer.alloc(0), 1, () => true),
    null,
  );
});

test('a line of megabytes is dropped, the next one is not', () => {
  const bytes = Buffer.concat([Buffer.from('one\n'), Buffer.alloc(5_000_000, 'x'), Buffer.from('\ntwo')]);
  for (const chunkBytes of [1000, 65_536, 10_000_000]) {
    assert.deepEqual(keptLines(through(bytes, chunkBytes, () => true) ?? new Uint8Array()), ['one', 'two']);
  }
});
