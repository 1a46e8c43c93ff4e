import { withFolderLock } from '../../files/lock.ts';
import { signRotation } from '../../tlog/rotation.ts';
import { makeKeyFile, openKeyFile } from '../../tlog/signer.ts';
import type { KeyRotated } from '../fact.ts';
import { nextKeyPath, removeNextKey } from '../keys.ts';
import type { Appended, Ledger } from '../ledger.ts';
import { checkName } from '../names.ts';
import { checkText, putTexts } from './text.ts';

/**
 * Replaces the log's key: the entry that says so is signed by both keys, and checkpoints from then on by the new one alone. The
 * old private key is gone afterwards. Publishes before, so that all that came before it is vouched for by the old key.
 *
 * A process that is killed before the entry is committed leaves the old key, and a new one that nobody uses; after it, the next
 * one that publishes takes up the new key. Others may write and publish meanwhile; of two that rotate, one waits for the other
 * (`store-busy` where that takes too long).
 */
export async function rotateKey(
  ledger: Ledger,
  { reason, actor }: { readonly reason: string; readonly actor: string },
): Promise<{ appended: Appended; fact: KeyRotated }> {
  const { paths, origin, name, clock, waitMs } = ledger.parts;
  const by = checkName(actor, '--by');
  const words = checkText(reason, '--reason');
  // A lock of its own: appending and publishing take that of the ledger's folder.
  return await withFolderLock(
    paths.keys,
    { what: "the key of the ledger's log", name, now: clock(), waitMs },
    async () => {
      // Takes up a key that a killed process made and committed; one that is left then was never named.
      await ledger.publish();
      removeNextKey(paths);
      const signer = await openKeyFile(paths.key, origin);
      const next = await makeKeyFile(nextKeyPath(paths), origin);
      const text = await putTexts(ledger.documents, [{ reason: words }]);
      const fact: KeyRotated = { kind: 'key-rotated', ...(await signRotation(signer, next)), text };
      const appended = await ledger.append(by, async () => [fact]);
      // Takes up the new key before it signs.
      await ledger.publish();
      return { appended, fact };
    },
  );
}
