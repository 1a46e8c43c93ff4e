import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { assertGolden } from '../../formats/testing/golden.ts';
import { changeKinds, eventTypes, type KvittoEvent } from '../../model/event.ts';
import { ecsOf } from './ecs.ts';
import { encodeAsciiWithin, encodeLine, encodeLineWithin, encodingNames } from './encode.ts';
import { lineParts } from './line-parts.ts';
import { ocsfOf } from './ocsf.ts';
import { ecsFaults, ecsFields } from './testing/ecs-oracle.ts';
import { OcsfOracle } from './testing/ocsf-oracle.ts';
import { hostileEvents, hostileText, sampleContext, sampleEvents } from './testing/sample-events.ts';
import { isExploited, weightOf } from './weight.ts';

const skipIn = (t: { skip(reason: string): void }) => (reason: string) =>
  t.skip(`NOT CHECKED AGAINST THE SCHEMA: ${reason}`);

test('the samples have every type, every kind of change, and each id once', () => {
  assert.deepEqual([...new Set(sampleEvents.map((e) => e.type))].sort(), [...eventTypes].sort());
  const kinds = new Set(sampleEvents.flatMap((e) => (e.type === 'change' ? [e.change] : [])));
  assert.deepEqual([...kinds].sort(), [...changeKinds].sort());
  assert.equal(new Set(sampleEvents.map((e) => e.id)).size, sampleEvents.length);
});

describe('golden files', () => {
  for (const encoding of encodingNames) {
    test(encoding, () => {
      const lines = sampleEvents.map((e) => JSON.parse(encodeLine(encoding, e, sampleContext)));
      assertGolden(new URL(`./testdata/${encoding}.json`, import.meta.url), `${JSON.stringify(lines, null, 1)}\n`);
    });
  }

  test('weights', () => {
    const rows = sampleEvents.map((e) => {
      const kind = e.type === 'change' ? `${e.change} ${e.state}` : e.type === 'alert' ? e.state : '';
      return `${e.id} ${e.type} ${kind}: ${weightOf(e)}${isExploited(e) ? ', exploited' : ''}\n`;
    });
    assertGolden(new URL('./testdata/weights.txt', import.meta.url), rows.join(''));
  });
});

test('every document is valid ECS', (t) => {
  const fields = ecsFields(skipIn(t));
  if (fields === null) return;
  assert.ok(fields.size > 1_500);
  for (const event of [...sampleEvents, ...hostileEvents()]) {
    assert.deepEqual(ecsFaults(ecsOf(event, sampleContext), fields), [], event.id);
  }
});

test('the oracle for ECS sees what is wrong', (t) => {
  const fields = ecsFields(skipIn(t));
  const [event] = sampleEvents;
  if (fields === null || event === undefined) return;
  const wrong = { ...ecsOf(event, sampleContext), message: 1, event: { id: ['x'], kind: 'odd', made: 'up' } };
  assert.deepEqual(ecsFaults(wrong, fields), [
    'message is 1, no match_only_text',
    'event.id is a list',
    'event.kind must not be "odd"',
    'event.made is no field of ECS',
    'event.type is missing',
  ]);
});

test('every document is valid OCSF', (t) => {
  const oracle = OcsfOracle.open(skipIn(t));
  if (oracle === null) return;
  for (const event of [...sampleEvents, ...hostileEvents()]) {
    const document = ocsfOf(event, sampleContext);
    assert.deepEqual(oracle.faults(document), [], event.id);
    assert.equal((document['metadata'] as { version: string }).version, oracle.version);
  }
});

test('the oracle for OCSF sees what is wrong', (t) => {
  const oracle = OcsfOracle.open(skipIn(t));
  const [event] = sampleEvents;
  if (oracle === null || event === undefined) return;
  const { metadata: _, ...rest } = ocsfOf(event, sampleContext);
  const wrong = {
    ...rest,
    time: '1',
    severity: 'Mild',
    status_id: 77,
    vulnerabilities: [{ made: 'up' }],
    comment: 'x',
  };
  assert.deepEqual(oracle.faults(wrong), [
    'metadata is missing',
    'time is "1", no timestamp_t',
    'severity_id 5 is Critical, and its label says Mild',
    'status_id must not be 77',
    'vulnerabilities. needs just one of advisory,cve,cwe',
    'vulnerabilities.made is no attribute there',
    'comment is deprecated',
  ]);
});

/** What a reader of lines might stop at, or a terminal obey. */
const unsafe = /[\p{Cc}\u2028\u2029]/u;

/** The id of an event, wherever an encoding has it. */
function idIn(line: string): unknown {
  const document = JSON.parse(line);
  return document.event?.id ?? document.metadata?.uid ?? document.id;
}

test('a line is a line, whatever stands in an event', () => {
  for (const encoding of encodingNames) {
    for (const event of hostileEvents()) {
      const line = encodeLine(encoding, event, sampleContext);
      assert.doesNotMatch(line, unsafe);
      assert.ok(line.isWellFormed() && !line.includes('\\ud800'), line);
      assert.equal(idIn(line), event.id);
      assert.equal(JSON.parse(line).message, event.message.toWellFormed());
    }
  }
});

test('a document is made shorter until it fits, and says so; what fits stays as it is', () => {
  const said = { ecs: 'kvitto', ocsf: 'metadata', json: '' };
  const words = { ecs: 'shortened', ocsf: 'is_truncated', json: 'shortened' };
  for (const encoding of encodingNames) {
    for (const [i, event] of hostileEvents(hostileText.repeat(60)).entries()) {
      const line = encodeAsciiWithin(8_096, encoding, event, sampleContext) ?? '';
      assert.ok(
        /^[ -~]*$/.test(line) && line.length <= 8_096 && line.length > 500,
        `${encoding} ${event.id}: ${line.length}`,
      );
      const wide = encodeLineWithin(8_096, encoding, event, sampleContext) ?? '';
      assert.ok(Buffer.byteLength(wide) <= 8_096 && idIn(wide) === event.id, wide);
      const document = JSON.parse(line);
      const inner = said[encoding] === '' ? document : document[said[encoding]];
      assert.equal(inner[words[encoding]], true);
      assert.equal(idIn(line), event.id);
      const small = sampleEvents[i] as KvittoEvent;
      assert.equal(
        encodeAsciiWithin(100_000, encoding, small, sampleContext),
        encodeLine(encoding, small, sampleContext),
      );
    }
    assert.equal(encodeAsciiWithin(100, encoding, sampleEvents[0] as KvittoEvent, sampleContext), null);
  }
});

test('any text comes back as it was, but for halves of pairs', () => {
  const [event] = sampleEvents;
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (message) => {
      const line = encodeLine('json', { ...(event as KvittoEvent), message }, sampleContext);
      assert.doesNotMatch(line, unsafe);
      assert.equal(JSON.parse(line).message, message.toWellFormed());
    }),
    { numRuns: 50 },
  );
});

test('lines come in parts that are bounded, and are whole', () => {
  const parts = [...lineParts(sampleEvents, 'ecs', sampleContext, 5_000)];
  const lines = sampleEvents.map((event) => `${encodeLine('ecs', event, sampleContext)}\n`);
  assert.equal(Buffer.concat(parts.map(({ bytes }) => bytes)).toString(), lines.join(''));
  assert.ok(parts.length > 5 && parts.every(({ bytes }) => bytes.length <= 5_000 && bytes.at(-1) === 0x0a));
  assert.equal(
    parts.reduce((sum, { count }) => sum + count, 0),
    sampleEvents.length,
  );
  // One that is longer stands alone.
  assert.deepEqual(
    [...lineParts(sampleEvents.slice(0, 3), 'ecs', sampleContext, 10)].map(({ count }) => count),
    [1, 1, 1],
  );
  assert.deepEqual([...lineParts([], 'ecs', sampleContext)], []);
});
