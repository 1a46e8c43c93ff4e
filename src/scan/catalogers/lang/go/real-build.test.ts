import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { catalogFiles } from '../../../testing/catalog-files.ts';
import { GoExtractor } from './extractor.ts';
import { go } from './index.ts';

/** A program with vendored modules: one with upper case, one replaced by another module, one by a folder. Nothing is downloaded. */
const program: Readonly<Record<string, string>> = {
  'go.mod':
    'module example.com/app\n\ngo 1.21\n\nrequire (\n\texample.com/Upper/Lib v1.2.3\n\texample.com/old v1.0.0\n\texample.com/local v0.1.0\n)\n\n' +
    'replace example.com/old => example.com/fork v1.0.1-0.20240101000000-abcdefabcdef\n\nreplace example.com/local => ./local\n',
  'main.go':
    'package main\n\nimport (\n\tlib "example.com/Upper/Lib"\n\t"example.com/local"\n\t"example.com/old"\n)\n\nfunc main() { println(lib.X, old.X, local.X) }\n',
  'local/go.mod': 'module example.com/local\n\ngo 1.21\n',
  'local/x.go': 'package local\n\nvar X = 3\n',
  'vendor/example.com/Upper/Lib/x.go': 'package lib\n\nvar X = 1\n',
  'vendor/example.com/old/x.go': 'package old\n\nvar X = 2\n',
  'vendor/example.com/local/x.go': 'package local\n\nvar X = 3\n',
  'vendor/modules.txt':
    '# example.com/Upper/Lib v1.2.3\n## explicit; go 1.21\nexample.com/Upper/Lib\n' +
    '# example.com/local v0.1.0 => ./local\n## explicit; go 1.21\nexample.com/local\n' +
    '# example.com/old v1.0.0 => example.com/fork v1.0.1-0.20240101000000-abcdefabcdef\n## explicit; go 1.21\nexample.com/old\n' +
    '# example.com/local => ./local\n# example.com/old => example.com/fork v1.0.1-0.20240101000000-abcdefabcdef\n',
};

interface Build {
  readonly name: string;
  readonly env: Readonly<Record<string, string>>;
  readonly flags?: readonly string[];
}

/** Each further platform makes Go compile its run time once, some seconds; from then on it has it cached. */
const builds: readonly Build[] = [
  { name: 'darwin/arm64', env: { GOOS: 'darwin', GOARCH: 'arm64' } },
  { name: 'own', env: {} },
  { name: 'own, stripped', env: {}, flags: ['-ldflags=-s -w -buildid='] },
  { name: 'windows/amd64', env: { GOOS: 'windows', GOARCH: 'amd64' } },
];
const furtherBuilds: readonly Build[] = [
  {
    name: 'linux/amd64 pie, stripped',
    env: { GOOS: 'linux', GOARCH: 'amd64' },
    flags: ['-buildmode=pie', '-ldflags=-s -w'],
  },
  { name: 'linux/386', env: { GOOS: 'linux', GOARCH: '386' } },
  { name: 'linux/s390x', env: { GOOS: 'linux', GOARCH: 's390x' } },
  { name: 'windows/386', env: { GOOS: 'windows', GOARCH: '386' } },
];

function run(
  command: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): string {
  const offline = {
    GOPROXY: 'off',
    GOSUMDB: 'off',
    GOFLAGS: '-mod=vendor',
    GOTOOLCHAIN: 'local',
    GO111MODULE: 'on',
    CGO_ENABLED: '0',
  };
  const done = spawnSync(command, [...args], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, ...offline, ...env },
    timeout: 300_000,
  });
  assert.equal(done.status, 0, `${command} ${args.join(' ')}: ${done.stderr}`);
  return done.stdout;
}

/** What is kept of the file, streamed in chunks as a layer's reader would hand them over. */
function kept(bytes: Buffer): unknown {
  const extractor = new GoExtractor(bytes.length);
  for (let at = 0; at < bytes.length; at += 65_536) if (!extractor.push(bytes.subarray(at, at + 65_536))) break;
  const out = extractor.end();
  return out === null ? null : JSON.parse(Buffer.from(out).toString('utf8'));
}

/** `go version -m` in the shape of what is kept. */
function asGoSays(printed: string): { goVersion: string; modules: string } {
  const [first = '', ...lines] = printed.trimEnd().split('\n');
  return {
    goVersion: first.slice(first.indexOf(': ') + 2),
    modules: lines.map((line) => `${line.slice(1)}\n`).join(''),
  };
}

test('binaries of the real Go', { timeout: 600_000 }, (t) => {
  compareBuilds(t, builds);
});

test('binaries of the real Go for further platforms', { timeout: 600_000 }, (t) => {
  if (process.env['KVITTO_GO_ALL'] === undefined) return t.skip('half a minute of compiling: set KVITTO_GO_ALL=1');
  compareBuilds(t, furtherBuilds);
});

function compareBuilds(t: TestContext, asked: readonly Build[]): void {
  if (spawnSync('go', ['version']).status !== 0) {
    t.skip('Go is not installed: apt-get install golang-go, or https://go.dev/dl/');
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'kvitto-go-'));
  try {
    for (const [path, text] of Object.entries(program)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    const files: Record<string, Buffer> = {};
    for (const [at, { name, env, flags = [] }] of asked.entries()) {
      const out = join(folder, `out${at}`);
      run('go', ['build', '-trimpath', ...flags, '-o', out, '.'], folder, env);
      const bytes = readFileSync(out);
      assert.deepEqual(kept(bytes), asGoSays(run('go', ['version', '-m', out], folder)), name);
      files[`opt/${at}`] = bytes;
    }
    if (asked[0]?.env['GOOS'] === 'darwin') assertSameInUniversal(files['opt/0'] ?? Buffer.alloc(0));

    const goVersion = run('go', ['env', 'GOVERSION'], folder).trim();
    const { view } = catalogFiles(go, files, null);
    const found = go.catalog(view, { os: null, signal: new AbortController().signal });
    const std = /^go(\d+\.\d+\.\d+)/.exec(goVersion)?.[1];
    assert.deepEqual(found.problems, []);
    assert.deepEqual(
      found.components.map(({ purl, locations }) => `${purl} ${locations.map(({ path }) => path)}`),
      asked.flatMap((_, at) => [
        `pkg:golang/example.com/Upper/Lib@v1.2.3 opt/${at}`,
        `pkg:golang/example.com/fork@v1.0.1-0.20240101000000-abcdefabcdef opt/${at}`,
        `pkg:golang/stdlib@${std} opt/${at}`,
      ]),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A universal binary as lipo makes it: a table, and the slices at page borders, near the begin and far from it. */
function assertSameInUniversal(slice: Buffer): void {
  for (const offset of [0x4000, 0x24000]) {
    const table = Buffer.alloc(offset);
    for (const [i, word] of [0xcafebabe, 1, 0x0100000c, 0, offset, slice.length, 14].entries())
      table.writeUInt32BE(word, i * 4);
    assert.deepEqual(kept(Buffer.concat([table, slice])), kept(slice));
  }
}
