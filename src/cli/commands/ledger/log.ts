import { readFileSync } from 'node:fs';
import { writeWhole } from '../../../files/write-whole.ts';
import { jsonText } from '../../../formats/json-text.ts';
import { openLogFiles } from '../../../ledger/publish.ts';
import { stampedDigest } from '../../../ledger/record/stamp.ts';
import { CodedError } from '../../../model/errors.ts';
import { leafHash } from '../../../tlog/hash.ts';
import { formatProof } from '../../../tlog/proof-file.ts';
import { timeStampRequest } from '../../../tlog/timestamp.ts';
import { checkFormat } from '../../answers/answer.ts';
import type { CallContext } from '../../call-context.ts';
import { exitCodes } from '../../exit-codes.ts';
import { type LedgerFlags, numberOf } from '../../ledger-options.ts';
import { tell } from '../../tell.ts';
import { withLedger } from '../../with-ledger.ts';

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

function write(flags: Pick<LedgerFlags, 'format' | 'output'>, text: string, document: object): void {
  const written = flags.format === 'json' ? jsonText(document) : text;
  if (flags.output === undefined) process.stdout.write(written);
  else writeWhole(flags.output, written);
}

/** `kvitto log checkpoint`: brings every entry into the log's files, and prints the signed state (c2sp.org/tlog-checkpoint). */
export async function checkpointCommand(
  flags: LedgerFlags & { readonly timestampRequest?: string },
  context: CallContext,
): Promise<number> {
  checkFormat(flags);
  return await withLedger(
    flags,
    context,
    { command: 'log checkpoint', mode: 'write' },
    async (ledger, { progress }) => {
      const checkpoint = await ledger.publish();
      const { size, root } = await openLogFiles(ledger.parts);
      const { origin } = ledger.parts;
      // Read again: a rotation may have added one.
      const keys = readFileSync(ledger.parts.paths.publicKeys, 'utf8')
        .split('\n')
        .filter((key) => key !== '');
      progress.done();
      if (flags.timestampRequest !== undefined) {
        writeWhole(flags.timestampRequest, timeStampRequest(stampedDigest(checkpoint)));
      }
      write(flags, checkpoint, { schema: 'kvitto-checkpoint-1', origin, size, root: base64(root), checkpoint, keys });
      return exitCodes.done;
    },
  );
}

/**
 * `kvitto log prove ENTRY`: that an entry is in the log (c2sp.org/tlog-proof). `kvitto log prove --since SIZE`: that the log of
 * that size is the beginning of the present one.
 */
export async function proveCommand(
  number: string | undefined,
  flags: LedgerFlags & { readonly since?: string; readonly entry?: string },
  context: CallContext,
): Promise<number> {
  checkFormat(flags);
  if ((number === undefined) === (flags.since === undefined)) {
    throw new CodedError('usage', 'name what is to be proved: an entry, or --since SIZE', {
      remedy: 'kvitto log prove 17 -o 17.tlog-proof   or   kvitto log prove --since 1000 -f json',
    });
  }
  const asked = numberOf(number ?? flags.since ?? '', number === undefined ? '--since' : 'ENTRY');
  return await withLedger(flags, context, { command: 'log prove', mode: 'read' }, async (ledger, { progress }) => {
    const log = await openLogFiles(ledger.parts);
    const { size } = log;
    const limit = number === undefined ? size + 1 : size;
    if (asked >= limit || log.checkpoint === null) {
      throw new CodedError(
        'not-in-ledger',
        `the log's files hold ${size} entries, so there is nothing to prove of ${asked}`,
        {
          remedy: 'entries are numbered from 0; kvitto log checkpoint brings the last ones into the files',
        },
      );
    }
    progress.done();
    if (number === undefined) {
      const hashes = (await log.consistency(asked)).map(base64);
      const oldRoot = base64(await log.rootAt(asked));
      const root = base64(log.root);
      const { checkpoint } = log;
      const document = { schema: 'kvitto-consistency-1', oldSize: asked, oldRoot, size, root, hashes, checkpoint };
      write(flags, `${[oldRoot, ...hashes].join('\n')}\n\n${checkpoint}`, document);
      return exitCodes.done;
    }
    const entry = await log.entry(asked);
    const hashes = await log.inclusion(asked);
    if (flags.entry !== undefined) writeWhole(flags.entry, entry);
    else if (flags.format === 'table') tell(`the proof is of the bytes of entry ${asked}; --entry FILE writes them`);
    const { checkpoint } = log;
    write(flags, formatProof({ index: asked, hashes, checkpoint }), {
      schema: 'kvitto-inclusion-1',
      index: asked,
      size,
      root: base64(log.root),
      leaf: base64(leafHash(entry)),
      hashes: hashes.map(base64),
      entry: Buffer.from(entry).toString('utf8'),
      checkpoint,
    });
    return exitCodes.done;
  });
}
