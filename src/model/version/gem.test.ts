import assert from 'node:assert/strict';
import test from 'node:test';
import { gem } from './gem.ts';
import { askOracle, assertAscending, assertTotalOrder, disagreements } from './testing/order.ts';
import { pairs, pieces } from './testing/pairs.ts';

const versions = pieces(['0', '1', '2', '10', '00', '.', '.', 'a', 'b', 'rc', '-', 'pre', 'Z', '.0', '1a2'], 1, 9);

test('gem: a total order', () => assertTotalOrder(gem, versions));

test('gem: words before numbers, zeros at the end do not count', () => {
  assertAscending(gem, [
    '0.9',
    '1.0.0.a',
    '1.0.a.2',
    '1.0.a10',
    '1.0.b1',
    '1.0-1',
    '1.0.rc1',
    '1',
    '=1.0.0',
    '1.0.1',
    '1.9',
    '1.10',
  ]);
  assert.deepEqual(['', 'a', '.1', '1.', '1..2', '1-', '1_2', '1 ', '1\n', 'v1'].filter(gem.valid), []);
});

test('gem: agrees with Gem::Version on generated pairs', (t) => {
  const asked = pairs(versions, gem.valid, 4000);
  const script = 'STDIN.each_line { |l| a, b = l.split; puts Gem::Version.new(a) <=> Gem::Version.new(b) }';
  const answers = askOracle('ruby', ['-e', script], asked);
  if (answers === null) return t.skip('ruby not installed: apt-get install ruby');
  assert.deepEqual(disagreements(gem, asked, answers), []);
});
