// docs/verify.md says how a pack and a log are checked with python3, openssl and sha256sum alone. Its commands are run as they stand
// there, on real files, and refuse what was altered.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type PackManifest, readManifest } from '../../src/evidence/manifest.ts';
import { buildPack } from '../../src/evidence/pack.ts';
import { writeZip } from '../../src/evidence/zip/write-zip.ts';
import { readPublicKeys } from '../../src/ledger/keys.ts';
import { openLogFiles } from '../../src/ledger/publish.ts';
import { makeAuthority } from '../../src/tlog/testing/timestamp-authority.ts';
import { root, scratch } from '../real/parts.ts';
import { missing } from '../real/tool.ts';
import { start, type Told, tellStory } from './evidence-stage.ts';

const page = readFileSync(join(root, 'docs/verify.md'), 'utf8');

/** The blocks of commands below a heading, up to the next one of the same rank or above. */
function blocksOf(heading: string): string[] {
  const rank = heading.indexOf(' ');
  const rest = page.slice(page.indexOf(`\n${heading}\n`) + heading.length + 1);
  const end = rest.search(new RegExp(`\n#{1,${rank}} `));
  return [...rest.slice(0, end < 0 ? undefined : end).matchAll(/^```sh\n(.*?)^```$/gms)].map(([, code = '']) => code);
}

const absent = missing('python3', 'openssl', 'sha256sum');
const skip = absent === null ? false : `LEFT OUT: ${absent}`;

describe('docs/verify.md by hand', { skip }, () => {
  const folder = scratch('by-hand');
  const [unpack = '', files = '', signature = '', proofs = '', documents = '', wholeLog = ''] = blocksOf('## By hand');
  const pack = join(folder, 'shop');
  let told: Told;

  const run = (
    code: string,
    cwd = pack,
  ): { readonly exit: number | null; readonly out: string; readonly told: string } => {
    const { status, stdout, stderr } = spawnSync('sh', ['-e', '-c', code], {
      cwd,
      encoding: 'utf8',
      timeout: 60_000,
      env: { ...process.env, PYTHONUTF8: '1' },
    });
    return { exit: status, out: stdout, told: stderr };
  };
  const says = (code: string, out: string, cwd = pack) => assert.deepEqual(run(code, cwd), { exit: 0, out, told: '' });

  /** Runs a block on an unpacked pack of which one file was changed, which it must refuse. */
  const refuses = (code: string, path: string, change: (text: string) => string, why: RegExp): void => {
    const place = join(pack, path);
    const kept = readFileSync(place);
    const altered = change(kept.toString());
    assert.notEqual(altered, kept.toString());
    writeFileSync(place, altered);
    const { exit, out, told: said } = run(code);
    writeFileSync(place, kept);
    assert.notEqual(exit, 0, out);
    assert.match(`${out}${said}`, why);
  };

  before(async () => {
    told = await tellStory();
    const { ledger, now } = told;
    const request = { service: 'shop', environment: null, from: start, to: now, asOf: now, maxFeedAgeMs: null };
    const { files: parts } = await buildPack(ledger, request, { wholeLog: false });
    writeFileSync(join(folder, 'shop.zip'), writeZip(parts));
    says(unpack, 'index.html\n', folder);
  });
  after(async () => {
    await told.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  test('every file against the manifest', () => {
    says(files, 'every file is as listed\n');
    refuses(files, 'index.html', (text) => text.replace('shop', 'shap'), /index\.html: FAILED/);
  });

  test('the signature of the state, by the last of two keys', () => {
    assert.equal(readFileSync(join(pack, 'keys/log.pub'), 'utf8').trim().split('\n').length, 2);
    says(signature, 'Signature Verified Successfully\n');
    const size = /\n(\d+)\n/;
    refuses(signature, 'log/checkpoint', (text) => text.replace(size, '\n99\n'), /Verification Failure/);
    refuses(signature, 'keys/log.pub', (text) => `${text.split('\n')[0]}\n`, /there is no signature by this key/);
  });

  test('the proof of each entry', () => {
    const [, size] = readFileSync(join(pack, 'log/checkpoint'), 'utf8').split('\n');
    says(proofs, `${manifest().entries.length} entries are in the log of ${size}\n`);
    refuses(proofs, 'log/entries/0.json', (text) => text.replace('"v":1', '"v":2'), /0\.json is not in the log/);
    refuses(proofs, 'log/proofs/0.tlog-proof', (text) => text.replace('index 0', 'index 1'), /AssertionError/);
    refuses(proofs, 'log/checkpoint', (text) => text.replace(/\n\d+\n/, '\n99\n'), /AssertionError/);
  });

  test('the documents of each entry', () => {
    says(documents, 'every document is here, or was redacted\n');
    const one =
      manifest().files.find(({ role }) => role === 'knowledge')?.path ?? assert.fail('no knowledge in the pack');
    refuses(documents, one, (text) => text.replace('"', "'"), /is not here/);
  });

  test('a whole log, and that an earlier state is its beginning', async () => {
    const { parts } = told.ledger;
    // Read anew: the key was rotated since the ledger was opened.
    const log = await openLogFiles({ ...parts, keys: readPublicKeys(parts.paths) });
    const lines: string[] = [];
    for await (const entry of log.entries(0, log.size)) lines.push(`${Buffer.from(entry).toString('utf8')}\n`);
    writeFileSync(join(folder, 'entries.jsonl'), lines.join(''));
    copyFileSync(join(told.folder, 'log/checkpoint'), join(folder, 'checkpoint'));
    says(wholeLog, `the first ${log.size} entries are those of the checkpoint\n`, folder);
    for (const size of [0, 1, 12]) {
      const earlier = Buffer.from(await log.rootAt(size)).toString('base64');
      writeFileSync(join(folder, 'checkpoint'), `${parts.origin}\n${size}\n${earlier}\n\n`);
      says(wholeLog, `the first ${size} entries are those of the checkpoint\n`, folder);
    }
    writeFileSync(join(folder, 'entries.jsonl'), lines.join('').replace('"kind":"deployment-started"', '"kind":"x"'));
    assert.match(run(wholeLog, folder).told, /another history/);
  });

  test('a time stamp of the state', () => {
    mkdirSync(join(folder, 'authority'));
    const authority = makeAuthority(join(folder, 'authority'));
    const [ask = '', check = ''] = blocksOf('## Time stamps and witnesses').filter((code) => code.includes('openssl'));
    copyFileSync(join(pack, 'log/checkpoint'), join(folder, 'checkpoint'));
    assert.equal(run(ask, folder).exit, 0);
    writeFileSync(join(folder, 'answer.tsr'), authority.answer(readFileSync(join(folder, 'request.tsq'))));
    writeFileSync(join(folder, 'authority.pem'), authority.root);
    const { exit, out, told: said } = run(check, folder);
    assert.equal(exit, 0, said);
    assert.match(`${out}${said}`, /Verification: OK/);
    const asked = readFileSync(join(folder, 'checkpoint.txt'), 'utf8');
    writeFileSync(join(folder, 'checkpoint.txt'), asked.replace('\n', ' \n'));
    assert.notEqual(run(check, folder).exit, 0);
  });

  function manifest(): PackManifest {
    return readManifest(readFileSync(join(pack, 'manifest.json')));
  }
});
