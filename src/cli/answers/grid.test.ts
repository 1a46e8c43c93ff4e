import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { paintFor } from '../../formats/terminal-paint.ts';
import { widthOf } from '../../formats/terminal-text.ts';
import type { View } from './answer.ts';
import { grid } from './grid.ts';

const view = (columns: number, mostRows = 40): View => ({ columns, mostRows, paint: paintFor(false) });

test('columns as wide as they have to be; what is cut gives way, the widest first', () => {
  const columns = [{ head: 'NO.' }, { head: 'NAME', flexible: true }, { head: 'WHAT', flexible: true }];
  const rows = [
    ['1', 'shop', 'a'],
    ['12', 'a service with a long name', 'b c'],
  ];
  assert.deepEqual(grid(columns, rows, view(80)), [
    'NO.  NAME                        WHAT',
    '1    shop                        a',
    '12   a service with a long name  b c',
  ]);
  assert.deepEqual(grid(columns, rows, view(24)), [
    'NO.  NAME           WHAT',
    '1    shop           a',
    '12   a service wi…  b c',
  ]);
});

test('rows beyond the most are counted', () => {
  const rows = Array.from({ length: 1300 }, (_, i) => [String(i)]);
  assert.deepEqual(grid([{ head: 'N' }], rows, view(80, 2)), ['N', '0', '1', '… and 1,298 more (--all, or -f json)']);
  assert.deepEqual(grid([{ head: 'N' }], rows.slice(0, 3), view(80, 2)).at(-1), '… and 1 more (--all, or -f json)');
  assert.deepEqual(grid([{ head: 'N' }], rows.slice(0, 2), view(80, 2)), ['N', '0', '1']);
});

test('whatever stands in it: no line is wider than the view, and none steers a terminal', () => {
  const columns = [
    { head: 'A', flexible: true },
    { head: 'B', flexible: true },
  ];
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' })), { maxLength: 5 }),
      (rows) => {
        for (const line of grid(columns, rows, view(40))) {
          assert.ok(widthOf(line) <= 40, line);
          assert.doesNotMatch(line, /[\p{Cc}\p{Cf}]/u);
        }
      },
    ),
  );
});
