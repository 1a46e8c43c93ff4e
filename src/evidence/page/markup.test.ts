import assert from 'node:assert/strict';
import { test } from 'node:test';
import { html, time } from './markup.ts';

test('what stands in a template is text, whatever it holds', () => {
  const name = `<img src=x onerror="a('b')">&amp;\u202e\u0000`;
  assert.equal(
    html`<p title="${name}">${name}</p>`.text,
    `<p title="&lt;img src=x onerror=&quot;a(&#39;b&#39;)&quot;&gt;&amp;amp;\ufffd\ufffd">&lt;img src=x onerror=&quot;a(&#39;b&#39;)&quot;&gt;&amp;amp;\ufffd\ufffd</p>`,
  );
  assert.equal(html`${[html`<b>${1}</b>`, html`<i>${null}</i>`]}`.text, '<b>1</b><i></i>');
});

test('times are written for people, with all of them for machines', () => {
  const at = (text: string) => time(text).text;
  assert.equal(at('2026-01-02T03:04:00.000Z'), '<time datetime="2026-01-02T03:04:00.000Z">2026-01-02 03:04 UTC</time>');
  assert.equal(
    at('2026-01-02T03:04:05.600Z'),
    '<time datetime="2026-01-02T03:04:05.600Z">2026-01-02 03:04:05 UTC</time>',
  );
  assert.equal(time(null).text, '<span class="open">open</span>');
});
