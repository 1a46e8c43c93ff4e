import { signRotation } from '../../tlog/rotation.ts';
import { makeKeyFile, openKeyFile } from '../../tlog/signer.ts';
import type { KeyRotated } from '../fact.ts';
import { nextKeyPath } from '../keys.ts';
import type { Appended, Ledger } from '../ledger.ts';
import { checkName } from '../names.ts';
import { checkText, putTexts } from './text.ts';

/**
 * Replaces the log's key: the entry that says so is signed by both keys, and checkpoints from then on by the new one alone. The
 * old private key is gone afterwards. Publishes before, so that all that came before it is vouched for by the old key.
 */
export async function rotateKey(
  ledger: Ledger,
  { reason, actor }: { readonly reason: string; readonly actor: string },
): Promise<{ appended: Appended; fact: KeyRotated }> {
  const { paths, origin } = ledger.parts;
  const by = checkName(actor, '--by');
  const text = await putTexts(ledger.documents, [{ reason: checkText(reason, '--reason') }]);
  await ledger.publish();
  const signer = await openKeyFile(paths.key, origin);
  const next = await makeKeyFile(nextKeyPath(paths), origin);
  const rotation = await signRotation(signer, next);
  const fact: KeyRotated = { kind: 'key-rotated', ...rotation, text };
  const appended = await ledger.append(by, async () => [fact]);
  // Takes up the new key before it signs.
  await ledger.publish();
  return { appended, fact };
}
