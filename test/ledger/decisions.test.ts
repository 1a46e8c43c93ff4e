// VEX of others into a ledger and out of it, as it is typed; and a process that is killed meanwhile.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { root } from '../real/parts.ts';
import { documentOf, ledgerStage, refused } from './command-line.ts';

const image = `sha256:${'0'.repeat(63)}1`;
const at = (minute: number) => `2026-11-20T10:${String(minute).padStart(2, '0')}:00.000Z`;
const by = ['--by', 'ops'];
const owned = ['--owner', 'shop-team', '--until', '2027-03-31', ...by];

const openvex = (statements: readonly object[]) =>
  JSON.stringify({
    '@context': 'https://openvex.dev/ns/v0.2.0',
    '@id': 'https://supplier.example/vex/1',
    author: 'Supplier',
    timestamp: '2026-11-01T00:00:00Z',
    version: 1,
    statements,
  });
const about = (name: string, more: object) => ({
  vulnerability: { name },
  products: [{ '@id': 'pkg:npm/left-pad' }],
  ...more,
});
const absent = { status: 'not_affected', justification: 'component_not_present' };

test('import: all or none, faulty ones skipped on demand; export, and import elsewhere', () => {
  const stage = ledgerStage('vex');
  const file = join(stage.folder, 'supplier.json');
  const size = () =>
    new DatabaseSync(join(stage.home, 'ledger/ledger.db'), { readOnly: true }).prepare('SELECT size FROM ledger').get();
  const deployed = ['deploy', 'shop', '--env', 'prod', '--image', image, '--break-glass', 'a test', ...by];
  assert.equal(stage.at(at(0), deployed).status, 0);
  const before = size();
  writeFileSync(file, openvex([about('CVE-2026-90001', absent), about('CVE-2026-90002', { status: 'affected' })]));
  const words = ['decisions', 'import', file, '--service', 'shop', ...owned, '-f', 'json'];
  refused(stage.at(at(1), words), 4, /CVE-2026-90002: action .*\n.*supplier\.json has 2 faults; nothing was recorded/s);
  assert.deepEqual(size(), before);
  const done = documentOf(stage.at(at(2), [...words, '--skip-faulty']), 3);
  const { decisions, unknown, statements } = done;
  assert.deepEqual(
    [(decisions as number[]).length, unknown, statements],
    [1, ['CVE-2026-90001', 'pkg:npm/left-pad'], 2],
  );
  // Wrong usage of the command is told as such, and a policy holds for what is imported.
  writeFileSync(file, openvex([about('CVE-2026-90001', absent)]));
  writeFileSync(join(stage.folder, 'four.yaml'), 'version: 1\ndecisions:\n  fourEyes: [not_affected]\n');
  const four = ['decisions', 'import', file, '--policy', join(stage.folder, 'four.yaml'), ...owned];
  refused(stage.at(at(3), four), 4, /the policy asks for a second role/);
  assert.equal(stage.at(at(3), [...four, '--approved-by', 'ciso']).status, 0);

  for (const format of ['openvex', 'cyclonedx', 'csaf']) {
    const out = join(stage.folder, `${format}.json`);
    const exported = stage.at(at(4), ['decisions', 'export', '--service', 'shop', '-f', format, '-o', out]);
    assert.equal(exported.status, 0, exported.stderr);
    const other = ['--ledger', join(stage.folder, format)];
    assert.equal(stage.at(at(5), [...deployed, ...other]).status, 0);
    // Two decisions of ours say the same about the same artifact: the later takes the place of the other.
    documentOf(stage.at(at(6), ['decisions', 'import', out, ...owned, '-f', 'json', ...other]), 0);
    const list = documentOf(stage.at(at(7), ['decisions', '-f', 'json', ...other]), 0)['decisions'] as Record<
      string,
      unknown
    >[];
    const kept = list.map((d) => [
      d['vulnerability'],
      d['status'],
      d['justification'],
      d['component'],
      d['artifact'],
      d['validTo'],
    ]);
    assert.deepEqual(kept, [
      [
        'CVE-2026-90001',
        'not_affected',
        'component_not_present',
        'pkg:npm/left-pad',
        image,
        '2027-03-31T00:00:00.000Z',
      ],
    ]);
  }
});

test('a process that is killed in an import leaves all of it or nothing, and the next one goes on', async () => {
  const stage = ledgerStage('vex-killed');
  const file = join(stage.folder, 'large.json');
  const many = 4_000;
  writeFileSync(file, openvex(Array.from({ length: many }, (_, i) => about(`CVE-2026-${10_000 + i}`, absent))));
  const deployed = ['deploy', 'shop', '--env', 'prod', '--image', image, '--break-glass', 'a test', ...by];
  assert.equal(stage.at(at(0), deployed).status, 0);
  const counts = new Set<unknown>();
  for (const afterMs of [500, 800, 1100, 1500]) {
    const words = [join(root, 'test/ledger/run-at.ts'), at(1), 'decisions', 'import', file, ...owned];
    const env = { ...process.env, KVITTO_HOME: stage.home, DATABASE_URL: '' };
    const child = spawn(process.execPath, words, { cwd: stage.folder, env, stdio: 'ignore' });
    const ended = once(child, 'close');
    await pause(afterMs);
    child.kill('SIGKILL');
    await ended;
    const listed = documentOf(stage.at(at(2), ['decisions', '-f', 'json']), 0)['decisions'];
    counts.add((listed as unknown[]).length);
  }
  assert.deepEqual(
    [...counts].filter((count) => count !== 0 && count !== many),
    [],
  );
  assert.equal(stage.at(at(3), ['decisions', 'import', file, ...owned]).status, 0);
  assert.equal((documentOf(stage.at(at(4), ['decisions', '-f', 'json']), 0)['decisions'] as unknown[]).length, many);
});
