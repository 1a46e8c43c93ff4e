import { createHmac, randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { withFolderLock } from '../files/lock.ts';
import { writeWhole } from '../files/write-whole.ts';
import { CodedError, messageOf } from '../model/errors.ts';
import { clip } from '../model/problem.ts';
import type { Ledger } from './ledger.ts';

const keyBytes = 32;
const longestName = 320;

/**
 * The pseudonym of a person, `github:3f9a01c2b4d5`: HMAC-SHA-256 over who they are, with a secret of this ledger, so that nobody
 * can guess a name from the log. Who is behind it is kept in the table `person`, outside of the log, and can be erased there.
 */
export async function pseudonymOf(ledger: Ledger, system: string, name: string): Promise<string> {
  const key = await keyOf(ledger);
  const digest = createHmac('sha256', key).update(`${system}\0${name}`).digest('hex');
  const pseudonym = `${system}:${digest.slice(0, 12)}`;
  const person = { pseudonym, name: clip(name, longestName) };
  await ledger.database.kysely
    .insertInto('person')
    .values(person)
    .onConflict((conflict) => conflict.column('pseudonym').doNothing())
    .execute();
  return pseudonym;
}

/** The secret, made at first use. */
async function keyOf({ parts }: Ledger): Promise<Buffer> {
  const { paths, name, clock, waitMs } = parts;
  const file = path.join(paths.keys, 'pseudonym.key');
  if (!existsSync(file)) {
    await withFolderLock(paths.folder, { what: 'the ledger', name, now: clock(), waitMs }, async () => {
      if (!existsSync(file)) writeWhole(file, `${randomBytes(keyBytes).toString('hex')}\n`, { mode: 0o600 });
    });
  }
  const unreadable = (why: string, cause?: unknown) =>
    new CodedError('ledger-unreadable', `${file} ${why}`, {
      remedy:
        'restore it from a backup; without it the same person gets another pseudonym, so move it aside to begin anew',
      ...(cause !== undefined && { cause }),
    });
  try {
    const text = readFileSync(file, 'utf8').trim();
    if (/^[0-9a-f]{64}$/.test(text)) return Buffer.from(text, 'hex');
  } catch (thrown) {
    throw unreadable(`cannot be read: ${messageOf(thrown)}`, thrown);
  }
  throw unreadable('does not hold the secret of the pseudonyms');
}
