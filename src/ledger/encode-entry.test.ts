import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeEntry, encodeEntry } from './encode-entry.ts';
import type { Entry } from './fact.ts';

const recorded = '2026-01-01T00:00:00.000Z';
const envelope = { v: 1, recorded, actor: 'ci', tool: 'kvitto/0.0.0' } as const;
const digest = `sha256:${'1'.repeat(64)}` as const;
const started: Entry = {
  ...envelope,
  kind: 'deployment-started',
  service: 'api',
  environment: 'prod',
  artifact: digest,
  image: null,
  from: recorded,
  until: null,
  replaces: [],
  change: null,
  run: null,
  marks: [],
  text: null,
};
const textOf = (entry: Entry) => Buffer.from(encodeEntry(entry)).toString();

test('what says nothing is left out of an entry, and is there when it is read', () => {
  const least = { ...envelope, artifact: digest, environment: 'prod', kind: 'deployment-started', service: 'api' };
  assert.deepEqual(JSON.parse(textOf(started)), least);
  assert.deepEqual(decodeEntry(encodeEntry(started), 1), started);
});

test('what says something stays', () => {
  const entries: Entry[] = [
    {
      ...started,
      image: 'i',
      from: '2025-12-31T00:00:00.000Z',
      until: recorded,
      replaces: [0],
      change: 'c',
      run: 'r',
      marks: ['late'],
      text: digest,
    },
    { ...envelope, kind: 'deployment-corrected', deployment: 1, from: recorded, until: null, text: digest },
    { ...envelope, kind: 'decisions-expired', decisions: [] },
    { ...envelope, kind: 'decisions-made', decisions: digest, texts: null, count: 0, source: 'command' },
  ];
  assert.deepEqual(
    entries.map((entry) => decodeEntry(encodeEntry(entry), 1)),
    entries,
  );
  assert.deepEqual(JSON.parse(textOf(entries[0] ?? started)), entries[0]);
  assert.deepEqual(JSON.parse(textOf(entries[2] ?? started)), entries[2]);
});

test('an entry in which nothing was left out reads the same', () => {
  assert.deepEqual(decodeEntry(Buffer.from(JSON.stringify(started)), 1), started);
});
