import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { CodedError, type FailureCode } from '../../model/errors.ts';
import { findCredentials } from './find-credentials.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const host = 'registry.example';

/** A home folder with these files; those of `bin/` can be run. */
async function home(t: TestContext, files: Record<string, unknown>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kvitto-'));
  t.after(() => rm(folder, { recursive: true }));
  for (const [name, content] of Object.entries(files)) {
    const file = join(folder, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
    if (name.startsWith('bin/')) await chmod(file, 0o755);
  }
  return folder;
}

async function find(
  folder: string,
  env: Record<string, string> = {},
  options: { host?: string; repository?: string } = {},
) {
  const all = { HOME: folder, PATH: `${folder}/bin:/usr/bin:/bin`, ...env };
  const signal = new AbortController().signal;
  const found = await findCredentials({ host, repository: 'a/b', named: true, ...options, env: all, signal });
  if (found === null) return null;
  const { from, ...rest } = found;
  return { ...rest, from: from.replaceAll(folder, '~') };
}

const fails = (code: FailureCode, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof CodedError, String(error));
  assert.deepEqual([error.code, message.test(error.message)], [code, true], `${error.code}: ${error.message}`);
  assert.ok(!`${error.message}${error.remedy}`.includes('s3cret'));
  return true;
};

test('none without any file', async (t) => {
  assert.equal(await find(await home(t, {})), null);
  const signal = new AbortController().signal;
  assert.equal(await findCredentials({ host, repository: 'a', named: true, env: {}, signal }), null);
});

test('reads every kind of entry that Docker and podman write', async (t) => {
  const file = '~/.docker/config.json';
  const password = (username: string, secret: string) => ({ kind: 'password', username, password: secret, from: file });
  const cases: readonly (readonly [unknown, unknown])[] = [
    [{ auths: { [host]: { auth: base64('u:p:q') } } }, password('u', 'p:q')],
    [{ auths: { [`https://${host}/v2/`]: { auth: `${base64('u:p\0')}` } } }, password('u', 'p')],
    [{ auths: { [host]: { username: 'u', password: 'p' } } }, password('u', 'p')],
    [
      { auths: { [host]: { auth: base64('u:'), identitytoken: 'i' } } },
      { kind: 'identity-token', token: 'i', from: file },
    ],
    [{ auths: { [host]: { registrytoken: 'r' } } }, { kind: 'registry-token', token: 'r', from: file }],
    [
      { auths: { [`${host}/a`]: { auth: base64('near:p') }, [host]: { auth: base64('far:p') } } },
      password('near', 'p'),
    ],
    [{ auths: { [host]: {} } }, null],
    [{ auths: { 'other.example': { auth: base64('u:p') } } }, null],
    [{ auths: [] }, null],
    [[], null],
    ['null', null],
    ['{"auths":{"__proto__":{"auth":"eA=="}}}', null],
  ];
  for (const [config, expected] of cases) {
    assert.deepEqual(await find(await home(t, { '.docker/config.json': config })), expected, JSON.stringify(config));
  }
});

test('Docker Hub goes by its old name', async (t) => {
  const folder = await home(t, {
    '.docker/config.json': { auths: { 'https://index.docker.io/v1/': { auth: base64('u:p') } } },
  });
  assert.deepEqual(await find(folder, {}, { host: 'docker.io', repository: 'library/debian' }), {
    kind: 'password',
    username: 'u',
    password: 'p',
    from: '~/.docker/config.json',
  });
});

test('the files and the environment in their order', async (t) => {
  const entry = (name: string) => ({ auths: { [host]: { auth: base64(`${name}:p`) } } });
  const folder = await home(t, {
    '.config/containers/auth.json': entry('config'),
    'run/containers/auth.json': entry('run'),
    '.docker/config.json': entry('docker'),
    'other/config.json': entry('other'),
    'auth.json': entry('file'),
  });
  const env: Record<string, string> = {};
  const name = async () => {
    const found = await find(folder, env);
    return found?.kind === 'password' ? found.username : null;
  };
  const steps: readonly (readonly [string, string, string])[] = [
    ['DOCKER_CONFIG', `${folder}/none`, 'config'],
    ['XDG_RUNTIME_DIR', `${folder}/run`, 'run'],
    ['DOCKER_CONFIG', `${folder}/other`, 'other'],
    ['REGISTRY_AUTH_FILE', `${folder}/auth.json`, 'file'],
    ['KVITTO_USERNAME', 'env', 'file'],
    ['KVITTO_PASSWORD', '', 'env'],
  ];
  assert.equal(await name(), 'docker');
  for (const [key, value, expected] of steps) {
    env[key] = value;
    assert.equal(await name(), expected, key);
  }
});

const answer = (json: string) => `#!/bin/sh\ncat > "$(dirname "$0")/asked"\necho '${json}'\n`;

test('asks the helper of the host, and the store of the file for all others', async (t) => {
  const folder = await home(t, {
    '.docker/config.json': { credHelpers: { [host]: 'one' }, credsStore: 'two' },
    'bin/docker-credential-one': answer('{"ServerURL":"x","Username":"u","Secret":"s3cret"}'),
    'bin/docker-credential-two': answer('{"Username":"<token>","Secret":"s3cret"}'),
  });
  assert.deepEqual(await find(folder), {
    kind: 'password',
    username: 'u',
    password: 's3cret',
    from: 'docker-credential-one (~/.docker/config.json)',
  });
  assert.equal(await readFile(join(folder, 'bin/asked'), 'utf8'), `${host}\n`);
  assert.deepEqual(await find(folder, {}, { host: 'docker.io' }), {
    kind: 'identity-token',
    token: 's3cret',
    from: 'docker-credential-two (~/.docker/config.json)',
  });
  assert.equal(await readFile(join(folder, 'bin/asked'), 'utf8'), 'https://index.docker.io/v1/\n');
});

test('a helper that has no login is asked in vain, one that fails is told', async (t) => {
  const cases: readonly (readonly [string, FailureCode | null, RegExp])[] = [
    ['#!/bin/sh\necho "credentials not found in native keychain"; exit 1\n', null, /^/],
    [answer('{"Username":"u","Secret":""}'), null, /^/],
    ['#!/bin/sh\necho s3cret; exit 3\n', 'source-unauthorized', /ended with exit code 3/],
    ['#!/bin/sh\necho s3cret\n', 'source-unauthorized', /did not answer with JSON/],
    [answer('null'), 'source-unauthorized', /without Username and Secret/],
    [answer('{"Secret":"s3cret"}'), 'source-unauthorized', /without Username and Secret/],
    ['#!/bin/sh\nexec yes s3cret\n', 'source-unauthorized', /wrote too much/],
    ['#!/none\n', 'config-invalid', /is not on the PATH|cannot be started/],
  ];
  for (const [script, code, message] of cases) {
    const folder = await home(t, {
      '.docker/config.json': { credsStore: 'x' },
      'bin/docker-credential-x': script,
    });
    if (code === null) assert.equal(await find(folder), null);
    else await assert.rejects(find(folder), fails(code, message));
  }
  for (const name of ['missing', '../x', 'a b', '-x']) {
    const folder = await home(t, { '.docker/config.json': { credsStore: name } });
    await assert.rejects(find(folder), fails('config-invalid', /is not on the PATH|holds no name of a helper/));
  }
});

test('a file that cannot be read is told without its content', async (t) => {
  const cases: readonly (readonly [unknown, RegExp])[] = [
    ['{"auths": s3cret', /config\.json: not JSON/],
    [{ auths: { [host]: { auth: base64('s3cret') } } }, /not base64 of user:password/],
    [' '.repeat(4 * 1024 * 1024 + 1), /larger than/],
  ];
  for (const [config, message] of cases) {
    const folder = await home(t, { '.docker/config.json': config });
    await assert.rejects(find(folder), fails('config-invalid', message));
  }
  const folder = await home(t, { '.docker/config.json/x': '' });
  await assert.rejects(find(folder), fails('config-invalid', /cannot be read \(EISDIR\)/));
});
