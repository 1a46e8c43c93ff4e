// What the pages say of the code is what the code says.
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { supportedPage } from '../scripts/generate-docs.ts';
import { root } from './real/parts.ts';

test('docs/supported.md is what the parts say of themselves', () => {
  const page = readFileSync(join(root, 'docs/supported.md'), 'utf8');
  assert.equal(page, supportedPage(), 'write it anew: npm run docs');
});

test('every relative link of a page leads to a file, and to a heading where it names one', () => {
  const pages = globSync('{*.md,docs/**/*.md}', { cwd: root });
  assert.ok(pages.includes('README.md') && pages.length > 5, pages.join());
  const broken: string[] = [];
  for (const page of pages) {
    const text = prose(readFileSync(join(root, page), 'utf8'));
    for (const [, link = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(link)) continue;
      const [path = '', heading] = link.split('#');
      const file = path === '' ? join(root, page) : join(root, dirname(page), path);
      if (!existsSync(file)) broken.push(`${page}: ${link}`);
      else if (heading !== undefined && !headingsOf(file).includes(heading)) broken.push(`${page}: ${link}`);
    }
  }
  assert.deepEqual(broken, []);
});

/** The text without its blocks of code, in which brackets mean something else. */
function prose(text: string): string {
  return text.replace(/^```.*?^```/gms, '');
}

/** The anchors that GitHub makes of headings. */
function headingsOf(file: string): string[] {
  const headings = prose(readFileSync(file, 'utf8')).matchAll(/^#+ (.+)$/gm);
  return [...headings].map(([, words = '']) =>
    words
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
