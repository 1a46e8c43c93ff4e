// docs/sinks/people.md and docs/sinks/issues.md say what the sinks take: no setting more, none less; and what they write.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { z } from 'zod';
import { parseAlertConfig } from '../../src/alerts/config/parse-config.ts';
import { allSinks } from '../../src/alerts/sinks/all.ts';
import { root } from '../real/parts.ts';

const read = (path: string) => readFileSync(join(root, path), 'utf8');

/** The settings of the tables of a text. */
function settingsIn(text: string): string[] {
  const tables = text.matchAll(/^\| setting .*\n\|[ |-]+\n((?:\|.*\n)+)/gm);
  return [...tables].flatMap(([, rows = '']) => [...rows.matchAll(/^\| `([^`]+)`/gm)].map(([, name = '']) => name));
}

for (const [page, ids] of [
  ['docs/sinks/people.md', ['smtp', 'slack', 'teams', 'mattermost']],
  ['docs/sinks/issues.md', ['github', 'gitlab', 'jira']],
] as const) {
  const [head = '', ...sections] = read(page).split(/^## /m);

  test(`${page}: a section for each sink, with its settings and an example that is taken`, () => {
    assert.deepEqual(
      sections.map((section) => section.split('\n')[0]),
      ids,
    );
    for (const section of sections) {
      const id = section.split('\n')[0];
      const sink = allSinks.find((one) => one.id === id);
      assert.ok(sink !== undefined, id);
      const { properties } = z.toJSONSchema(sink.settings, { io: 'input', unrepresentable: 'any' });
      const documented = [...settingsIn(head), ...settingsIn(section)];
      assert.deepEqual(documented.sort(), Object.keys(properties ?? {}).sort(), `settings of ${id}`);
      const examples = [...section.matchAll(/^```yaml\n(.*?)^```/gms)].map(([, yaml = '']) => yaml);
      assert.equal(examples.length, 1);
      const { sinks } = parseAlertConfig(examples[0] ?? '', page, allSinks);
      assert.deepEqual(
        sinks.map((s) => s.sink.id),
        [id],
      );
    }
  });
}

test('what a message looks like is what is written', () => {
  const mail = read('src/alerts/sinks/smtp/testdata/mail.txt');
  assert.ok(read('docs/sinks/people.md').includes(`\`\`\`text\n${mail}\`\`\``), 'the mail of docs/sinks/people.md');
  const [issue = ''] = read('src/alerts/sinks/github/testdata/issue.md').split('\n-----\n');
  assert.ok(
    read('docs/sinks/issues.md').includes(`\`\`\`markdown\n${issue}\`\`\``),
    'the issue of docs/sinks/issues.md',
  );
});
