import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { syncFolder } from '../../files/replace-file.ts';
import { writeWhole } from '../../files/write-whole.ts';
import { formatVkey } from '../../tlog/note.ts';
import { signRotation } from '../../tlog/rotation.ts';
import { makeKeyFile, openKeyFile } from '../../tlog/signer.ts';
import type { KeyRotated } from '../fact.ts';
import type { ledgerPaths } from '../folder.ts';
import type { Appended, Ledger } from '../ledger.ts';
import { checkName } from '../names.ts';
import { checkText, putTexts } from './text.ts';

type Paths = ReturnType<typeof ledgerPaths>;

function nextKeyPath(paths: Paths): string {
  return `${paths.key}.next`;
}

/** The keys that a ledger's folder names, oldest first. */
export function readPublicKeys(paths: Paths): string[] {
  return readFileSync(paths.publicKeys, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
}

/**
 * Puts the next key in the place of the present one. Each step may be the last of a process that is killed: done again, it ends
 * what it began.
 */
function takeUp(paths: Paths, vkey: string): void {
  const known = readPublicKeys(paths);
  if (!known.includes(vkey)) writeWhole(paths.publicKeys, `${[...known, vkey].join('\n')}\n`, { mode: 0o644 });
  renameSync(nextKeyPath(paths), paths.key);
  syncFolder(path.dirname(paths.key));
}

/**
 * Ends a rotation that a killed process left: the key that was made is taken up where the log says that it follows, and removed
 * where it does not.
 */
export async function settleRotation(
  paths: Paths,
  origin: string,
  lastRotation: () => Promise<KeyRotated | null>,
): Promise<void> {
  if (!existsSync(nextKeyPath(paths))) return;
  const next = await openKeyFile(nextKeyPath(paths), origin);
  const rotation = await lastRotation();
  if (rotation?.to === formatVkey(next)) takeUp(paths, rotation.to);
  else rmSync(nextKeyPath(paths));
}

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
