import assert from 'node:assert/strict';
import test from 'node:test';
import { parseTrivyIgnore } from './trivyignore.ts';

test('.trivyignore: ids, ends, comments', () => {
  const text = [
    '# A heading',
    '',
    '# Not reachable,',
    '# says the team',
    'CVE-2024-1',
    '  CVE-2024-2   exp:2026-01-31  # soon\r',
    'DSA-1-1',
    '__proto__',
    '',
  ].join('\n');
  const base = { component: null, owner: null };
  assert.deepEqual(parseTrivyIgnore(text), [
    { ...base, id: 'CVE-2024-1', reason: 'Not reachable, says the team', until: null, at: '.trivyignore:5' },
    { ...base, id: 'CVE-2024-2', reason: 'soon', until: '2026-01-31', at: '.trivyignore:6' },
    { ...base, id: 'DSA-1-1', reason: '', until: null, at: '.trivyignore:7' },
    { ...base, id: '__proto__', reason: '', until: null, at: '.trivyignore:8' },
  ]);
  assert.deepEqual(parseTrivyIgnore(''), []);
});

test('.trivyignore: an end that is none is refused', () => {
  for (const word of ['exp:2026-02-30', 'exp:soon', '2026-01-01', 'exp:']) {
    assert.throws(() => parseTrivyIgnore(`CVE-1\nCVE-2 ${word}`, 'ci/.trivyignore'), {
      code: 'policy-invalid',
      message: `ci/.trivyignore:2: "${word}" is not exp:YYYY-MM-DD`,
    });
  }
});
