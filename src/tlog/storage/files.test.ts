import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, test } from 'node:test';
import { LogError, type LogErrorCode } from '../errors.ts';
import { verifyEd25519 } from '../note.ts';
import { makeKeyFile, openKeyFile } from '../signer.ts';
import { memoryStorage } from '../testing/memory-storage.ts';
import { fileStorage } from './files.ts';

const scratch = mkdtempSync(join(tmpdir(), 'tlog-files-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));
const coded =
  (code: LogErrorCode, place: string, message = /./) =>
  (thrown: unknown) => {
    assert.ok(thrown instanceof LogError, String(thrown));
    assert.deepEqual([thrown.code, thrown.place], [code, place], thrown.message);
    assert.match(thrown.message, message);
    return true;
  };
const bytes = (text: string) => new TextEncoder().encode(text);
const text = (found: Uint8Array | null) => (found === null ? null : new TextDecoder().decode(found));
let folder = '';
let round = 0;
beforeEach(() => {
  folder = join(scratch, `log-${round++}`);
});

for (const kind of ['files', 'memory'] as const) {
  test(`storage (${kind}): the contract`, async () => {
    const storage = kind === 'files' ? fileStorage(join(folder, 'deep', 'down')) : memoryStorage();
    assert.equal(await storage.get('tile/0/000'), null);
    assert.deepEqual(await storage.list(''), []);
    await storage.put('tile/0/000', bytes('one'));
    await storage.put('tile/0/000', bytes('one'));
    await assert.rejects(storage.put('tile/0/000', bytes('two')), coded('immutable', 'tile/0/000', /other bytes/));
    assert.equal(text(await storage.get('tile/0/000')), 'one');
    await storage.put('tile/0/000.p/3', bytes('p'));
    await storage.put('tile/0/x001/000', bytes(''));
    assert.equal(text(await storage.get('tile/0/x001/000')), '');
    await storage.replace('checkpoint', bytes('a'));
    await storage.replace('checkpoint', bytes('b'));
    assert.equal(text(await storage.get('checkpoint')), 'b');
    assert.equal(await storage.get('tile/0/000/more'), null);
    assert.deepEqual(await storage.list(''), ['checkpoint', 'tile/']);
    assert.deepEqual(await storage.list('tile/0/'), ['tile/0/000', 'tile/0/000.p/', 'tile/0/x001/']);
    assert.deepEqual(await storage.list('nowhere/'), []);
    await storage.remove('tile/0/000.p/3');
    await storage.remove('tile/0/000.p/3');
    assert.deepEqual(await storage.list('tile/0/'), ['tile/0/000', 'tile/0/x001/']);
    await storage.put('tile/0/000.p/4', bytes('again'));
    assert.equal(text(await storage.get('tile/0/000.p/4')), 'again');
  });
}

describe('files', () => {
  test('many writes at once into new folders', async () => {
    const storage = fileStorage(folder);
    const paths = Array.from({ length: 60 }, (_, i) => `tile/${i % 3}/00${i % 4}.p/${i + 1}`);
    await Promise.all(paths.map((path) => storage.put(path, bytes(path))));
    for (const path of paths) assert.equal(text(await storage.get(path)), path);
  });

  test('what a crash left aside is not seen, and goes at the next write there', async () => {
    mkdirSync(join(folder, 'tile/0'), { recursive: true });
    writeFileSync(join(folder, 'tile/0/.000.abc.tmp'), 'half');
    const storage = fileStorage(folder);
    assert.deepEqual(await storage.list('tile/0/'), []);
    await storage.put('tile/0/000', bytes('whole'));
    assert.deepEqual(readdirSync(join(folder, 'tile/0')), ['000']);
  });

  test('paths that lead elsewhere are refused', async () => {
    const storage = fileStorage(folder);
    for (const path of [
      '',
      '/etc/passwd',
      '../x',
      'a/../../x',
      'tile//0',
      'tile/',
      '.hidden',
      'a\\b',
      'a b',
      'x'.repeat(100),
    ]) {
      await assert.rejects(storage.get(path), coded('malformed', path));
      await assert.rejects(storage.put(path, bytes('')), coded('malformed', path));
      await assert.rejects(storage.replace(path, bytes('')), coded('malformed', path));
      await assert.rejects(storage.remove(path), coded('malformed', path));
    }
    await assert.rejects(storage.list('../'), coded('malformed', '..'));
  });

  test('links, folders, pipes and huge files are not read', async () => {
    mkdirSync(join(folder, 'tile'), { recursive: true });
    writeFileSync(join(scratch, 'elsewhere'), 'secret');
    symlinkSync(join(scratch, 'elsewhere'), join(folder, 'checkpoint'));
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    writeFileSync(join(folder, 'huge'), '');
    truncateSync(join(folder, 'huge'), 17_000_000);
    const storage = fileStorage(folder);
    await assert.rejects(storage.get('checkpoint'), coded('unreadable', 'checkpoint'));
    await assert.rejects(storage.get('tile'), coded('unreadable', 'tile', /not a file/));
    await assert.rejects(storage.get('pipe'), coded('unreadable', 'pipe', /not a file/));
    await assert.rejects(storage.get('huge'), coded('too-large', 'huge'));
  });

  test('what cannot be written says so, and leaves nothing aside', async () => {
    writeFileSync(join(scratch, `plain-${round}`), '');
    const storage = fileStorage(join(scratch, `plain-${round}`));
    await assert.rejects(storage.put('tile/0/000', bytes('x')), coded('write-failed', 'tile/0/000', /plain-\d+/));
    mkdirSync(join(folder, 'checkpoint'), { recursive: true });
    await assert.rejects(fileStorage(folder).replace('checkpoint', bytes('x')), coded('write-failed', 'checkpoint'));
    assert.deepEqual(readdirSync(folder), ['checkpoint']);
  });
});

describe('key files', () => {
  test('made with mode 0600, never twice, and opened again', async () => {
    const path = join(folder, 'keys', 'log.pem');
    const made = await makeKeyFile(path, 'example.com/log');
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.deepEqual(readdirSync(join(folder, 'keys')), ['log.pem']);
    assert.match(readFileSync(path, 'utf8'), /^-----BEGIN PRIVATE KEY-----\n/);
    const opened = await openKeyFile(path, 'example.com/log');
    assert.deepEqual([opened.name, opened.publicKey], [made.name, made.publicKey]);
    const message = bytes('message');
    assert.ok(verifyEd25519(made.publicKey, message, await opened.sign(message)));
    assert.deepEqual(await opened.sign(message), await made.sign(message));
    assert.deepEqual(Object.keys(made).sort(), ['name', 'publicKey', 'sign']);
    const before = readFileSync(path, 'utf8');
    await assert.rejects(makeKeyFile(path, 'example.com/log'), coded('write-failed', path, /never overwritten/));
    assert.equal(readFileSync(path, 'utf8'), before);
    await assert.rejects(
      makeKeyFile(join(folder, 'other.pem'), 'a b'),
      (e: unknown) => e instanceof LogError && e.code === 'malformed',
    );
  });

  test('a key file that others may read, that is missing, or holds something else', async () => {
    mkdirSync(folder, { recursive: true });
    const path = join(folder, 'key.pem');
    await makeKeyFile(path, 'log');
    for (const mode of [0o640, 0o604, 0o660, 0o601]) {
      chmodSync(path, mode);
      await assert.rejects(openKeyFile(path, 'log'), coded('unreadable', path, /chmod 600/));
    }
    const missing = join(folder, 'missing.pem');
    await assert.rejects(openKeyFile(missing, 'log'), coded('unreadable', missing, /not there/));
    const rsa = join(folder, 'x25519.pem');
    execFileSync('openssl', ['genpkey', '-algorithm', 'X25519', '-out', rsa]);
    chmodSync(rsa, 0o600);
    await assert.rejects(openKeyFile(rsa, 'log'), coded('malformed', rsa, /x25519, not for Ed25519/));
    const junk = join(folder, 'junk.pem');
    writeFileSync(junk, 'junk', { mode: 0o600 });
    await assert.rejects(openKeyFile(junk, 'log'), coded('malformed', junk));
    const large = join(folder, 'large.pem');
    writeFileSync(large, 'x'.repeat(20_000), { mode: 0o600 });
    await assert.rejects(openKeyFile(large, 'log'), coded('too-large', large));
    const again = join(folder, 'again.pem');
    linkSync(junk, again);
    await assert.rejects(makeKeyFile(again, 'log'), coded('write-failed', again));
  });

  test('a key that openssl made is opened', async () => {
    mkdirSync(folder, { recursive: true });
    const path = join(folder, 'openssl.pem');
    execFileSync('openssl', ['genpkey', '-algorithm', 'ed25519', '-out', path]);
    chmodSync(path, 0o600);
    const signer = await openKeyFile(path, 'log');
    assert.ok(verifyEd25519(signer.publicKey, bytes('m'), await signer.sign(bytes('m'))));
  });
});
