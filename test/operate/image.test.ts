// The Dockerfile: built by buildah and run, on a base that is made of this machine's own Node and npm, because no registry of images is
// reached from everywhere. Not run: Docker, and the base that the Dockerfile recommends.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { after, describe, test } from 'node:test';
import { checkoutIn } from '../pipelines/stage.ts';
import { root, run, scratch, skipWithout } from '../real/parts.ts';

const text = readFileSync(join(root, 'Dockerfile'), 'utf8');
const instructions = text
  .replaceAll('\\\n', '')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'));

test('the Dockerfile names no base that moves, runs nothing through a shell, and ends as a user who is not root', () => {
  assert.equal(instructions[0], 'ARG NODE_IMAGE');
  assert.deepEqual(
    instructions.filter((line) => line.startsWith('FROM ')),
    ['FROM ${' + 'NODE_IMAGE} AS build', 'FROM ${' + 'NODE_IMAGE}'],
  );
  for (const line of instructions) {
    if (/^(?:RUN|CMD|ENTRYPOINT) /.test(line)) assert.ok(Array.isArray(JSON.parse(line.replace(/^\w+ /, ''))), line);
    assert.equal(/^(?:ADD|SHELL|ONBUILD) /.test(line), false, line);
  }
  const last = instructions.slice(instructions.lastIndexOf('FROM ${' + 'NODE_IMAGE}'));
  assert.deepEqual(
    last.filter((line) => /^(?:RUN|USER|ENTRYPOINT) /.test(line)),
    ['USER 65532:65532', 'ENTRYPOINT ["node", "/opt/kvitto/bin/kvitto.js"]'],
  );
  for (const file of ['compose/compose.yml', 'kubernetes/deployment.yaml', 'kubernetes/once/cron-job.yaml'])
    assert.ok(readFileSync(join(root, 'operate', file), 'utf8').includes('65532'), file);
});

const skip = skipWithout(['buildah', 'npm'], true);

describe('the image', { skip }, () => {
  const folder = skip === false ? scratch('image') : '';
  const storage = ['--root', join(folder, 'storage'), '--runroot', join(folder, 'run'), '--storage-driver', 'overlay'];
  const buildah = (...args: string[]) => {
    const done = spawnSync('buildah', [...storage, ...args], { encoding: 'utf8', timeout: 240_000, cwd: folder });
    return { status: done.status, stdout: done.stdout, stderr: done.stderr };
  };
  after(() => {
    buildah('rm', '--all');
    buildah('rmi', '--all', '--force');
    rmSync(folder, { recursive: true, force: true });
  });

  test('it is built, and its program runs as nobody', { timeout: 300_000 }, (t) => {
    const base = buildah('bud', '-q', '--isolation', 'chroot', '-t', 'localhost/node', nodeBase(join(folder, 'base')));
    assert.equal(base.status, 0, base.stderr);
    const built = buildah(
      ...['bud', '--isolation', 'chroot', '--network', 'host', '--build-arg', 'NODE_IMAGE=localhost/node'],
      ...[...npmCache(), '-t', 'localhost/kvitto', checkoutIn(join(folder, 'checkout'))],
    );
    if (/E(?:AI_AGAIN|NOTFOUND|CONNREFUSED|TIMEDOUT|NETUNREACH)/.test(built.stderr + built.stdout)) {
      t.skip('LEFT OUT: the npm registry is not reached from here. NOT TESTED: that the image can be built');
      return;
    }
    assert.equal(built.status, 0, built.stdout + built.stderr);
    const { config } = JSON.parse(buildah('inspect', '--type', 'image', 'localhost/kvitto').stdout).OCIv1;
    assert.deepEqual(
      [config.User, config.Entrypoint, config.Volumes, config.StopSignal, config.WorkingDir],
      ['65532:65532', ['node', '/opt/kvitto/bin/kvitto.js'], { '/var/lib/kvitto': {} }, 'SIGTERM', '/var/lib/kvitto'],
    );
    const container = buildah('from', 'localhost/kvitto').stdout.trim();
    const inside = (...words: string[]) => buildah('run', '--isolation', 'chroot', container, '--', ...words);
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    assert.equal(inside('kvitto', '--version').stdout, `${version}\n`);
    assert.equal(inside(...config.Entrypoint, '--version').stdout, `${version}\n`);
    const demo = inside('kvitto', 'demo');
    assert.equal(demo.status, 0, demo.stdout + demo.stderr);
    assert.match(demo.stdout, /^Verdict {5}FAIL: rule exploited/m);
    const watched = inside('kvitto', 'watch', '--once', '--feeds', '/opt/kvitto/demo/feeds');
    assert.equal(watched.status, 3, `nothing is recorded yet, so nothing is assessed: ${watched.stderr}`);
    assert.match(watched.stderr, /"event":"cycle","message":"nothing was held against advisories/);
    const look = `const s = fs.statSync('/var/lib/kvitto'); console.log(process.getuid(), s.uid, fs.existsSync('/opt/kvitto/node_modules'), fs.existsSync('/opt/kvitto/src'))`;
    assert.equal(inside('node', '-e', look).stdout, '65532 65532 false false\n');
    const write = inside('node', '-e', 'fs.writeFileSync("/opt/kvitto/x", "")');
    assert.notEqual(write.status, 0, 'the program cannot be changed from inside');
  });
});

/** A context that makes a base with Node and npm, as far as the Dockerfile asks for one: no distribution, no package manager. */
function nodeBase(context: string): string {
  const base = join(context, 'root');
  for (const name of ['bin', 'usr/bin', 'usr/local/bin', 'usr/local/lib', 'etc', 'root', 'tmp'])
    mkdirSync(join(base, name), { recursive: true });
  chmodSync(join(base, 'tmp'), 0o1777);
  const place = (from: string, to: string) => {
    mkdirSync(dirname(join(base, to)), { recursive: true });
    copyFileSync(realpathSync(from), join(base, to));
    for (const [library = ''] of run('ldd', [from]).matchAll(/\/\S+/g)) {
      mkdirSync(dirname(join(base, library)), { recursive: true });
      if (!existsSync(join(base, library))) copyFileSync(realpathSync(library), join(base, library));
    }
  };
  place(process.execPath, 'usr/local/bin/node');
  for (const name of ['mkdir', 'cp']) place(`/bin/${name}`, `bin/${name}`);
  place('/usr/bin/env', 'usr/bin/env');
  place('/bin/sh', 'bin/sh');
  const npm = dirname(dirname(realpathSync(run('which', ['npm']).trim())));
  cpSync(npm, join(base, 'usr/local/lib/npm'), { recursive: true });
  writeFileSync(join(base, 'usr/local/bin/npm'), '#!/bin/sh\nexec node /usr/local/lib/npm/bin/npm-cli.js "$@"\n');
  chmodSync(join(base, 'usr/local/bin/npm'), 0o755);
  writeFileSync(join(base, 'etc/passwd'), 'root:x:0:0::/root:/bin/sh\n');
  for (const file of ['/etc/resolv.conf', '/etc/hosts']) if (existsSync(file)) copyFileSync(file, join(base, file));
  const ca = process.env['NODE_EXTRA_CA_CERTS'];
  if (ca !== undefined && existsSync(ca)) copyFileSync(ca, join(base, 'etc/ca.pem'));
  else writeFileSync(join(base, 'etc/ca.pem'), '');
  const settings = 'NODE_EXTRA_CA_CERTS=/etc/ca.pem npm_config_prefer_offline=true npm_config_fetch_retries=0';
  writeFileSync(
    join(context, 'Dockerfile'),
    `FROM scratch\nCOPY root /\nENV ${settings}\nENV PATH=/usr/local/bin:/usr/bin:/bin\n`,
  );
  return context;
}

/** What npm fetched before on this machine. */
function npmCache(): string[] {
  const cache = run('npm', ['config', 'get', 'cache']).trim();
  return existsSync(cache) ? ['--volume', `${cache}:/root/.npm`] : [];
}
