import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import fc from 'fast-check';
import { CodedError } from '../../model/errors.ts';
import { changeKinds, eventTypes } from '../../model/event.ts';
import { allSinks } from '../sinks/all.ts';
import { memorySink } from '../testing/memory-sink.ts';
import { neverMatches } from './can-match.ts';
import { defaultRules, openRule } from './default-rules.ts';
import { defaultAlertConfig, parseAlertConfig } from './parse-config.ts';

const [mail, syslog] = [memorySink('mail', 'people'), memorySink('syslog', 'machines')];
const parse = (text: string) => parseAlertConfig(text, 'kvitto.yaml', [mail, syslog]);
const hourMs = 3_600_000;

test('alerts: all keys', () => {
  const config = parse(`# Who is told
version: 1
maxDbAge: 12h
rules: [{ name: no-critical, severity: critical }]
watch:
  schedule: '15 */2 * * 1-5'
  timezone: Europe/Stockholm
  jitter: 90s
  ecosystems: [Debian, npm]
  epss: 0.3
  scanOverdue: 2d
  link: https://kvitto.example/base/
owners:
  - { service: 'shop*', environment: prod, owner: team-shop }
  - { service: '*', owner: platform }
sinks:
  central-log: { type: syslog, to: log.example, events: [change, verdict], keepTrying: 14d }
  everything: { type: syslog }
  mail: { type: mail, tls: { ca: x } }
alerts:
  - name: worst
    changes: [new, exploited]
    severity: high
    unknown: true
    exploited: true
    epss: 0.5
    fixable: true
    services: ['shop*']
    environments: [prod]
    owners: [team-shop]
    send: [mail, everything, mail]
    by: vulnerability
    every: 1h
    quiet: { from: '22:00', until: '07:30', timezone: America/New_York }
    escalate: { after: 4h, send: [everything] }
  - { name: silence, changes: [feed-stale], quiet: { from: 12:00, until: 13:00 } }
`);
  assert.deepEqual(config, {
    watch: {
      schedule: '15 */2 * * 1-5',
      timezone: 'Europe/Stockholm',
      jitterMs: 90_000,
      ecosystems: ['Debian', 'npm'],
      epss: 0.3,
      scanOverdueMs: 48 * hourMs,
      maxDbAgeMs: 12 * hourMs,
      link: 'https://kvitto.example/base',
    },
    owners: [
      { service: 'shop*', environment: 'prod', owner: 'team-shop' },
      { service: '*', environment: null, owner: 'platform' },
    ],
    sinks: [
      {
        name: 'central-log',
        sink: syslog,
        settings: { to: 'log.example' },
        events: new Set(['change', 'verdict']),
        keepTryingMs: 14 * 24 * hourMs,
      },
      { name: 'everything', sink: syslog, settings: {}, events: new Set(eventTypes), keepTryingMs: 168 * hourMs },
      { name: 'mail', sink: mail, settings: { tls: { ca: 'x' } }, events: new Set(), keepTryingMs: 168 * hourMs },
    ],
    rules: [
      {
        name: 'worst',
        changes: new Set(['new', 'exploited']),
        levels: new Set(['critical', 'high', 'unknown']),
        exploited: true,
        epss: 0.5,
        fixable: true,
        services: ['shop*'],
        environments: ['prod'],
        owners: ['team-shop'],
        send: ['mail', 'everything'],
        by: 'vulnerability',
        everyMs: hourMs,
        quiet: { from: 22 * 60, until: 7 * 60 + 30, timezone: 'America/New_York' },
        escalate: { afterMs: 4 * hourMs, send: ['everything'] },
      },
      {
        ...openRule,
        name: 'silence',
        changes: new Set(['feed-stale']),
        send: ['mail'],
        quiet: { from: 720, until: 780, timezone: 'Europe/Stockholm' },
      },
    ],
  });
});

test('alerts: what is left out is as built in, and sent to people', () => {
  assert.deepEqual(parse('version: 1\n'), defaultAlertConfig);
  const { rules } = parse('version: 1\nsinks: {log: {type: syslog}, a: {type: mail}, b: {type: mail}}\n');
  assert.deepEqual(rules, defaultRules(['a', 'b']));
  assert.deepEqual(
    rules.map((r) => neverMatches(r.changes, r)),
    rules.map(() => null),
  );
  assert.deepEqual(parse('version: 1\nalerts: []\n').rules, []);
});

const rule = (more: string) => `version: 1\nsinks: {mail: {type: mail}}\nalerts:\n  - name: a\n    ${more}\n`;
const sink = (more: string) => `version: 1\nsinks:\n  log:\n    ${more}\n`;
const useless = 'such a change would never raise this alarm; give it a rule of its own, or take the condition out';
const wrong: [string, string][] = [
  ['', ':1: is not a mapping; it starts with "version: 1"'],
  ['version: 2', ':1: key "version": expected 1, the only version of the format so far'],
  ['version: 1\nalarms: []', ':2: unknown key "alarms"; did you mean "alerts"?'],
  ['version: 1\nwatch: {scedule: x}', ':2: unknown key "watch.scedule"; did you mean "schedule"?'],
  ['version: 1\nmaxDbAge: 30m', ':2: key "maxDbAge": expected a number of hours, days or weeks, such as 12h, 5d or 2w'],
  ...['* * *', '61 * * * *', '0 0 31 2 *', 'hourly', '* * * * * * *'].map((text): [string, string] => [
    `version: 1\nwatch:\n  schedule: '${text}'`,
    ':3: key "watch.schedule": expected a cron expression of five or six fields that comes true some day, such as "*/30 * * * *"',
  ]),
  [
    'version: 1\nwatch:\n  timezone: Europe/Stokholm',
    ':3: key "watch.timezone": expected the IANA name of a time zone, such as Europe/Stockholm or UTC',
  ],
  [
    'version: 1\nwatch:\n  jitter: 9999w',
    ':3: key "watch.jitter": expected seconds, minutes, hours, days or weeks, at most a year, such as 90s, 30m, 4h, 7d or 2w',
  ],
  ['version: 1\nwatch: {epss: 20}', ':2: key "watch.epss": Too big: expected number to be <=1'],
  [
    'version: 1\nwatch: {link: "https://me:secret@x"}',
    ':2: key "watch.link": expected the address of a site, such as https://kvitto.example',
  ],
  ['version: 1\nowners:\n  - service: a', ':3: key "owners[0].owner" is missing'],
  ['version: 1\nsinks: []', ':2: key "sinks": expected a mapping of names to what each sink is'],
  ['version: 1\nsinks: {log: 7}', ':2: key "sinks.log": expected object, received number'],
  [sink('to: x'), ':4: key "sinks.log.type" is missing'],
  [sink('type: sylog'), ':4: there is no sink of type "sylog"; did you mean "syslog"?'],
  [sink('type: telegraph'), ':4: there is no sink of type "telegraph"; there are: mail, syslog'],
  [sink('type: syslog\n    tools: x'), ':5: unknown key "sinks.log.tools"; known here: to, tls'],
  [sink('type: syslog\n    tls:\n      cas: x'), ':6: unknown key "sinks.log.tls.cas"; did you mean "ca"?'],
  [sink('type: syslog\n    to: 7'), ':5: key "sinks.log.to": expected string, received number'],
  [
    sink('type: syslog\n    events: [alarm]'),
    ':5: key "sinks.log.events[0]": expected one of "scan"|"verdict"|"deployment"|"observation"|"decision"|"rescan"|"change"|"alert"|"ledger"',
  ],
  ['version: 1\nsinks:\n  log: {type: mail}\n  log: {type: mail}', ':4: is not YAML: Map keys must be unique'],
  [
    'version: 1\nsinks:\n  __proto__: {type: mail}',
    ':3: the sink "__proto__": expected a short name of small letters, digits and hyphens, such as central-log',
  ],
  [rule('send: [mial]'), ':5: no sink is named "mial"; did you mean "mail"?'],
  [rule('escalate:\n      after: 4h\n      send: [pager]'), ':7: no sink is named "pager"; there are: mail'],
  ['version: 1\nalerts:\n  - name: a\n    send: [x]', ':4: no sink is named "x"; there is none'],
  [rule('severty: high'), ':5: unknown key "alerts[0].severty"; did you mean "severity"?'],
  [rule('escalate: {afterwards: 1h}'), ':5: unknown key "alerts[0].escalate.afterwards"; known here: after, send'],
  [rule('unknown: true'), ':5: rule "a": "unknown" goes with "severity"'],
  [rule('fixable: true\n  - name: a'), ':6: two rules are named "a"'],
  [
    rule('quiet: {from: 22:00, until: 24:00}'),
    ':5: key "alerts[0].quiet.until": expected a time of day in quotes, such as "22:00"',
  ],
  [
    rule('quiet: {from: 22:00, until: 22:00}'),
    ':5: quiet hours that end when they begin: leave them out, or name two times',
  ],
  [
    rule('changes: [feed-stale]\n    exploited: true'),
    `:5: rule "a": "feed-stale" does not say whether something is exploited: ${useless}`,
  ],
  [rule('changes: [new, drift]\n    severity: high'), `:5: rule "a": "drift" has no severity: ${useless}`],
  [rule('changes: [withdrawn]\n    epss: 0.1'), `:5: rule "a": "withdrawn" has no EPSS: ${useless}`],
  [
    rule('changes: [fix-available]\n    fixable: false'),
    `:5: rule "a": "fix-available" is never of what has no fix: ${useless}`,
  ],
  [rule('changes: [scan-overdue]\n    services: [a]'), `:5: rule "a": "scan-overdue" is about no service: ${useless}`],
];

test('alerts: what is wrong is named with line and key', () => {
  for (const [text, message] of wrong) {
    assert.throws(
      () => parse(text),
      {
        name: 'CodedError',
        code: 'config-invalid',
        message: `kvitto.yaml${message}`,
        remedy: 'docs/alerts.md has a complete example',
      },
      text,
    );
  }
});

test('alerts: the example of docs/alerts.md is one', () => {
  const page = readFileSync(new URL('../../../docs/alerts.md', import.meta.url), 'utf8');
  const example = /```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
  const { sinks, rules, owners, watch } = parseAlertConfig(example, 'kvitto.yaml', allSinks);
  assert.deepEqual(
    sinks.map((s) => [s.name, s.sink.id, s.events.size]),
    [
      ['central-log', 'syslog', 4],
      ['mail', 'smtp', 0],
      ['chat', 'slack', 0],
      ['pager', 'webhook', 0],
    ],
  );
  assert.deepEqual(
    rules.map((r) => [r.name, r.send.join(' ')]),
    [
      ['exploited', 'chat mail pager'],
      ['severe', 'mail chat'],
      ['likely', 'mail'],
      ['past-the-gate', 'mail chat'],
      ['not-watched', 'mail pager'],
      ['decisions', 'mail chat'],
    ],
  );
  assert.deepEqual(
    [owners.length, watch.timezone, rules[1]?.quiet?.timezone],
    [2, 'Europe/Stockholm', 'Europe/Stockholm'],
  );
  // Every kind is explained.
  for (const kind of changeKinds) assert.ok(page.includes(`\`${kind}\``), kind);
});

test('alerts: any text is a configuration or config-invalid', () => {
  const bits = [
    'version: 1',
    '\n',
    '  ',
    '- ',
    'alerts:',
    'sinks:',
    'name: a',
    'type: mail',
    '{',
    '[',
    '&a ',
    '*a',
    ': ',
  ];
  const text = fc.array(fc.oneof(fc.constantFrom(...bits), fc.string({ maxLength: 4 })), { maxLength: 30 });
  fc.assert(
    fc.property(text, (t) => {
      try {
        parse(t.join(''));
      } catch (thrown) {
        assert.ok(thrown instanceof CodedError && thrown.code === 'config-invalid', String(thrown));
      }
    }),
    { numRuns: 200 },
  );
});

test('alerts: a rule that names no changes means those that can meet it', () => {
  assert.equal(neverMatches(null, { ...openRule, exploited: true }), null);
  assert.deepEqual(
    changeKinds.filter((kind) => neverMatches(new Set([kind]), { ...openRule, epss: 0.1 }) === null),
    ['exploited', 'new', 'severity-up', 'epss', 'fix-available', 'severity-down', 'changed'],
  );
});
