import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { hostileEvents, hostileText, sampleEvents } from '../../encodings/testing/sample-events.ts';
import { sampleChange } from '../../testing/sample-events.ts';
import { sinkContext } from '../../testing/sink-acceptance.ts';
import { cutBytes, type MessageSettings, syslogMessage } from './message.ts';
import { syslogSettings } from './settings.ts';
import { parseSyslog } from './testing/parse-syslog.ts';

const settings = (more: object = {}): MessageSettings => ({
  ...syslogSettings.parse({ host: 'log.example', ...more }),
  hostname: 'watch-1',
});
const context = sinkContext();

test('a message, as RFC 5424 has it', () => {
  const event = { ...sampleChange('new', 17), message: 'é is "new" here' };
  const text = syslogMessage(event, settings({ format: 'text' }), context).toString();
  assert.equal(
    text,
    '<129>1 2026-08-21T10:30:00.123Z watch-1 kvitto - change [kvitto@32473 id="3f2a90c1-1204-17" entry="1204"' +
      ' change="new" state="began" vulnerability="CVE-2026-1000"' +
      ' component="pkg:deb/debian/openssl@3.0.15-1~deb12u1?arch=amd64&distro=debian-12" service="shop"' +
      ' environment="production" severity="critical" exploited="true"] \ufeffé is "new" here https://kvitto.example/events/3f2a90c1-1204-17',
  );
});

describe('every sample', () => {
  for (const format of ['ecs', 'ocsf', 'json', 'text'] as const) {
    test(`as ${format}: parsed, it says what went in, however hostile its texts`, () => {
      for (const maxMessageBytes of [480, 2_048, 8_096]) {
        const told = settings({ format, maxMessageBytes, facility: 'audit', appName: 'k', enterprise: 7 });
        for (const event of [...sampleEvents, ...hostileEvents(), ...hostileEvents(hostileText.repeat(5))]) {
          const bytes = syslogMessage(event, told, context);
          assert.ok(bytes.length <= maxMessageBytes, `${bytes.length}`);
          const parsed = parseSyslog(bytes);
          const { facility, timestamp, hostname, appName, msgId, message } = parsed;
          assert.deepEqual(
            { facility, timestamp, hostname, appName, msgId },
            { facility: 13, timestamp: event.at, hostname: 'watch-1', appName: 'k', msgId: event.type },
          );
          if (maxMessageBytes >= 8_096) assert.equal(parsed.elements.get('kvitto@7')?.get('id'), event.id);
          assert.doesNotMatch(message, /[\p{Cc}\u2028\u2029]/u);
          if (format === 'text') assert.ok(bytes.includes('\ufeff'));
          else if (maxMessageBytes >= 8_096) {
            const document = JSON.parse(message);
            assert.equal(document.event?.id ?? document.metadata?.uid ?? document.id, event.id);
            assert.doesNotMatch(message, /[^ -~]/);
          }
        }
      }
    });
  }
});

test('whatever stands in structured data comes out of it again', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 120 }), (service) => {
      const event = { ...sampleChange('new', 1), service, environment: '"]\\' };
      const parameters = parseSyslog(syslogMessage(event, settings(), context)).elements.get('kvitto@32473');
      assert.equal(parameters?.get('service'), service.replace(/[\p{Cc}\u2028\u2029\p{Cs}]/gu, '\ufffd'));
      assert.equal(parameters?.get('environment'), '"]\\');
    }),
    { numRuns: 50 },
  );
});

test('severities: what is exploited is an alert, what is unknown a warning', () => {
  const of = (event: Parameters<typeof syslogMessage>[0]) =>
    parseSyslog(syslogMessage(event, settings(), context)).severity;
  const rated = (severity: 'critical' | 'high' | 'medium' | 'low' | 'negligible' | 'unknown', exploited = false) =>
    of({ ...sampleChange('new', 1), after: { severity, score: null, exploited, fixedIn: null, advisories: [] } });
  assert.deepEqual(
    [
      rated('low', true),
      rated('critical'),
      rated('high'),
      rated('medium'),
      rated('unknown'),
      rated('low'),
      rated('negligible'),
    ],
    [1, 2, 3, 4, 4, 5, 6],
  );
});

test('what is cut is cut between characters', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 3, max: 60 }), (text, most) => {
      const cut = cutBytes(Buffer.from(text), most);
      assert.ok(cut.length <= most);
      const words = new TextDecoder('utf-8', { fatal: true }).decode(cut);
      assert.ok(words === text || (words.endsWith('…') && text.startsWith(words.slice(0, -1))), words);
    }),
  );
});

test('without structured data there is none', () => {
  const message = syslogMessage(sampleChange('new', 1), settings({ structuredData: false }), context);
  assert.equal(parseSyslog(message).elements.size, 0);
});

test('settings', () => {
  const { port, transport, maxMessageBytes, facility } = syslogSettings.parse({ host: 'h' });
  assert.deepEqual(
    { port, transport, maxMessageBytes, facility },
    { port: 6514, transport: 'tls', maxMessageBytes: 8096, facility: 16 },
  );
  assert.equal(syslogSettings.parse({ host: 'h', transport: 'udp' }).maxMessageBytes, 2_048);
  for (const wrong of [
    { transport: 'http' },
    { facility: 'local9' },
    { appName: 'a b' },
    { appName: 'x'.repeat(49) },
    { hostname: 'a\nb' },
    { port: 0 },
    { transport: 'tcp', tls: {} },
    { tls: { cert: '/a' } },
    { tls: { key: 'plain words' } },
    { enterprise: 0 },
  ]) {
    assert.equal(syslogSettings.safeParse({ host: 'h', ...wrong }).success, false, JSON.stringify(wrong));
  }
});
