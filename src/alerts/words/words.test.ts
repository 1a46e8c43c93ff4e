import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { hostileText } from '../testing/hostile-marks.ts';
import { everyType, hostileAlert, lesserChange, sampleAlert, sampleChange } from '../testing/told-events.ts';
import { clean, webAddress } from './clean.ts';
import { wordsOf } from './event-words.ts';
import { html } from './html.ts';
import { chatMarkdown, markdown, repositoryMarkdown } from './markdown.ts';
import { mrkdwn, mrkdwnCode } from './mrkdwn.ts';
import { plainText } from './plain-text.ts';
import { tell } from './tell.ts';
import type { Words } from './words.ts';

const link = 'https://kvitto.example/alerts/4931584';
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;

/** Every text of the words. */
function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : [];
}

describe('an alert in words', () => {
  test('raised: what, how bad, where, whose, since when, what to do', () => {
    assert.deepEqual(wordsOf(sampleAlert(), link), {
      id: '3f2a90c1-1204-0',
      tone: 'alarm',
      level: 'critical',
      subject: 'Critical, exploited: CVE-2026-1000 in openssl 3.0.15-1 and 1 more in shop (prod)',
      lead: 'critical in shop (prod): CVE-2026-1000 is now known to be exploited, and 1 more',
      facts: [
        { label: 'Service', value: 'shop' },
        { label: 'Environment', value: 'prod' },
        { label: 'Owner', value: 'team-shop' },
        { label: 'Severity', value: 'critical' },
        { label: 'Exploited', value: 'yes, listed by CISA KEV, due 2026-09-10' },
        { label: 'Changes', value: '1 now exploited, 1 new' },
        { label: 'Runs since', value: '2025-09-30 08:00 UTC (325 days)' },
        { label: 'Running', value: '2 deployments, 12 containers seen' },
        { label: 'Alert', value: '4931584, raised 2026-08-21 10:00 UTC by the rule urgent' },
      ],
      rows: [
        {
          what: 'now exploited',
          title: 'CVE-2026-1000',
          href: 'https://nvd.nist.gov/vuln/detail/CVE-2026-1000',
          level: 'critical',
          rated: 'critical 9.8, exploited, EPSS 41.2 %',
          component: 'openssl 3.0.15-1',
          fix: '3.0.17-1',
          summary: 'Buffer overread in the handshake',
        },
        {
          what: 'new',
          title: 'GHSA-aaaa-bbbb-cccc',
          href: 'https://github.com/advisories/GHSA-aaaa-bbbb-cccc',
          level: 'high',
          rated: 'high 7.5',
          component: '@shop/cart 1.2.0',
          fix: 'no fix yet',
          summary: 'Prototype pollution in merge()',
        },
      ],
      more: null,
      steps: [
        { say: 'Say that you know', command: 'kvitto ack 4931584 --by ROLE --note "what happens next"' },
        { say: 'Upgrade openssl 3.0.15-1 to 3.0.17-1 (fixes CVE-2026-1000)', command: null },
        { say: 'See where else it runs', command: 'kvitto where CVE-2026-1000' },
      ],
      links: [{ label: 'Evidence', href: link }],
    } satisfies Words);
  });

  test('what became of it is said first; resolved, there is nothing to do', () => {
    const subject = 'Critical, exploited: CVE-2026-1000 in openssl 3.0.15-1 and 1 more in shop (prod)';
    const said = (['escalated', 'acknowledged', 'resolved'] as const).map((state) => {
      const words = wordsOf(sampleAlert({ state, acknowledgedBy: state === 'acknowledged' ? 'oncall' : null }), null);
      return [words.tone, words.subject, words.rows.length, words.steps.length, words.facts.at(-1)?.value];
    });
    assert.deepEqual(said, [
      ['alarm', `Not acknowledged: ${subject}`, 2, 3, '4931584, raised 2026-08-21 10:00 UTC by the rule urgent'],
      ['news', `Acknowledged: ${subject}`, 2, 2, 'by oncall, 2026-08-21 10:00 UTC'],
      ['good', `Resolved: ${subject}`, 0, 0, '2026-08-21 10:00 UTC'],
    ]);
  });

  test('at most 20 changes are listed, and how many more there are is said', () => {
    const words = wordsOf(sampleAlert({ changes: Array(100).fill(sampleChange()), total: 3000 }), null);
    assert.equal(words.rows.length, 20);
    assert.deepEqual(words.more, { say: 'and 2980 more:', command: 'kvitto alerts show 4931584' });
  });

  test('the latest of several fixed versions is named, and what removes most comes first', () => {
    const after = sampleChange().after;
    assert.ok(after !== null);
    const { vulnerability } = sampleChange();
    assert.ok(vulnerability !== null);
    const fixed = (id: string, fixedIn: string) =>
      sampleChange({ vulnerability: { ...vulnerability, id }, after: { ...after, fixedIn } });
    const cart = lesserChange({ after: { ...after, fixedIn: '1.2.1' } });
    const changes = [
      cart,
      fixed('CVE-2026-1', '3.0.9-1'),
      fixed('CVE-2026-2', '3.0.17-1'),
      fixed('CVE-2026-3', '3.0.2'),
    ];
    assert.deepEqual(
      wordsOf(sampleAlert({ changes }), null)
        .steps.slice(1, 3)
        .map((s) => s.say),
      [
        'Upgrade openssl 3.0.15-1 to 3.0.17-1 (fixes 3 vulnerabilities)',
        'Upgrade @shop/cart 1.2.0 to 1.2.1 (fixes GHSA-aaaa-bbbb-cccc)',
      ],
    );
  });

  test('an id that a shell would take for something else stands in no command and behind no link', () => {
    const words = wordsOf(hostileAlert('CVE-1; rm -rf ~'), null);
    assert.deepEqual(
      words.steps.flatMap((s) => s.command ?? []),
      [],
    );
    assert.deepEqual(
      words.rows.map((r) => r.href),
      [null, null],
    );
  });

  test('every type of event has words', () => {
    const subjects = everyType().map((event) => `${event.type}: ${wordsOf(event, null).subject}`);
    assert.deepEqual(subjects, [
      'alert: Critical, exploited: CVE-2026-1000 in openssl 3.0.15-1 and 1 more in shop (prod)',
      'change: Now exploited: CVE-2026-1000 in openssl 3.0.15-1 in shop (prod)',
      ...['scan', 'verdict', 'deployment', 'observation', 'decision', 'rescan', 'ledger'].map(
        (type, place) => `${type}: the event at place ${place}`,
      ),
    ]);
  });

  test('what throws is told in words that name the id alone', () => {
    const broken = { ...sampleAlert(), changes: null } as unknown as ReturnType<typeof sampleAlert>;
    const subject = 'Event 3f2a90c1-1204-0 of the log';
    assert.equal(
      tell(
        broken,
        () => null,
        (w) => w.subject,
      ),
      subject,
    );
    const noLink = () => {
      throw new Error('no');
    };
    assert.equal(
      tell(sampleAlert(), noLink, (w) => w.subject),
      subject,
    );
    let first = true;
    const onceOnly = (words: Words) => {
      if (!first) return html(words);
      first = false;
      throw new Error('a template that throws');
    };
    assert.match(
      tell(sampleAlert(), () => null, onceOnly),
      /<title>Event 3f2a90c1-1204-0 of the log<\/title>/,
    );
  });
});

describe('what others wrote stays text', () => {
  test('one line, nothing unseen, bounded, whatever came', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const texts = textsOf(wordsOf(hostileAlert(text), text));
        assert.deepEqual(
          texts.filter((t) => unseen.test(t) || t.length > 1300),
          [],
        );
      }),
    );
    assert.equal(clean('a\r\n\u202eb\u0000 \u{1f512}c', 4), 'a b…');
    assert.equal(clean('x'.repeat(1_000_000), 300).length, 300);
  });

  test('links lead to http and https alone, and end where they should', () => {
    const links = [
      'javascript:alert(1)',
      'https://u:p@x.example/',
      'https://x.example/a b',
      'https://x.example/(a)',
      'x',
      'https://x.example/<',
    ];
    assert.deepEqual(links.map(webAddress), [
      null,
      null,
      'https://x.example/a%20b',
      null,
      null,
      'https://x.example/%3C',
    ]);
  });

  test('HTML has the same tags and attributes as with harmless text', () => {
    const skeleton = (text: string) => html(wordsOf(hostileAlert(text), null)).match(/<[^>]*>/g);
    const harmless = skeleton('not an id');
    fc.assert(
      fc.property(hostileText, (text) => {
        fc.pre(clean(text) !== '');
        assert.deepEqual(skeleton(`not an id ${text}`), harmless);
        const bare = html(wordsOf(hostileAlert(text), null)).replace(/<[^>]*>/g, '');
        assert.doesNotMatch(bare.replace(/&(?:amp|lt|gt|quot|#39);/g, ''), /[<>&"]/);
      }),
    );
  });

  test('Markdown: no mark of the input is left, and what is read is what was written', () => {
    const decoded = (text: string) =>
      text.replaceAll('\u200b', '').replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)));
    fc.assert(
      fc.property(hostileText, (raw) => {
        const text = clean(raw, 100);
        const plain = repositoryMarkdown.plain(text);
        assert.doesNotMatch(plain.replace(/&#\d+;/g, 'x'), /[&<>|`*_[\]~#@\\!$"'{}^]|^[-+=%/:]/);
        // Entities are letters again where mentions and addresses are looked for.
        assert.doesNotMatch(
          plain.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code))),
          /[@#!~$&^%[][^\s\u200b]|:\/\/|:[a-z0-9_+-]+:|^\d+[.)]|(?:www\.|GH-)[^\s\u200b]/i,
        );
        assert.equal(decoded(plain), text);
        const chat = chatMarkdown.plain(text);
        assert.doesNotMatch(
          chat.replace(/\\[\\`*{}[\]#!_~|+-]|&(?:amp|lt|gt);/g, 'x'),
          /[&<>|`*_[\]~#\\!{}]|^[-+]|^\d+[.)]/,
        );
        assert.doesNotMatch(chat, /[@#][^\s\u200b]|:\/\/|:[a-z0-9_+-]+:/i);
        for (const { code } of [repositoryMarkdown, chatMarkdown])
          assert.match(code(text), text === '' ? /^$/ : /^`[^`|]+`$/);
        assert.doesNotMatch(chatMarkdown.code(text), /[<>]|@[^\u200b]/);
      }),
    );
  });

  test('Markdown: a message has the same lines and cells as with harmless text', () => {
    for (const writer of [repositoryMarkdown, chatMarkdown]) {
      const skeleton = (text: string) =>
        markdown(wordsOf(hostileAlert(text), null), writer)
          .split('\n')
          .map((line) => [line.charAt(0), line.replace(/\\[|]/g, '').split('|').length]);
      const harmless = skeleton('not an id');
      fc.assert(fc.property(hostileText, (text) => assert.deepEqual(skeleton(`not an id ${text}`), harmless)));
    }
  });

  test('Slack: no mention, link or mark', () => {
    fc.assert(
      fc.property(hostileText, (raw) => {
        const text = clean(raw, 100);
        const shown = mrkdwn(text);
        assert.doesNotMatch(
          shown.replace(/&(?:amp|lt|gt);/g, ''),
          /[<>&*~`]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|:[a-z0-9_+'-]+:/i,
        );
        assert.match(mrkdwnCode(text).replace(/&(?:amp|lt|gt);/g, ''), text === '' ? /^$/ : /^`[^`<>&]*`$/);
      }),
    );
    assert.equal(mrkdwn('typing_extensions <!channel> & *x*'), 'typing_extensions &lt;!channel&gt; &amp; ∗x∗');
  });

  test('plain text: a text of the input never begins a line of its own', () => {
    const lines = (text: string) => plainText(wordsOf(hostileAlert(text), null)).split('\n').length;
    fc.assert(fc.property(hostileText, (text) => assert.equal(lines(`not an id ${text}`), lines('not an id'))));
  });
});
