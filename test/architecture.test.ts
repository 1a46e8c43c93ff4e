// The rules of ARCHITECTURE.md, read from the imports themselves: type imports count.
import assert from 'node:assert/strict';
import { globSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, test } from 'node:test';

const root = join(import.meta.dirname, '..');
const files = globSync('src/**/*.ts', { cwd: root }).sort();
const isTest = (file: string) => file.endsWith('.test.ts') || file.includes('/testing/');

/** What each part may import, besides itself. The table in ARCHITECTURE.md is held against this one. */
const mayImport: Record<string, readonly string[]> = {
  model: [],
  files: ['model'],
  tlog: [],
  scan: ['model'],
  advisories: ['model', 'files'],
  match: ['model'],
  gate: ['model'],
  formats: ['model'],
  ledger: ['model', 'files', 'tlog'],
  watch: ['model', 'match', 'ledger'],
  alerts: ['model', 'files', 'ledger'],
  evidence: ['model', 'files', 'tlog', 'match', 'formats', 'ledger'],
  cli: [
    'model',
    'files',
    'scan',
    'advisories',
    'match',
    'gate',
    'formats',
    'tlog',
    'ledger',
    'watch',
    'alerts',
    'evidence',
  ],
};

/** Folders whose sub-folders are plug-ins, with the number of path parts below that name one. */
const pluginKinds = [
  { folder: 'src/scan/sources', depth: 1 },
  { folder: 'src/scan/catalogers', depth: 2 },
  { folder: 'src/advisories/feeds', depth: 1 },
  { folder: 'src/formats', depth: 1 },
  { folder: 'src/alerts/sinks', depth: 1 },
] as const;

const importPattern = /(?:^|[\s;(])(?:import|export)\b[^'"`;]*?(?:from\s*)?\(?\s*['"](\.{1,2}\/[^'"]+)['"]/g;

/** Relative imports of a file, as paths from the project's root. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8').replace(/^\s*(?:\/\/|\*|\/\*).*$/gm, '');
  return [...text.matchAll(importPattern)]
    .map((m) => relative(root, join(root, dirname(file), m[1] ?? '')))
    .filter((to) => to.endsWith('.ts'));
}

const graph = new Map(files.map((file) => [file, importsOf(file)]));
const partOf = (file: string) => file.split('/')[1] ?? '';

describe('architecture', () => {
  test('every import is found in the tree', () => {
    const missing = [...graph].flatMap(([file, imports]) =>
      imports.filter((to) => to.startsWith('src/') && !graph.has(to)).map((to) => `${file} → ${to}`),
    );
    assert.deepEqual(missing, []);
    assert.ok(graph.size > 20, 'the scan of imports sees the sources');
  });

  test('a part imports only what the table allows; tests may also use advisories/testing', () => {
    const wrong = [...graph].flatMap(([file, imports]) =>
      imports
        .filter((to) => to.startsWith('src/') && partOf(to) !== partOf(file))
        .filter((to) => !mayImport[partOf(file)]?.includes(partOf(to)))
        .filter((to) => !(isTest(file) && (to.includes('/testing/') || partOf(file) === 'match')))
        .map((to) => `${file} → ${to}`),
    );
    assert.deepEqual(wrong, []);
  });

  test('every part is in the table, and in ARCHITECTURE.md with the same row', () => {
    const parts = readdirSync(join(root, 'src')).sort();
    assert.deepEqual(parts, Object.keys(mayImport).sort());
    const page = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8');
    for (const [part, imports] of Object.entries(mayImport)) {
      const row = page.split('\n').find((line) => line.startsWith(`| \`${part}/\``));
      const last = row?.split('|').at(-2)?.trim();
      assert.equal(last, part === 'cli' ? 'all' : imports.join(', ') || 'nothing', `row of ${part}`);
    }
  });

  test('no cycles, type imports included', () => {
    const state = new Map<string, 'open' | 'done'>();
    const cycles: string[] = [];
    const visit = (file: string, path: readonly string[]): void => {
      if (state.get(file) === 'done') return;
      if (state.get(file) === 'open') {
        cycles.push([...path.slice(path.indexOf(file)), file].join(' → '));
        return;
      }
      state.set(file, 'open');
      for (const to of graph.get(file) ?? []) visit(to, [...path, file]);
      state.set(file, 'done');
    };
    for (const file of files) visit(file, []);
    assert.deepEqual(cycles, []);
  });

  test('a plug-in never imports its sibling', () => {
    const pluginOf = (file: string) => {
      for (const { folder, depth } of pluginKinds) {
        if (!file.startsWith(`${folder}/`)) continue;
        const parts = file.slice(folder.length + 1).split('/');
        if (parts.length > depth && !parts.includes('testing') && !parts.includes('testdata'))
          return `${folder}/${parts.slice(0, depth).join('/')}`;
      }
      return null;
    };
    const wrong = [...graph].flatMap(([file, imports]) => {
      const own = pluginOf(file);
      if (own === null) return [];
      return imports.filter((to) => pluginOf(to) !== null && pluginOf(to) !== own).map((to) => `${file} → ${to}`);
    });
    assert.deepEqual(wrong, []);
  });

  test('only the command line names a list of plug-ins; production code never imports testing/', () => {
    const production = [...graph].filter(([file]) => !isTest(file));
    const wrong = production.flatMap(([file, imports]) =>
      imports
        .filter((to) => {
          const list = to.endsWith('/all.ts') && !to.startsWith('src/model/');
          // The feeds of facts are a closed set: each has its own table in the store.
          const facts = to === 'src/advisories/feeds/all.ts' && partOf(file) === 'advisories';
          return (list && partOf(file) !== 'cli' && !facts) || to.includes('/testing/');
        })
        .map((to) => `${file} → ${to}`),
    );
    assert.deepEqual(wrong, []);
  });

  test('every list of plug-ins equals its folders', async () => {
    for (const { folder, depth } of pluginKinds) {
      // OSV is no feed like the others: it comes per ecosystem, and brings advisories instead of facts.
      const found = folders(join(root, folder), depth).filter((id) => id !== 'testing' && id !== 'osv');
      const all: Record<string, readonly { id: string }[]> = await import(join(root, folder, 'all.ts'));
      const listed = Object.values(all)
        .flat()
        .map((plugin) => plugin.id);
      assert.deepEqual(listed.toSorted(), found.toSorted(), folder);
    }
  });

  test('names say something, and no file is longer than 400 lines', () => {
    const vague = files.filter((file) =>
      /(^|\/)(utils?|helpers?|common|misc|shared|manager|service|impl)(\.|\/|-)/.test(file),
    );
    assert.deepEqual(vague, []);
    assert.deepEqual(
      files.filter((file) => file !== file.toLowerCase() || file.includes('_')),
      [],
    );
    const long = files.filter((file) => readFileSync(join(root, file), 'utf8').split('\n').length > 401);
    assert.deepEqual(long, []);
  });
});

function folders(parent: string, depth: number): string[] {
  const names = readdirSync(parent).filter((name) => name !== 'testdata' && statSync(join(parent, name)).isDirectory());
  return depth === 1
    ? names
    : names.flatMap((name) => folders(join(parent, name), depth - 1).map((n) => `${name}/${n}`));
}
