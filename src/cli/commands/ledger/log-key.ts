import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { rotateKey } from '../../../ledger/record/rotate-key.ts';
import { stampWithCosignature, stampWithTime } from '../../../ledger/record/stamp.ts';
import { CodedError, messageOf } from '../../../model/errors.ts';
import { clip } from '../../../model/problem.ts';
import { actorOf } from '../../actor.ts';
import { checkFormat, writeAnswer } from '../../answers/answer.ts';
import { when } from '../../answers/words.ts';
import type { CallContext } from '../../call-context.ts';
import { exitCodes } from '../../exit-codes.ts';
import type { WriterFlags } from '../../ledger-options.ts';
import { pipelineOf } from '../../pipeline.ts';
import { textOf } from '../../text-argument.ts';
import { settle, withLedger } from '../../with-ledger.ts';

/** `kvitto log rotate-key`: another key signs the log from now on; both signed that it follows. */
export async function rotateKeyCommand(
  flags: WriterFlags & { readonly reason: string },
  context: CallContext,
): Promise<number> {
  checkFormat(flags);
  const reason = textOf(flags.reason, '--reason');
  const access = { command: 'log rotate-key', mode: 'write' } as const;
  return await withLedger(flags, context, access, async (ledger, { env, progress }) => {
    const actor = await actorOf(flags.by, env, pipelineOf(env), ledger);
    const { appended, fact } = await rotateKey(ledger, { reason, actor });
    progress.done();
    const { from, to } = fact;
    writeAnswer(flags, {
      document: {
        schema: 'kvitto-rotate-key-1',
        from,
        to,
        actor,
        entry: appended.first,
        recorded: new Date(appended.recorded).toISOString(),
      },
      lines: ({ paint }) => [
        paint.heading('The log has a new key'),
        `From        ${from}`,
        `To          ${to}`,
        `Entry       ${appended.first}, signed by both`,
        '',
        'Give the new key to those who verify the log; checkpoints of before hold with the old one.',
      ],
    });
    return exitCodes.done;
  });
}

interface StampFlags extends WriterFlags {
  readonly timestamp?: string;
  readonly cosignature?: string;
  readonly witnessKey?: string;
  readonly trusted?: string;
}

/** `kvitto log stamp CHECKPOINT`: that somebody else vouched for a checkpoint of this log, a witness or a time stamp authority. */
export async function stampCommand(file: string, flags: StampFlags, context: CallContext): Promise<number> {
  checkFormat(flags);
  const { timestamp, cosignature, witnessKey, trusted } = flags;
  if ((timestamp === undefined) === (cosignature === undefined)) {
    throw new CodedError('usage', 'give either --timestamp or --cosignature', {
      remedy: 'kvitto log stamp checkpoint.txt --timestamp answer.tsr',
    });
  }
  if (cosignature !== undefined && witnessKey === undefined) {
    throw new CodedError('usage', '--cosignature needs --witness-key', {
      remedy: "the witness's verifier key, as name+hash+key",
    });
  }
  const checkpoint = read(file, 'CHECKPOINT').toString('utf8');
  const access = { command: 'log stamp', mode: 'write' } as const;
  return await withLedger(flags, context, access, async (ledger, { env, progress }) => {
    const actor = await actorOf(flags.by, env, pipelineOf(env), ledger);
    const stamped =
      timestamp === undefined
        ? await byWitness(cosignature ?? '', witnessKey ?? '')
        : await byAuthority(timestamp, trusted === undefined ? [] : certificatesOf(trusted));
    await settle(ledger, stamped.appended, progress);
    progress.done();
    const { appended, ...rest } = stamped;
    writeAnswer(flags, {
      document: {
        schema: 'kvitto-stamp-answer-1',
        ...rest,
        actor,
        entry: appended.first,
        recorded: new Date(appended.recorded).toISOString(),
      },
      lines: ({ paint }) => [
        paint.heading('The checkpoint was vouched for'),
        `By          ${clip(stamped.name, 200)}`,
        `At          ${when(Date.parse(stamped.time))} UTC`,
        ...(stamped.chain === 'not-checked'
          ? ['Chain       not checked: --trusted FILE names the certificates that you trust']
          : []),
        `Entry       ${appended.first}`,
      ],
    });
    return exitCodes.done;

    async function byAuthority(answer: string, certificates: readonly X509Certificate[]) {
      const token = read(answer, '--timestamp');
      const { appended, stamp } = await stampWithTime(ledger, { checkpoint, token, trusted: certificates, actor });
      return { appended, by: 'rfc3161', name: stamp.signerName, time: stamp.time, chain: stamp.chain };
    }

    async function byWitness(given: string, key: string) {
      const line = read(given, '--cosignature').toString('utf8');
      const { appended, name, posixSeconds } = await stampWithCosignature(ledger, { checkpoint, line, key, actor });
      return { appended, by: 'cosignature', name, time: new Date(posixSeconds * 1000).toISOString(), chain: null };
    }
  });
}

const mostBytes = 1024 * 1024;

function read(file: string, option: string): Buffer {
  try {
    if (statSync(file).size > mostBytes) throw new Error('it is larger than 1 MiB');
    return readFileSync(file);
  } catch (thrown) {
    throw new CodedError('usage', `${option} ${clip(file)}: ${messageOf(thrown)}`, {
      remedy: 'name a file that this user may read',
      cause: thrown,
    });
  }
}

/** Certificates of a PEM file. */
function certificatesOf(file: string): X509Certificate[] {
  const blocks = read(file, '--trusted')
    .toString('latin1')
    .split(/(?=-----BEGIN CERTIFICATE-----)/);
  try {
    const found = blocks.filter((b) => b.startsWith('-----BEGIN')).map((b) => new X509Certificate(b));
    if (found.length === 0) throw new Error('it holds no certificate in PEM');
    return found;
  } catch (thrown) {
    throw new CodedError('usage', `--trusted ${clip(file)}: ${messageOf(thrown)}`, {
      remedy: 'give the certificates of the authority in PEM',
      cause: thrown,
    });
  }
}
