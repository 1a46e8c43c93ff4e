import { cpSync, existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { makeFolder } from '../../../files/make-folder.ts';
import { syncFolder } from '../../../files/replace-file.ts';
import { writeFailure } from '../../../files/write-failure.ts';
import { openLogFiles } from '../../../ledger/publish.ts';
import { CodedError, messageOf } from '../../../model/errors.ts';
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
    else await toFile(entries, flags.output);
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

/** Written aside and renamed: never half there. */
async function toFile(entries: AsyncIterable<Uint8Array>, file: string): Promise<void> {
  const aside = path.join(path.dirname(file), `.kvitto-${process.pid}-${path.basename(file)}.tmp`);
  try {
    const handle = await open(aside, 'w');
    try {
      for await (const entry of entries) await handle.writeFile(Buffer.concat([entry, newline]));
      await handle.sync();
    } finally {
      await handle.close();
    }
    renameSync(aside, file);
    syncFolder(path.dirname(file));
  } catch (thrown) {
    rmSync(aside, { force: true });
    throw thrown instanceof CodedError ? thrown : writeFailure(file, thrown);
  }
}

function copyFiles(paths: { readonly log: string; readonly publicKeys: string }, folder: string): void {
  if (existsSync(folder) && readdirSync(folder).length > 0) {
    throw new CodedError('usage', `--files ${folder}: is not empty`, { remedy: 'name a new folder' });
  }
  try {
    makeFolder(folder);
    // The state last: what it stands for is there by then.
    cpSync(path.join(paths.log, 'tile'), path.join(folder, 'tile'), { recursive: true });
    cpSync(paths.publicKeys, path.join(folder, 'log.pub'));
    cpSync(path.join(paths.log, 'checkpoint'), path.join(folder, 'checkpoint'));
  } catch (thrown) {
    throw new CodedError('output-unwritable', `the log cannot be copied to ${folder}: ${messageOf(thrown)}`, {
      remedy: 'make room, or name another folder',
      cause: thrown,
    });
  }
}
