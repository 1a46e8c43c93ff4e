import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';

/** Reads XML documents with a real parser: each element as [tag, attributes, text, children], or the parser's error. */
const reader = `
import sys, json, xml.etree.ElementTree as E
def tree(e): return [e.tag, dict(e.attrib), (e.text or '').strip(), [tree(c) for c in e]]
print(json.dumps([tree(E.fromstring(t.encode('utf-8', 'surrogatepass'))) for t in json.load(sys.stdin)]))
`;

/** An XML element. */
export type Tree = [tag: string, attributes: Record<string, string>, text: string, children: Tree[]];

/** The documents as trees, by python3's parser; none, after a loud skip, where there is no python3. */
export function readXml(documents: readonly string[], skip: (reason: string) => void): Tree[] {
  const run = spawnSync('python3', ['-c', reader], {
    input: JSON.stringify(documents),
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    timeout: 20_000,
  });
  if (run.error !== undefined) {
    skip('python3 not installed: apt-get install python3');
    return [];
  }
  assert.equal(run.status, 0, run.stderr);
  return JSON.parse(run.stdout);
}
