import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forever } from '../../ledger/instant.ts';
import { toDocument } from './answer.ts';
import { componentWords, end, lengthOf, many, minute, when } from './words.ts';

const noon = Date.parse('2026-11-21T12:00:00.000Z');

test('moments, to the second where there are any', () => {
  assert.deepEqual(
    [noon, noon + 5_000, noon + 5].map((at) => [when(at), minute(at)]),
    [
      ['2026-11-21 12:00', '2026-11-21 12:00'],
      ['2026-11-21 12:00:05', '2026-11-21 12:00'],
      ['2026-11-21 12:00', '2026-11-21 12:00'],
    ],
  );
  assert.deepEqual([end(forever, 'now'), end(noon, 'now')], ['now', '2026-11-21 12:00']);
});

test('lengths and numbers', () => {
  assert.deepEqual([0, 1_000, 59_999, 60_000, 3_600_000, 86_399_999, 86_400_000, 12 * 86_400_000].map(lengthOf), [
    '0 seconds',
    '1 second',
    '59 seconds',
    '1 minute',
    '1 hour',
    '23 hours',
    '1 day',
    '12 days',
  ]);
  assert.deepEqual([many(1, 'row'), many(1234, 'row')], ['1 row', '1,234 rows']);
});

test('components by name and version, with the group where it is part of the name', () => {
  assert.deepEqual(
    [
      'pkg:deb/debian/libssl3@3.0.1?distro=debian-12&arch=amd64',
      'pkg:npm/%40acme/shop@1.0.0',
      'pkg:golang/example.org/a/b@v1.2.3',
      'pkg:pypi/requests',
      'not a purl',
    ].map(componentWords),
    ['libssl3 3.0.1', '@acme/shop 1.0.0', 'example.org/a/b v1.2.3', 'requests', 'not a purl'],
  );
});

test('a document: times as RFC 3339, an open end as null, all else as it is, in its order', () => {
  const answer = {
    at: noon,
    asOf: noon,
    rows: [{ validFrom: noon, validTo: forever, entry: 7, asOf: '2026-11-12', from: null }],
    total: noon,
  };
  assert.equal(
    JSON.stringify(toDocument('kvitto-x-1', answer)),
    JSON.stringify({
      schema: 'kvitto-x-1',
      at: '2026-11-21T12:00:00.000Z',
      asOf: '2026-11-21T12:00:00.000Z',
      rows: [{ validFrom: '2026-11-21T12:00:00.000Z', validTo: null, entry: 7, asOf: '2026-11-12', from: null }],
      total: noon,
    }),
  );
});
