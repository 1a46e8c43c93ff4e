import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { syncFolder } from '../files/replace-file.ts';
import { writeWhole } from '../files/write-whole.ts';
import { CodedError, messageOf } from '../model/errors.ts';
import { formatVkey, parseVkey } from '../tlog/note.ts';
import { openKeyFile } from '../tlog/signer.ts';
import type { KeyRotated } from './fact.ts';
import type { ledgerPaths } from './folder.ts';

type Paths = ReturnType<typeof ledgerPaths>;

/** Where the next key lies while it is being taken up. */
export function nextKeyPath(paths: Paths): string {
  return `${paths.key}.next`;
}

/** The keys that a ledger's folder names, oldest first. Throws `ledger-unreadable`. */
export function readPublicKeys(paths: Paths): string[] {
  const unreadable = (why: string, cause?: unknown) =>
    new CodedError('ledger-unreadable', `${paths.publicKeys} ${why}`, {
      remedy: 'it holds the public keys of the log: restore it from a backup, or from keys/log.pub of any pack',
      ...(cause !== undefined && { cause }),
    });
  let text: string;
  try {
    text = readFileSync(paths.publicKeys, 'utf8');
  } catch (thrown) {
    throw unreadable(`cannot be read: ${messageOf(thrown)}`, thrown);
  }
  const keys = text.split('\n').filter((line) => line !== '');
  if (keys.length === 0) throw unreadable('names no key');
  for (const [at, key] of keys.entries()) {
    try {
      parseVkey(key);
    } catch (thrown) {
      throw unreadable(`line ${at + 1}: ${messageOf(thrown)}`, thrown);
    }
  }
  return keys;
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
 * Ends a rotation that a killed process left: the key that was made is taken up where the log says that it follows. One of which
 * the log says nothing stays: it may belong to a rotation that goes on in another process. The caller holds the folder.
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
}

/** Removes a key that was made and of which the log says nothing. Only for who rotates, and keeps others from it meanwhile. */
export function removeNextKey(paths: Paths): void {
  rmSync(nextKeyPath(paths), { force: true });
}
