// docs/questions.md is what the commands print: all of them are run again.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { questionsPage } from '../scripts/questions.ts';
import { root } from './real/parts.ts';

/** What chance decides anew in every ledger: the log's name and key, the salt of words, and so digests, proofs and a few bytes of length. */
function masked(page: string): string {
  return page
    .replace(/\b[0-9a-f]{8,64}\b/g, '#')
    .replace(/[A-Za-z0-9+/]{40,}={0,2}/g, '#')
    .replace(/[\d,]+ bytes/g, '# bytes');
}

test('docs/questions.md is what the commands print', () => {
  const page = readFileSync(join(root, 'docs/questions.md'), 'utf8');
  assert.equal(masked(questionsPage()), masked(page), 'write it anew: npm run docs:questions');
});
