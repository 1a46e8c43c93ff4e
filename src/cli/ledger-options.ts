import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { isDigest } from '../ledger/documents.ts';
import { CodedError, messageOf } from '../model/errors.ts';
import type { Digest } from '../model/inventory.ts';
import { clip } from '../model/problem.ts';

/** Options of every command that opens the ledger, as commander hands them over. */
export interface LedgerFlags {
  readonly ledger?: string;
  readonly wait: string;
  readonly format: string;
  readonly output?: string;
  readonly quiet?: boolean;
}

/** Options of a command that writes to the ledger. */
export interface WriterFlags extends LedgerFlags {
  readonly by?: string;
}

/** Options of a command that asks the ledger. */
export interface QuestionFlags extends LedgerFlags {
  readonly asOf?: string;
  readonly all?: boolean;
}

/** Which ledger. */
export function whereOptions(command: Command): Command {
  return command
    .optionsGroup('The ledger:')
    .option(
      '--ledger <dir>',
      'its folder (default: $KVITTO_HOME/ledger; with DATABASE_URL its tables are in PostgreSQL)',
    )
    .option('--wait <duration>', 'how long to wait for another writer', '30s');
}

/** Which ledger, for a command that has no option of its own for progress. */
export function ledgerOptions(command: Command): Command {
  return whereOptions(command).option('-q, --quiet', 'no progress');
}

/** Who writes. */
export function whoOptions(command: Command): Command {
  return command.option(
    '--by <role>',
    'who does it, as a role (default: the pipeline, $KVITTO_ROLE, or a pseudonym of this user)',
  );
}

/** How the answer is written. */
export function answerOptions(command: Command): Command {
  return command
    .optionsGroup('What is reported:')
    .option('-f, --format <format>', 'table or json', 'table')
    .option('-o, --output <file>', 'write to a file');
}

/** As it was known when, and how much of it is shown. */
export function knownOptions(command: Command): Command {
  return command
    .option('--as-of <time>', 'as the ledger knew it then (default: now)')
    .option('--all', 'all rows, however many');
}

/** The folder of the ledger. */
export function ledgerFolder(flags: Pick<LedgerFlags, 'ledger'>, home: string): string {
  if (flags.ledger === '')
    throw new CodedError('usage', '--ledger names no folder', { remedy: 'leave it out for $KVITTO_HOME/ledger' });
  return flags.ledger === undefined ? path.join(home, 'ledger') : path.resolve(flags.ledger);
}

/**
 * The database of the ledger: `DATABASE_URL`, else what the file `DATABASE_URL_FILE` holds, which is how service managers hand
 * over what has a password in it. Null for the one in the ledger's folder. Throws `usage` for one that is not PostgreSQL, and for
 * a file that cannot be read: nothing is quietly written elsewhere.
 */
export function databaseUrl(env: Readonly<Record<string, string | undefined>>): string | null {
  const [named, file] = [env['DATABASE_URL'] ?? '', env['DATABASE_URL_FILE'] ?? ''];
  if (named === '' && file === '') return null;
  const url = named === '' ? addressIn(file) : named;
  if (/^postgres(?:ql)?:\/\//.test(url)) return url;
  const place = named === '' ? `${clip(file, 200)} (DATABASE_URL_FILE)` : 'DATABASE_URL';
  throw new CodedError('usage', `${place} is not the address of a PostgreSQL database`, {
    remedy: 'postgresql://user@host:5432/name; without DATABASE_URL the ledger keeps its tables in its folder',
  });
}

const longestAddressBytes = 64 * 1024;

function addressIn(file: string): string {
  try {
    if (statSync(file).size <= longestAddressBytes) return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new CodedError('usage', `DATABASE_URL_FILE: ${clip(file, 200)} cannot be read: ${messageOf(cause)}`, {
      remedy: 'name a file that this user may read, with postgresql://user:password@host:5432/name in it',
      cause,
    });
  }
  return '';
}

/** An image as it is deployed: its name, where one is given, and the digest by which it is known. */
export interface ImageRef {
  readonly image: string | null;
  readonly digest: Digest;
}

const longestRef = 512;
// References of the distribution specification, with room for an IPv6 host; no user, password or anything a shell reads.
const refShape = /^[A-Za-z0-9[][A-Za-z0-9._:/[\]-]*$/;

/** `NAME@sha256:…` or `sha256:…`. Throws `usage` that says how to get the digest. */
export function imageRef(text: string): ImageRef {
  const at = text.lastIndexOf('@');
  const name = at < 0 ? null : text.slice(0, at);
  const digest = at < 0 ? text : text.slice(at + 1);
  if (!isDigest(digest)) {
    throw new CodedError('usage', `--image ${clip(text, 100)}: names no digest, and a tag can be moved`, {
      remedy:
        'write NAME@sha256:…; `kvitto record TARGET -f json` prints it as artifact.digest, `docker buildx imagetools inspect NAME:TAG` as Digest',
    });
  }
  if (name !== null && (name.length > longestRef || !refShape.test(name))) {
    throw new CodedError('usage', `--image ${clip(text, 100)}: what stands before the @ is no name of an image`, {
      remedy: 'registry.example/shop/api:1.4@sha256:…, without user and password, or the digest alone',
    });
  }
  return { image: name, digest };
}

/** A whole number of an entry or deployment. Throws `usage` naming `option`. */
export function numberOf(text: string, option: string): number {
  const number = Number(text);
  if (/^\d{1,15}$/.test(text) && Number.isSafeInteger(number)) return number;
  throw new CodedError('usage', `${option}: not a number: ${clip(text, 40)}`, {
    remedy: 'deployments and entries are numbered from 0; kvitto history SERVICE shows the numbers',
  });
}
