import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { decodeText, readJson, readToml, readYaml } from './text-document.ts';

const file = (content: string | Uint8Array) => ({
  path: 'srv/lock',
  name: 'lock',
  sizeBytes: content.length,
  mode: 0o644,
  layer: null,
  bytes: typeof content === 'string' ? Buffer.from(content) : content,
});
const codeOf = (read: ReturnType<typeof readJson | typeof readYaml>) =>
  'problem' in read ? read.problem.code : 'read';

it('decodes UTF-8 and UTF-16 with their marks, and nothing else', () => {
  assert.equal(decodeText(Buffer.from('\u{feff}ä')), 'ä');
  assert.equal(decodeText(Buffer.from('\u{feff}ä', 'utf16le')), 'ä');
  assert.equal(decodeText(Buffer.from('\u{feff}ä', 'utf16le').swap16()), 'ä');
  assert.equal(decodeText(Buffer.from([0xc3])), null);
});

describe('documents that are not what they say', () => {
  it('give a problem that names the file', () => {
    for (const content of ['', '[', 'null', '3', '"x"', '[]', '{"a":', new Uint8Array([0xff])]) {
      assert.deepEqual([content, codeOf(readJson(file(content)))], [content, 'malformed']);
    }
    const read = readJson(file('['));
    assert.equal('problem' in read && read.problem.where, 'srv/lock');
  });
  it('never make a reader throw, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        for (const read of [readJson, readToml, readYaml]) codeOf(read(file(text)));
      }),
    );
  });
  it('nested without end are refused, not followed', () => {
    assert.equal(codeOf(readYaml(file('{a: '.repeat(10_000)))), 'malformed');
    assert.equal(codeOf(readYaml(file('- '.repeat(10_000)))), 'malformed');
    assert.equal(codeOf(readToml(file(`a = ${'['.repeat(10_000)}`))), 'malformed');
    assert.equal(codeOf(readJson(file('{"a":'.repeat(10_000)))), 'malformed');
  });
});

it('YAML keeps every scalar as text and every mapping as a Map', () => {
  const read = readYaml(file('a: 1.10\n__proto__: {b: yes}\n'));
  assert.deepEqual('value' in read && [...(read.value[0] ?? [])], [
    ['a', '1.10'],
    ['__proto__', new Map([['b', 'yes']])],
  ]);
});

it('JSON and TOML do not touch prototypes', () => {
  for (const read of [readJson(file('{"__proto__":{"x":1}}')), readToml(file('[__proto__]\nx = 1\n'))]) {
    assert.equal('value' in read && read.value['x'], undefined);
    assert.equal(({} as Record<string, unknown>)['x'], undefined);
  }
});
