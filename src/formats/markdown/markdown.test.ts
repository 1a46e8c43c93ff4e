import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cannotSayReport, emptyReport, sampleReport } from '../testing/sample-report.ts';
import { code, plain, tableOf } from './escape.ts';
import { markdown } from './index.ts';

const render = (report: typeof sampleReport) =>
  markdown.render?.(report, { columns: null, colour: false, withVulnerabilities: false }) ?? '';

test('text of the input loses every meaning that it could have', () => {
  assert.equal(
    plain('a|b`c`<b>&amp;*x*_y_[z](u)!#~@me\\$1'),
    'a&#124;b&#96;c&#96;&#60;b&#62;&#38;amp;&#42;x&#42;&#95;y&#95;&#91;z&#93;(u)&#33;&#35;&#126;&#64;me&#92;&#36;1',
  );
  assert.equal(plain('one\r\ntwo\u0000\u202ethree\u2028\ud800'), 'one two three');
  assert.equal(plain('https://evil.example WWW.evil.example'), 'https&#58;//evil.example WWW&#46;evil.example');
  assert.equal(plain('🙂'.repeat(10), 5), '🙂🙂🙂🙂…');
  assert.equal(code(''), '');
  assert.equal(code('`<'), '<code>&#96;&#60;</code>');
});

test('property: a cell stays one cell of one line', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const lines = tableOf(['a', 'b'], [[plain(text), code(text)]])
        .join('\n')
        .split('\n');
      assert.equal(lines.length, 3);
      assert.equal((lines[2] ?? '').split('|').length, 4);
      assert.doesNotMatch(plain(text), /[<>`[\]*_@\\|]/);
    }),
  );
});

test('every line of a table has as many cells as its head, whatever the report holds', () => {
  for (const report of [sampleReport, emptyReport, cannotSayReport]) {
    let cells = 0;
    for (const line of render(report).split('\n')) {
      const now = line.startsWith('|') ? line.split('|').length : 0;
      if (cells > 0 && now > 0) assert.equal(now, cells, line);
      cells = now;
    }
  }
});

test('only a pass of a complete result has the green mark in its title', () => {
  const allowed = { ...sampleReport, verdict: emptyReport.verdict };
  const titles = [sampleReport, emptyReport, cannotSayReport, allowed].map((r) => render(r).split('\n', 1)[0]);
  assert.deepEqual(titles, [
    '## ❌ FAIL: registry.example&#58;5000/shop/web&#58;1.4',
    '## ✅ PASS: demo&#58;clean',
    '## ⚠️ CANNOT SAY: ./empty dir',
    '## ⚠️ PASS, BUT NOT COMPLETE: registry.example&#58;5000/shop/web&#58;1.4',
  ]);
});
