// The log's key, and those who vouch for its checkpoints.
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { nextKeyPath, readPublicKeys } from '../../../src/ledger/keys.ts';
import { openLogFiles } from '../../../src/ledger/publish.ts';
import { deploy } from '../../../src/ledger/record/deploy.ts';
import { rotateKey } from '../../../src/ledger/record/rotate-key.ts';
import { stampedDigest, stampWithCosignature, stampWithTime } from '../../../src/ledger/record/stamp.ts';
import { putTexts } from '../../../src/ledger/record/text.ts';
import { openCheckpoint } from '../../../src/tlog/checkpoint.ts';
import { cosign } from '../../../src/tlog/cosignature.ts';
import { formatVkey, parseVkey, signatureTypes, splitNote, verifierOf } from '../../../src/tlog/note.ts';
import { signRotation } from '../../../src/tlog/rotation.ts';
import { makeKeyFile, openKeyFile } from '../../../src/tlog/signer.ts';
import { hasOpenssl, makeAuthority } from '../../../src/tlog/testing/timestamp-authority.ts';
import { timeStampRequest } from '../../../src/tlog/timestamp.ts';
import type { NewPlace } from '../contract.ts';
import { open } from '../place.ts';
import { deployRequest } from '../samples.ts';

const why = { reason: 'the yearly change', actor: 'security' };

export function stampTests(newPlace: NewPlace): void {
  describe('keys and stamps', () => {
    test('after a rotation old checkpoints hold by the old key, new ones by the new key alone', async () => {
      await using stack = new AsyncDisposableStack();
      const place = await newPlace();
      const ledger = await open(place, null);
      stack.defer(() => ledger.close());
      const { paths, origin } = ledger.parts;
      const before = await ledger.publish();
      const { fact, appended } = await rotateKey(ledger, why);
      assert.deepEqual(readPublicKeys(paths), [fact.from, fact.to]);
      assert.equal(formatVkey(await openKeyFile(paths.key, origin)), fact.to);
      assert.equal(existsSync(nextKeyPath(paths)), false);
      const after = await ledger.publish();
      const size = (note: string, key: string) => openCheckpoint(note, [parseVkey(key)], origin).size;
      assert.equal(size(before, fact.from), appended.first);
      assert.equal(size(after, fact.to), appended.first + 1);
      assert.throws(() => size(before, fact.to));
      assert.throws(() => size(after, fact.from));
      const second = await rotateKey(ledger, why);
      assert.deepEqual(readPublicKeys(paths), [fact.from, fact.to, second.fact.to]);
      const again = await open(place, null, { mode: 'read' });
      await again.close();
    });

    test('a rotation that was cut off: before the entry the old key stays, after it the new one is taken up', async () => {
      await using stack = new AsyncDisposableStack();
      const place = await newPlace();
      const ledger = await open(place, null);
      stack.defer(() => ledger.close());
      const { paths, origin } = ledger.parts;
      // Killed after the key was made.
      await makeKeyFile(nextKeyPath(paths), origin);
      const first = formatVkey(await openKeyFile(paths.key, origin));
      const other = await open(place, null, { mode: 'write' });
      openCheckpoint(await other.publish(), [parseVkey(first)], origin);
      assert.deepEqual(readPublicKeys(paths), [first]);
      const rotated = await rotateKey(other, why);
      assert.equal(rotated.fact.from, first);
      await other.close();
      // Killed after the entry was committed.
      const next = await makeKeyFile(nextKeyPath(paths), origin);
      const rotation = await signRotation(await openKeyFile(paths.key, origin), next);
      const text = await putTexts(ledger.documents, [{ reason: 'x' }]);
      await ledger.append('security', async () => [{ kind: 'key-rotated', ...rotation, text }]);
      const opened = await open(place, null, { mode: 'write' });
      stack.defer(() => opened.close());
      assert.deepEqual(readPublicKeys(paths), [first, rotated.fact.to, rotation.to]);
      openCheckpoint(await opened.publish(), [parseVkey(rotation.to)], origin);
      assert.equal(existsSync(nextKeyPath(paths)), false);
    });

    test('several rotate while others record, publish and open: no key is lost', async () => {
      await using stack = new AsyncDisposableStack();
      const place = await newPlace();
      const ledgers = [];
      for (let i = 0; i < 3; i++) {
        const ledger = await open(place, null);
        stack.defer(() => ledger.close());
        ledgers.push(ledger);
      }
      const [one, two, three] = ledgers;
      assert.ok(one !== undefined && two !== undefined && three !== undefined);
      await Promise.all([
        rotateKey(one, why),
        rotateKey(two, why),
        (async () => {
          for (let i = 0; i < 8; i++) {
            await deploy(three, deployRequest({ service: `s${i}` }));
            await three.publish();
            await (await open(place, null, { mode: 'write' })).close();
          }
        })(),
      ]);
      const { paths, origin } = one.parts;
      const keys = readPublicKeys(paths);
      assert.equal(keys.length, 3);
      const checkpoint = await three.publish();
      openCheckpoint(checkpoint, [parseVkey(keys[2] ?? '')], origin);
      const log = await openLogFiles({ ...one.parts, keys });
      const kinds = [];
      for (let i = 0; i < log.size; i++) kinds.push(JSON.parse(Buffer.from(await log.entry(i)).toString('utf8')).kind);
      assert.equal(kinds.filter((kind) => kind === 'key-rotated').length, 2);
      assert.equal(kinds.length, 11);
    });

    test('a witness vouches for the present checkpoint and for one of before; not for that of another log', async () => {
      await using stack = new AsyncDisposableStack();
      const place = await newPlace();
      const ledger = await open(place, null);
      stack.defer(() => ledger.close());
      const past = await ledger.publish();
      await deploy(ledger, deployRequest());
      const present = await ledger.publish();
      await rotateKey(ledger, why);
      const witness = await makeKeyFile(join(place.folder, 'witness', 'key'), 'witness.example/w');
      const key = formatVkey(verifierOf(witness.name, witness.publicKey, signatureTypes.cosignature));
      for (const checkpoint of [past, present]) {
        const line = await cosign(splitNote(checkpoint).text, witness, 1_790_000_000);
        const { name, posixSeconds } = await stampWithCosignature(ledger, { checkpoint, line, key, actor: 'audit' });
        assert.deepEqual([name, posixSeconds], ['witness.example/w', 1_790_000_000]);
        const refused = stampWithCosignature(ledger, {
          checkpoint: past === checkpoint ? present : past,
          line,
          key,
          actor: 'audit',
        });
        await assert.rejects(refused, /the cosignature does not hold/);
      }
      const foreign = await open(await newPlace(), null);
      stack.defer(() => foreign.close());
      const checkpoint = await foreign.publish();
      const line = await cosign(splitNote(checkpoint).text, witness, 1_790_000_000);
      await assert.rejects(
        stampWithCosignature(ledger, { checkpoint, line, key, actor: 'audit' }),
        /the checkpoint is not one of this log/,
      );
    });

    test('a time stamp of openssl', async (context) => {
      if (!hasOpenssl()) {
        context.skip('openssl is not installed: apt-get install openssl');
        return;
      }
      await using stack = new AsyncDisposableStack();
      const place = await newPlace();
      // Making the authority takes seconds, and no table has a say in this.
      if (place.databaseUrl !== null) return;
      const authority = makeAuthority(join(place.folder, 'authority'));
      const ledger = await open(place, null);
      stack.defer(() => ledger.close());
      const checkpoint = await ledger.publish();
      const token = authority.answer(timeStampRequest(stampedDigest(checkpoint)));
      const trusted = [new X509Certificate(authority.root)];
      const { stamp } = await stampWithTime(ledger, { checkpoint, token, trusted, actor: 'audit' });
      assert.deepEqual([stamp.signerName, stamp.chain], ['O=Test Authority, CN=rsa', 'trusted']);
      const later = await ledger.publish();
      await assert.rejects(
        stampWithTime(ledger, { checkpoint: later, token, trusted, actor: 'audit' }),
        /the time stamp does not hold: the time stamp is over/,
      );
      const stranger = [new X509Certificate(readFileSync(join(place.folder, 'authority', 'web.pem')))];
      await assert.rejects(
        stampWithTime(ledger, { checkpoint, token, trusted: stranger, actor: 'audit' }),
        /does not lead to a certificate that was given/,
      );
    });
  });
}
