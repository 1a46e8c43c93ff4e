import assert from 'node:assert/strict';
import { hash, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { DerReader, tags, writeDer } from './der.ts';
import { LogError } from './errors.ts';
import { readSignedData } from './signed-data.ts';
import { hasOpenssl, makeAuthority } from './testing/timestamp-authority.ts';
import { readTimeStamp, timeStampRequest } from './timestamp.ts';

const data = (name: string) => readFileSync(join(import.meta.dirname, 'testdata/timestamp', name));
const sha = (text: string) => new Uint8Array(hash('sha256', text, 'buffer'));
const digest = sha('a checkpoint\n');
const nonce = Uint8Array.of(0x91, 2);
const root = new X509Certificate(data('root.pem'));
const options = { trusted: [root], nonce };
const refused = (code: string, message: RegExp) => (thrown: unknown) => {
  assert.ok(thrown instanceof LogError, String(thrown));
  assert.equal(thrown.code, code, thrown.message);
  assert.match(thrown.message, message);
  return true;
};
const tokenOf = (answer: Uint8Array) => {
  const reader = DerReader.inside(DerReader.only(answer, tags.sequence, 'x'), 'x');
  reader.take(tags.sequence);
  return reader.take(tags.sequence).whole;
};

describe('time stamps', () => {
  const stamps = {
    rsa: {
      time: '2026-11-21T23:29:46.000Z',
      policy: '1.2.3.4.1',
      serial: 'a2b3c4d5e6f708193',
      signerName: 'O=Test Authority, CN=rsa',
      chain: 'trusted',
    },
    ec: {
      time: '2026-11-21T23:29:46.000Z',
      policy: '1.2.3.4.1',
      serial: 'a2b3c4d5e6f708194',
      signerName: 'O=Test Authority, CN=ec',
      chain: 'trusted',
    },
  } as const;

  for (const [name, expected] of Object.entries(stamps)) {
    test(`${name}: an answer and the token in it`, () => {
      const answer = data(`${name}.tsr`);
      assert.deepEqual(readTimeStamp(answer, digest, options), expected);
      assert.deepEqual(readTimeStamp(tokenOf(answer), digest, options), expected);
      assert.deepEqual(readTimeStamp(answer, digest), { ...expected, chain: 'not-checked' });
      assert.deepEqual(readTimeStamp(answer, digest, { trusted: [] }), { ...expected, chain: 'untrusted' });
    });

    test(`${name}: a change in any byte is refused, or breaks the chain`, () => {
      const answer = data(`${name}.tsr`);
      const accepted: number[] = [];
      for (let at = 0; at < answer.length; at++) {
        const altered = Buffer.from(answer);
        altered[at] = (altered[at] ?? 0) ^ (1 << (at % 8));
        try {
          const stamp = readTimeStamp(altered, digest, options);
          assert.deepEqual(stamp, { ...expected, chain: stamp.chain });
          if (stamp.chain === 'trusted') accepted.push(at);
        } catch (thrown) {
          if (!(thrown instanceof LogError)) throw thrown;
        }
      }
      // Byte 8 is the status, of which both 0 and 1 mean that the stamp was given.
      assert.deepEqual(accepted, [8]);
    });
  }

  test('another digest, another number, something else', () => {
    const answer = data('ec.tsr');
    assert.throws(() => readTimeStamp(answer, sha('another'), options), refused('proof', /not over/));
    assert.throws(
      () => readTimeStamp(answer, digest, { nonce: Uint8Array.of(1) }),
      refused('proof', /number of the request/),
    );
    assert.throws(() => readTimeStamp(answer, new Uint8Array(20)), refused('malformed', /32 bytes, not 20/));
    assert.throws(() => readTimeStamp(new Uint8Array(0), digest), refused('malformed', /ends too early/));
    assert.throws(() => readTimeStamp(new Uint8Array(300_000), digest), refused('too-large', /262144/));
    assert.throws(() => readTimeStamp(data('root.pem'), digest), refused('malformed', /tag/));
    for (let length = 0; length < answer.length; length += 7) {
      assert.throws(() => readTimeStamp(answer.subarray(0, length), digest), LogError);
    }
    assert.throws(
      () => readTimeStamp(Buffer.concat([answer, Buffer.of(0)]), digest),
      refused('malformed', /behind its end/),
    );
    const refusal = writeDer(tags.sequence, writeDer(tags.sequence, writeDer(tags.integer, Uint8Array.of(2))));
    assert.throws(() => readTimeStamp(refusal, digest), refused('signature', /gave no time stamp: status 2/));
  });

  test('deeply nested input is not gone into', () => {
    let bytes: Uint8Array = new Uint8Array(0);
    for (let i = 0; i < 2000; i++) bytes = writeDer(tags.sequence, bytes);
    assert.throws(() => readTimeStamp(bytes, digest), LogError);
  });

  test('with openssl: it reads the request, and its answers are read', { skip: needsOpenssl() }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'tlog-ts-'));
    try {
      const authority = makeAuthority(folder);
      const trusted = [new X509Certificate(authority.root)];
      const request = timeStampRequest(digest, Uint8Array.of(0, 0x80, 1));
      writeFileSync(join(folder, 'query'), request);
      const shown = authority.openssl('ts', '-query', '-in', 'query', '-text');
      assert.match(shown, /Version: 1\nHash Algorithm: sha256\n/);
      assert.match(shown, /Nonce: 0x8001\nCertificate required: yes\n/);
      for (const signer of ['rsa', 'ec', 'p384']) {
        const answer = authority.answer(request, { signer, policy: '1.2.3.4.1' });
        const stamp = readTimeStamp(answer, digest, { trusted, nonce: Uint8Array.of(0x80, 1) });
        assert.deepEqual([stamp.chain, stamp.signerName], ['trusted', `O=Test Authority, CN=${signer}`]);
        assert.ok(Math.abs(Date.parse(stamp.time) - Date.now()) < 600_000);
        assert.equal(readTimeStamp(answer, digest, { trusted: [root] }).chain, 'untrusted');
      }
      // What openssl refuses to sign as an authority, signed as a plain message instead.
      const { content } = readSignedData(tokenOf(authority.answer(request)));
      const sign = (signer: string, info: Uint8Array, along = 'between') => {
        writeFileSync(join(folder, 'info'), info);
        authority.openssl(
          'cms',
          '-sign',
          '-binary',
          '-nodetach',
          '-cades',
          '-md',
          'sha256',
          '-in',
          'info',
          '-econtent_type',
          '1.2.840.113549.1.9.16.1.4',
          '-signer',
          `${signer}.pem`,
          '-inkey',
          `${signer}.key`,
          '-certfile',
          `${along}.pem`,
          '-outform',
          'DER',
          '-out',
          'token',
        );
        return readFileSync(join(folder, 'token'));
      };
      assert.equal(readTimeStamp(sign('ec', content), digest, { trusted }).chain, 'trusted');
      for (const signer of ['web', 'both', 'lax']) {
        assert.throws(() => readTimeStamp(sign(signer, content), digest), refused('signature', /time stamping alone/));
      }
      const text = Buffer.from(content).toString('latin1');
      const at = (year: string) => Buffer.from(text.replace(/\d{4}(?=\d{10}Z)/, year), 'latin1');
      const year = String(new Date().getUTCFullYear() + 4);
      assert.equal(readTimeStamp(sign('ec', at(year)), digest, { trusted }).chain, 'trusted');
      assert.equal(readTimeStamp(sign('byShort', content, 'short'), digest, { trusted }).chain, 'trusted');
      assert.equal(readTimeStamp(sign('byShort', at(year), 'short'), digest, { trusted }).chain, 'untrusted');
      assert.equal(readTimeStamp(sign('byPlain', content, 'plain'), digest, { trusted }).chain, 'untrusted');
      assert.throws(() => readTimeStamp(sign('ec', at('2525')), digest), refused('signature', /not valid at 2525/));
      assert.throws(() => readTimeStamp(sign('ec', at('1999')), digest), refused('signature', /not valid at 1999/));
      assert.throws(
        () => readTimeStamp(sign('ec', Buffer.from(text.replace(/(?<=\d{4})\d\d(?=\d{8}Z)/, '13'), 'latin1')), digest),
        refused('malformed', /time of the time stamp is none/),
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

function needsOpenssl(): string | false {
  return hasOpenssl() ? false : 'openssl is not installed: apt-get install openssl';
}
