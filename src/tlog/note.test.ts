import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { formatCheckpoint, openCheckpoint, parseCheckpoint, signCheckpoint } from './checkpoint.ts';
import { addSignature, cosign, cosignaturesOf } from './cosignature.ts';
import { LogError, type LogErrorCode } from './errors.ts';
import { emptyRoot, leafHash, nodeHash } from './hash.ts';
import { formatVkey, openNote, parseVkey, signNote, splitNote, verifierOf } from './note.ts';
import { formatProof, parseProof, verifyProof } from './proof-file.ts';
import { rotationStatement, signRotation, verifyRotation } from './rotation.ts';
import type { Signer } from './signer.ts';

function signerOf(name: string): Signer {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const x = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  return {
    name,
    publicKey: new Uint8Array(x),
    sign: async (message) => new Uint8Array(sign(null, message, privateKey)),
  };
}

const coded = (code: LogErrorCode, place?: string) => (thrown: unknown) => {
  assert.ok(thrown instanceof LogError, String(thrown));
  assert.deepEqual([thrown.code, thrown.place], [code, place], thrown.message);
  return true;
};
const origin = 'log.example.com/kvitto';
const log = signerOf(origin);
const witness = signerOf('witness.example.org');
const logKey = verifierOf(origin, log.publicKey);
const witnessKey = verifierOf(witness.name, witness.publicKey, 4);

describe('signed notes', () => {
  // The example of c2sp.org/signed-note.
  const vkey = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k';
  const text = 'This is an example message.\n';
  const line =
    '— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n';

  test('the published example', () => {
    const verifier = parseVkey(vkey);
    assert.deepEqual([verifier.name, verifier.keyId, verifier.type], ['example.com/foo', 0x530d903a, 1]);
    assert.equal(formatVkey(verifier), vkey);
    const opened = openNote(`${text}\n${line}`, [verifier]);
    assert.equal(opened.text, text);
    assert.deepEqual(
      opened.verifiedBy.map(({ verifier: by }) => by),
      [verifier],
    );
    assert.deepEqual(opened.unverified, []);
    assert.deepEqual(openNote(Buffer.from(`${text}\n${line}`), [verifier]), opened);
    const altered = `${text.replace('an', 'no')}\n${line}`;
    assert.throws(() => openNote(altered, [verifier]), coded('signature', 'example.com/foo'));
  });

  test('unknown keys are set aside, known ones that fail reject, and one must hold', async () => {
    const note = await signNote('text\n', [log, witness]);
    const { verifiedBy, unverified } = openNote(note, [logKey]);
    assert.deepEqual(
      [verifiedBy.map(({ verifier }) => verifier.name), unverified.map(({ name }) => name)],
      [[origin], [witness.name]],
    );
    assert.throws(() => openNote(note, []), coded('signature'));
    assert.throws(() => openNote(note, [parseVkey(vkey)]), coded('signature'));
    const lines = note.split('\n');
    const mine = lines[2] ?? '';
    // The witness's signature under the log's name and key id.
    const forged = Buffer.from((lines[3] ?? '').split(' ')[2] ?? '', 'base64');
    forged.set(Buffer.from(mine.split(' ')[2] ?? '', 'base64').subarray(0, 4));
    const bad = `— ${origin} ${forged.toString('base64')}`;
    assert.throws(() => openNote(`${note}${bad}\n`, [logKey]), coded('signature', origin));
    assert.equal(openNote(`${note}${bad}\n`, [verifierOf(witness.name, witness.publicKey)]).verifiedBy.length, 1);
    // The same name with another key is another signer.
    assert.throws(() => openNote(note, [verifierOf(origin, witness.publicKey)]), coded('signature'));
  });

  test('sixteen signatures and more are read; a flood of them is not', async () => {
    const others = Array.from({ length: 99 }, (_, i) => `— key${i} ${Buffer.alloc(68, i).toString('base64')}\n`);
    const note = await signNote('text\n', [log]);
    assert.equal(openNote(note + others.slice(0, 15).join(''), [logKey]).unverified.length, 15);
    assert.equal(openNote(note + others.join(''), [logKey]).unverified.length, 99);
    assert.throws(() => openNote(`${note}${others.join('')}— one-more AAAAAAA=\n`, [logKey]), coded('too-large'));
    assert.throws(() => openNote(`${'x'.repeat(1_000_000)}\n\n${line}`, [logKey]), coded('too-large'));
    assert.throws(() => openNote(Buffer.alloc(1_000_001), [logKey]), coded('too-large'));
  });

  test('what is no note is refused', async () => {
    const note = `${text}\n${line}`;
    const malformed = [
      '',
      '\n',
      text,
      `${text}\n`,
      `${text}${line}`,
      note.slice(0, -1),
      `\n\n${line}`.slice(1, 3),
      `a\tb\n\n${line}`,
      `a\rb\n\n${line}`,
      `a\u0000\n\n${line}`,
      `a\ud800\n\n${line}`,
    ];
    for (const each of malformed)
      assert.throws(() => openNote(each, [parseVkey(vkey)]), coded('malformed'), JSON.stringify(each));
    assert.throws(() => openNote(Buffer.from([0xff, 10, 10, 0x61, 10]), []), coded('malformed'));
    for (const bad of [
      '- example.com/foo AAAAAAA=',
      '—example.com/foo AAAAAAA=',
      '— example.com/foo',
      '— example.com/foo AAAAAAA',
      '— example.com/foo AAAAAAB=',
      '— example.com/foo AAAA',
      '— example.com/foo  AAAAAAA=',
      '— example.com/foo AAAAAAA= ',
      '— exam+ple AAAAAAA=',
      '— exam\u00a0ple AAAAAAA=',
      '—  AAAAAAA=',
    ]) {
      assert.throws(() => openNote(`${note}${bad}\n`, [parseVkey(vkey)]), coded('malformed', 'line 4'), bad);
    }
    await assert.rejects(signNote('no newline', [log]), coded('malformed'));
    await assert.rejects(signNote('a\u0007\n', [log]), coded('malformed'));
    await assert.rejects(signNote('a\n', [{ ...log, name: 'a b' }]), coded('malformed'));
  });

  test('verifier keys', () => {
    const key = formatVkey(log);
    assert.deepEqual(parseVkey(key), logKey);
    assert.deepEqual(parseVkey(formatVkey({ ...witness, type: 4 })), witnessKey);
    assert.notEqual(formatVkey({ ...witness, type: 4 }).split('+')[1], formatVkey(witness).split('+')[1]);
    for (const bad of [
      '',
      'a',
      `${vkey}A`,
      vkey.replace('530d', '530e'),
      vkey.replace('530d903a', '530D903A'),
      vkey.slice(0, -4),
      ` ${vkey}`,
      `${vkey}\n`,
      `+530d903a+${'A'.repeat(44)}`,
    ]) {
      assert.throws(() => parseVkey(bad), coded('malformed'), bad);
    }
    assert.throws(() => formatVkey({ ...log, type: 2, publicKey: new Uint8Array(31) }), coded('malformed'));
    assert.throws(() => parseVkey(formatVkey({ ...log, type: 2 })), coded('malformed'));
  });

  test('any text that may stand in a note comes back as it was', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme' }), async (line) => {
        const whole = `${line.replace(/\p{Cc}/gu, '')}\n`;
        fc.pre(whole.isWellFormed());
        assert.equal(openNote(Buffer.from(await signNote(whole, [log])), [logKey]).text, whole);
      }),
      { numRuns: 50 },
    );
  });
});

describe('checkpoints', () => {
  const checkpoint = { origin, size: 2 ** 53 - 1, root: leafHash(Buffer.from('x')) };

  test('written, signed, opened', async () => {
    const text = `${origin}\n9007199254740991\n${Buffer.from(checkpoint.root).toString('base64')}\n`;
    assert.equal(formatCheckpoint(checkpoint), text);
    assert.deepEqual(parseCheckpoint(text), { ...checkpoint, extensions: [] });
    const extended = { ...checkpoint, extensions: ['one', 'two words'] };
    assert.deepEqual(parseCheckpoint(formatCheckpoint(extended)), extended);
    const { note, ...opened } = openCheckpoint(await signCheckpoint(checkpoint, log), [logKey], origin);
    assert.deepEqual(opened, { ...checkpoint, extensions: [] });
    assert.equal(note.text, text);
    const signed = await signCheckpoint(checkpoint, log);
    assert.throws(() => openCheckpoint(signed, [logKey], 'other'), coded('not-a-log', 'checkpoint line 1'));
  });

  test('what is no checkpoint is refused, with its line', () => {
    const root = Buffer.from(emptyRoot).toString('base64');
    for (const [text, line] of [
      ['', 1],
      [`\n1\n${root}\n`, 1],
      [`o\n\n${root}\n`, 2],
      [`o\n01\n${root}\n`, 2],
      [`o\n-1\n${root}\n`, 2],
      [`o\n+1\n${root}\n`, 2],
      [`o\n1e3\n${root}\n`, 2],
      ['o\n1\n', 3],
      [`o\n1\n${root.slice(0, -4)}\n`, 3],
      [`o\n1\n${root.replace('=', '')}\n`, 3],
      [`o\n1\n${root}`, 3],
      [`o\n1\n${root}\n\n`, 4],
      [`o\n1\n${root}\none\n\nthree\n`, 5],
      [`o\n1\n${root}\none\ntwo`, 5],
    ] as const) {
      assert.throws(() => parseCheckpoint(text), coded('malformed', `checkpoint line ${line}`), JSON.stringify(text));
    }
    assert.throws(() => parseCheckpoint(`o\n9007199254740992\n${root}\n`), coded('too-large', 'checkpoint line 2'));
    assert.throws(() => formatCheckpoint({ ...checkpoint, origin: 'a\nb' }), coded('malformed', 'checkpoint line 2'));
    assert.throws(() => formatCheckpoint({ ...checkpoint, extensions: ['a\nb'] }), coded('malformed'));
  });

  test('a witness cosigns with a time; it does not stand for the log', async () => {
    const note = await signCheckpoint(checkpoint, log);
    const { text } = splitNote(note);
    const line = await cosign(text, witness, 1_700_000_000);
    const cosigned = addSignature(note, line);
    assert.equal(cosigned, note + line);
    const { note: opened } = openCheckpoint(cosigned, [logKey, witnessKey], origin);
    assert.deepEqual(cosignaturesOf(opened), [{ name: witness.name, posixSeconds: 1_700_000_000 }]);
    assert.deepEqual(
      openCheckpoint(cosigned, [logKey], origin).note.unverified.map(({ name }) => name),
      [witness.name],
    );
    assert.throws(() => openCheckpoint(cosigned, [witnessKey], origin), coded('signature'));
    // Its key is another one when it signs notes of its own.
    assert.equal(openNote(cosigned, [logKey, verifierOf(witness.name, witness.publicKey)]).unverified.length, 1);
    const bytes = Buffer.from(line.trim().split(' ')[2] ?? '', 'base64');
    assert.deepEqual([bytes.length, bytes.readBigUInt64BE(4)], [4 + 8 + 64, 1_700_000_000n]);
    bytes.writeBigUInt64BE(1_700_000_001n, 4);
    const later = addSignature(note, `— ${witness.name} ${bytes.toString('base64')}`);
    assert.throws(() => openCheckpoint(later, [logKey, witnessKey], origin), coded('signature', witness.name));
    await assert.rejects(cosign('no checkpoint\n', witness, 1), coded('malformed', 'checkpoint line 2'));
    await assert.rejects(cosign(text, witness, 1.5), coded('malformed'));
    await assert.rejects(cosign(text, { ...witness, sign: log.sign }, 1), coded('signature'));
    assert.throws(() => addSignature(note, 'x\n— a AAAAAAA='), coded('malformed', 'signature'));
    assert.throws(() => addSignature(text, line), coded('malformed'));
  });
});

describe('proof files', () => {
  const entries = [Buffer.from('zero'), Buffer.from('one'), Buffer.from('two')] as const;
  const [zero, one, two] = entries.map(leafHash) as [Uint8Array, Uint8Array, Uint8Array];
  const root = nodeHash(nodeHash(zero, one), two);

  test('written, read, verified', async () => {
    const checkpoint = await signCheckpoint({ origin, size: 3, root }, log);
    const proof = { index: 1, hashes: [zero, two], checkpoint };
    const base64 = (hash: Uint8Array) => Buffer.from(hash).toString('base64');
    const text = `c2sp.org/tlog-proof@v1\nindex 1\n${base64(zero)}\n${base64(two)}\n\n${checkpoint}`;
    assert.equal(formatProof(proof), text);
    assert.deepEqual(parseProof(text), proof);
    assert.equal(verifyProof(proof, entries[1], [logKey], origin).size, 3);
    const extra = { ...proof, extra: new Uint8Array([1, 2, 3]) };
    assert.equal(formatProof(extra), text.replace('index', 'extra AQID\nindex'));
    assert.deepEqual(parseProof(formatProof(extra)), extra);
    assert.throws(() => verifyProof(proof, entries[0], [logKey], origin), coded('proof', 'entry 1'));
    assert.throws(() => verifyProof({ ...proof, index: 0 }, entries[1], [logKey], origin), coded('proof', 'entry 0'));
    assert.throws(() => verifyProof({ ...proof, index: 3 }, entries[1], [logKey], origin), coded('proof', 'entry 3'));
    assert.throws(() => verifyProof(proof, entries[1], [witnessKey], origin), coded('signature'));
    assert.throws(() => verifyProof(proof, entries[1], [logKey], 'other'), coded('not-a-log', 'checkpoint line 1'));
    const only = await signCheckpoint({ origin, size: 1, root: zero }, log);
    const alone = { index: 0, hashes: [], checkpoint: only };
    assert.equal(verifyProof(parseProof(formatProof(alone)), entries[0], [logKey], origin).size, 1);
    for (const [changed, line] of [
      ['', 1],
      [text.replace('@v1', '@v2'), 1],
      [text.replace('index 1', 'index 01'), 2],
      [text.replace('index 1', 'index 99999999999999999'), 2],
      [text.replace('index', 'extra A\nindex'), 2],
      [text.replace(base64(zero), 'AAAA'), 3],
      [text.replace(base64(two), `${base64(two)}\nmore`), 5],
      [text.replace('index 1\n', `index 1\n${`${base64(zero)}\n`.repeat(65)}`), 2],
    ] as const) {
      assert.throws(() => parseProof(changed), coded('malformed', `proof line ${line}`), changed.slice(0, 80));
    }
    assert.throws(() => parseProof(text.slice(0, -1)), coded('malformed'));
    assert.throws(() => parseProof('x'.repeat(1_200_000)), coded('too-large'));
    assert.throws(() => formatProof({ ...proof, index: -1 }), coded('malformed', 'proof line 2'));
  });
});

describe('key rotation', () => {
  test('both keys say it; neither can be left out or exchanged', async () => {
    const next = signerOf(origin);
    const rotation = await signRotation(log, next);
    assert.deepEqual(verifyRotation(rotation), verifierOf(origin, next.publicKey));
    assert.equal(
      Buffer.from(rotationStatement(rotation.from, rotation.to)).toString(),
      `kvitto/key-rotation/v1\n${formatVkey(log)}\n${formatVkey(next)}\n`,
    );
    const third = formatVkey(signerOf(origin));
    assert.throws(() => verifyRotation({ ...rotation, to: third }), coded('signature', 'old key'));
    assert.throws(() => verifyRotation({ ...rotation, byNew: rotation.byOld }), coded('signature', 'new key'));
    assert.throws(() => verifyRotation({ ...rotation, byOld: rotation.byNew }), coded('signature', 'old key'));
    assert.throws(() => verifyRotation({ ...rotation, byOld: 'no base64' }), coded('signature', 'old key'));
    assert.throws(
      () => verifyRotation({ ...rotation, from: rotation.to, to: rotation.from }),
      coded('signature', 'old key'),
    );
    await assert.rejects(signRotation(log, log), coded('malformed'));
    await assert.rejects(signRotation(log, witness), coded('malformed'));
    const cosigner = { ...rotation, to: formatVkey({ ...next, type: 4 }) };
    assert.throws(() => verifyRotation(cosigner), coded('malformed'));
  });

  test('a checkpoint after a rotation is signed by the new key, and opens with the keys of both times', async () => {
    const next = signerOf(origin);
    const verifiers = [logKey, verifierOf(origin, next.publicKey)];
    const state = { origin, size: 0, root: emptyRoot };
    for (const signer of [log, next]) {
      assert.equal(openCheckpoint(await signCheckpoint(state, signer), verifiers, origin).size, 0);
    }
    assert.throws(() => openCheckpoint('x', verifiers, origin), coded('malformed'));
  });
});
