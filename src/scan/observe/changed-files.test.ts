import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { changedFiles, runtimePaths } from './changed-files.ts';

const entry = (mark: string): { Path: string; Kind: number } => ({
  Path: mark.slice(1),
  Kind: { C: 0, A: 1, D: 2 }[mark[0] ?? ''] ?? 9,
});
/** `A/x` is an added `/x`, as `docker diff` prints it without the space. */
const left = (told: readonly string[], made: readonly string[] = []): string[] | null =>
  changedFiles(told.map(entry), made)?.map(({ path, kind }) => `${kind[0]?.toUpperCase()}${path}`) ?? null;

describe('changed files', () => {
  test('none', () => {
    assert.deepEqual(changedFiles(null, []), []);
    assert.deepEqual(changedFiles([], []), []);
  });

  test('a folder is left out where something in it changed, and kept where not', () => {
    assert.deepEqual(left(['C/srv', 'C/srv/app', 'A/srv/app/x', 'C/srv/app.d', 'C/srv/app!', 'C/opt']), [
      'C/opt',
      'A/srv/app/x',
      'C/srv/app!',
      'C/srv/app.d',
    ]);
    // A new folder is a fact of its own, and so is one that was taken away.
    assert.deepEqual(left(['A/new', 'A/new/x', 'D/old']), ['A/new', 'A/new/x', 'D/old']);
  });

  test('mount points and the folders made for them are left out, changes of them are not', () => {
    const made = ['/data', '/etc/app/conf', '/var/run/secrets/token', '/tmp/'];
    assert.deepEqual(left(['A/data', 'C/etc', 'A/etc/app', 'A/etc/app/conf', 'A/tmp'], made), []);
    assert.deepEqual(left(['A/run', 'A/run/secrets', 'A/run/secrets/token'], made), [], '/var/run is /run');
    assert.deepEqual(left(['D/etc/app', 'A/etc/app/conf.d', 'A/data/x', 'A/tmpx'], made), [
      'A/data/x',
      'D/etc/app',
      'A/etc/app/conf.d',
      'A/tmpx',
    ]);
    assert.deepEqual(left(['C/data', 'D/tmp'], made), ['C/data', 'D/tmp']);
    assert.deepEqual(left(['C/etc'], ['/etc/hosts']), [], 'podman tells the folder of files that it leaves out');
  });

  test('what the runtime made is told by the inspection; unknown shapes tell nothing', () => {
    const inspected = {
      Mounts: [{ Destination: '/data' }, { Destination: 'relative' }, { Destination: 7 }, null, 'x'],
      HostConfig: { Tmpfs: { '/tmp': '', '/nul\0': '', __proto__: null }, Init: true },
    };
    const inAll = runtimePaths('docker', {});
    assert.deepEqual(runtimePaths('docker', inspected), [
      ...['/data', '/tmp', '/dev/init', '/run/podman-init', '/sbin/docker-init', '/usr/sbin/docker-init'],
      ...inAll,
    ]);
    assert.deepEqual(runtimePaths('podman', { Mounts: 'x', HostConfig: [] }), [
      ...inAll.slice(0, -1),
      '/run/.containerenv',
    ]);
    assert.equal(inAll.at(-1), '/.dockerenv');
    // The name of what was not asked for is no place to hide a file.
    assert.deepEqual(left(['A/sbin/docker-init', 'A/run/.containerenv'], inAll), [
      'A/run/.containerenv',
      'A/sbin/docker-init',
    ]);
  });

  const nonsense: readonly (readonly [string, unknown])[] = [
    ['an object', {}],
    ['a text', 'x'],
    ['undefined', undefined],
    ['an entry that is none', [null]],
    ['a list of lists', [[['x']]]],
    ['no path', [{ Kind: 0 }]],
    ['a relative path', [{ Path: 'x', Kind: 0 }]],
    ['the root', [{ Path: '/', Kind: 0 }]],
    ['NUL in a path', [{ Path: '/a\0b', Kind: 0 }]],
    ['a path that no system call takes', [{ Path: `/${'x'.repeat(4096)}`, Kind: 0 }]],
    ['an unknown kind', [{ Path: '/x', Kind: 3 }]],
    ['a kind that is an inherited name', [{ Path: '/x', Kind: 'length' }]],
    ['a fraction of a kind', [{ Path: '/x', Kind: 0.5 }]],
  ];
  for (const [what, answer] of nonsense) {
    test(`no list of changes: ${what}`, () => assert.equal(changedFiles(answer, []), null));
  }

  test('paths are made printable, and stay text', () => {
    const told = [
      { Path: '/a\u001b[2J\n\u202e', Kind: 1 },
      { Path: '/\ud800', Kind: 1 },
      { Path: '/__proto__/x', Kind: 1 },
    ];
    assert.deepEqual(changedFiles(told, []), [
      { path: '/__proto__/x', kind: 'added' },
      { path: '/a\u{fffd}[2J\u{fffd}\u{fffd}', kind: 'added' },
      { path: '/\u{fffd}', kind: 'added' },
    ]);
  });

  test('says the same as the rule put plainly, in any order of the answer', () => {
    const name = fc.constantFrom('a', 'b', 'a!', 'a.b', '__proto__');
    const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((parts) => `/${parts.join('/')}`);
    const entries = fc.uniqueArray(fc.record({ Path: path, Kind: fc.nat({ max: 2 }) }), { selector: (e) => e.Path });
    fc.assert(
      fc.property(entries, fc.array(path, { maxLength: 4 }), (told, made) => {
        const below = (folder: string) => (p: string) => p.startsWith(`${folder}/`);
        const expected = told.filter(({ Path, Kind }) => {
          if (Kind === 2) return true;
          if (made.some(below(Path))) return false;
          return Kind === 1 ? !made.includes(Path) : !told.some((other) => below(Path)(other.Path));
        });
        const actual = changedFiles(told, made) ?? [];
        assert.deepEqual(actual.map((c) => c.path).sort(), expected.map((e) => e.Path).sort());
        for (const [at, { path }] of actual.entries()) {
          const later = actual.slice(at + 1).map((c) => c.path);
          assert.ok(!later.some((other) => path.startsWith(`${other}/`)), 'a folder comes before what is in it');
        }
        assert.deepEqual(changedFiles(told.toReversed(), made), actual);
      }),
    );
  });

  test('a deep and a broad answer are read whole', () => {
    const deep = Array.from({ length: 300 }, (_, at) => ({ Path: `/${'a/'.repeat(300)}${at}`, Kind: 1 }));
    assert.equal(changedFiles(deep, [])?.length, 300);
    const broad = Array.from({ length: 20_000 }, (_, at) => ({ Path: `/f${at}`, Kind: 1 }));
    assert.equal(
      changedFiles(
        broad,
        broad.map(({ Path }) => `${Path}/x`),
      )?.length,
      0,
    );
  });
});
