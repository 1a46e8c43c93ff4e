import { cpSync, existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { makeFolder } from '../../../files/make-folder.ts';
import { writeWholeParts } from '../../../files/write-whole.ts';
import { openLogFiles } from '../../../ledger/publish.ts';
import { CodedError, messageOf } from '../../../model/errors.ts';
import { clip } from '../../../model/problem.ts';
import type { CallContext } from '../../call-context.ts';
import { exitCodes } from '../../exit-codes.ts';
import { type LedgerFlags, numberOf } from '../../ledger-options.ts';
import { tell } from '../../tell.ts';
import { withLedger } from '../../with-ledger.ts';

interface ExportFlags extends LedgerFlags {
  readonly from?: string;
  readonly to?: string;
  readonly files?: string;
}

const newline = Buffer.from('\n');

/**
 * `kvitto log export`: entries as they are in the log, byte for byte, one a line; with `--files DIR` the signed state, tiles and
 * public keys, as any verifier of C2SP logs reads them.
 */
export async function exportLogCommand(flags: ExportFlags, context: CallContext): Promise<number> {
  const access = { command: 'log export', mode: 'read' } as const;
  return await withLedger(flags, context, access, async (ledger, { progress }) => {
    const log = await openLogFiles(ledger.parts);
    if (flags.files !== undefined) {
      progress.done();
      copyFiles(ledger.parts.paths, flags.files);
      tell(`the log with ${log.size} entries is in ${flags.files}`);
      return exitCodes.done;
    }
    const from = flags.from === undefined ? 0 : numberOf(flags.from, '--from');
    const to = flags.to === undefined ? log.size : numberOf(flags.to, '--to');
    if (from > to || to > log.size) {
      throw new CodedError(
        'usage',
        `--from ${from} --to ${to}: the log's files hold the entries 0 to ${log.size - 1}`,
        {
          remedy: '--to is the first entry that is left out',
        },
      );
    }
    progress.step('exporting');
    const entries = log.entries(from, to);
    if (flags.output === undefined) await toStandardOutput(entries);
    else await writeWholeParts(flags.output, lines(entries));
    progress.done();
    tell(`${to - from} entries, ${from} up to ${to - 1}`);
    return exitCodes.done;
  });
}

async function toStandardOutput(entries: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const entry of entries) {
    if (process.stdout.write(Buffer.concat([entry, newline]))) continue;
    // A reader that is gone (`… | head`) drains nothing any more.
    await new Promise<void>((resolve) => {
      process.stdout
        .once('drain', resolve)
        .once('close', resolve)
        .once('error', () => resolve());
    });
    if (process.stdout.destroyed) return;
  }
}

async function* lines(entries: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const entry of entries) yield Buffer.concat([entry, newline]);
}

function copyFiles(
  paths: { readonly folder: string; readonly log: string; readonly publicKeys: string },
  folder: string,
): void {
  const wrong = (why: string) =>
    new CodedError('usage', `--files ${clip(folder)}: ${why}`, { remedy: 'name a new folder' });
  if (folder === '') throw wrong('names no folder');
  if (!path.relative(paths.folder, path.resolve(folder)).startsWith('..'))
    throw wrong('is in the folder of the ledger');
  try {
    if (existsSync(folder) && readdirSync(folder).length > 0) throw wrong('is not empty');
    makeFolder(folder);
    // The state last: what it stands for is there by then.
    cpSync(path.join(paths.log, 'tile'), path.join(folder, 'tile'), { recursive: true });
    cpSync(paths.publicKeys, path.join(folder, 'log.pub'));
    cpSync(path.join(paths.log, 'checkpoint'), path.join(folder, 'checkpoint'));
  } catch (thrown) {
    if (thrown instanceof CodedError) throw thrown;
    throw new CodedError('output-unwritable', `the log cannot be copied to ${folder}: ${messageOf(thrown)}`, {
      remedy: 'make room, or name another folder',
      cause: thrown,
    });
  }
}
