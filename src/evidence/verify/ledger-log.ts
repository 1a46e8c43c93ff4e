import { existsSync, readFileSync } from 'node:fs';
import type { ledgerPaths } from '../../ledger/folder.ts';
import { readPublicKeys } from '../../ledger/keys.ts';
import { checkLog, type LogCheck } from '../../tlog/check.ts';
import { LogError } from '../../tlog/errors.ts';
import { type Log, openLog } from '../../tlog/log.ts';
import { formatVkey, parseVkey } from '../../tlog/note.ts';
import { openKeyFile } from '../../tlog/signer.ts';
import { fileStorage } from '../../tlog/storage/files.ts';
import { keysText } from '../log-files.ts';
import { type Check, Checking } from './checks.ts';

type Paths = ReturnType<typeof ledgerPaths>;

/** The files of the log against the keys of the folder. Null for the log where it cannot be relied upon. */
export async function checkLogFiles(
  paths: Paths,
): Promise<{ check: Check; keys: string[]; found: LogCheck | null; log: Log | null }> {
  const check = new Checking('log', 'every entry, tile and hash of the log leads to its signed state');
  const keys = (await check.attempt('keys/log.pub', () => readPublicKeys(paths))) ?? [];
  const verifiers = await check.attempt('keys/log.pub', () => keys.map(parseVkey));
  const origin = verifiers?.at(-1)?.name;
  if (verifiers === null || origin === undefined) {
    if (!check.failed) check.fault('keys/log.pub', 'there is no key');
    return { check: check.done(), keys, found: null, log: null };
  }
  if (keysText(keys) !== readFileSync(paths.publicKeys, 'utf8')) {
    check.fault('keys/log.pub', 'is not as it is written');
  }
  const storage = fileStorage(paths.log);
  const found = await check.attempt('log', () => checkLog(storage, { verifiers, origin }));
  check.looked(found?.size ?? 0);
  for (const { place, message } of found?.faults ?? []) check.fault(`log/${place}`, message);
  const log = check.failed ? null : await check.attempt('log', () => openLog({ storage, origin, verifiers }));
  return { check: check.done(), keys, found, log };
}

/** That the private key, where this process may read it, is the one that the log's public key belongs to. */
export async function checkPrivateKey(paths: Paths, keys: readonly string[]): Promise<Check> {
  const check = new Checking('private-key', 'the private key is the one of the log');
  if (!existsSync(paths.key)) return check.done();
  const last = keys.at(-1) ?? '';
  try {
    check.looked();
    const signer = await openKeyFile(paths.key, last.split('+')[0] ?? '');
    if (formatVkey(signer) !== last) check.fault('keys/log.key', 'is not the key that keys/log.pub names');
  } catch (thrown) {
    if (!(thrown instanceof LogError)) throw thrown;
    // An auditor need not be able to read it.
    if (thrown.code !== 'unreadable') check.fault('keys/log.key', thrown.message);
  }
  return check.done();
}
