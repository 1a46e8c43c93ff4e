import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { verifyLedger } from '../../../evidence/verify-ledger.ts';
import { verifyPack } from '../../../evidence/verify-pack.ts';
import { CodedError, messageOf } from '../../../model/errors.ts';
import { clip } from '../../../model/problem.ts';
import { checkFormat, writeAnswer } from '../../answers/answer.ts';
import { checkLines } from '../../answers/checks.ts';
import { many } from '../../answers/words.ts';
import type { CallContext } from '../../call-context.ts';
import { exitCodeOfVerdict } from '../../exit-codes.ts';
import type { LedgerFlags } from '../../ledger-options.ts';
import { withLedger } from '../../with-ledger.ts';

interface VerifyFlags extends Omit<LedgerFlags, 'ledger'> {
  /** A folder, or true for the usual one. */
  readonly ledger?: string | true;
  readonly key?: string;
  readonly trust: readonly string[];
  readonly quick?: boolean;
  readonly all?: boolean;
}

/** More than any pack that is made. */
const mostPackBytes = 2 ** 32;

/** `kvitto verify PACK` and `kvitto verify --ledger [DIR]`: 0 where all holds, 1 for a fault, 3 where something could not be checked. */
export async function verifyCommand(
  pack: string | undefined,
  flags: VerifyFlags,
  context: CallContext,
): Promise<number> {
  checkFormat(flags);
  if ((pack === undefined) === (flags.ledger === undefined)) {
    throw new CodedError('usage', 'name what is to be verified: a pack, or --ledger', {
      remedy: 'kvitto verify pack.zip   or   kvitto verify --ledger [DIR]',
    });
  }
  return pack === undefined ? await ofLedger(flags, context) : await ofPack(pack, flags, context);
}

async function ofLedger(flags: VerifyFlags, context: CallContext): Promise<number> {
  const { ledger: folder, ...rest } = flags;
  const where = folder === true || folder === undefined ? rest : { ...rest, ledger: folder };
  const access = { command: 'verify', mode: 'read', unchecked: true } as const;
  return await withLedger(where, context, access, async (ledger, { progress, folder: place }) => {
    progress.step('verifying the ledger');
    const verdict = await verifyLedger(ledger, { quick: flags.quick === true, file: null });
    progress.done();
    const { outcome, checks, entries, unreferenced, unpublished } = verdict;
    writeAnswer(flags, {
      document: { schema: 'kvitto-verify-ledger-1', ledger: place, ...verdict },
      lines: (view) => [
        view.paint.heading(`${headline[outcome]}: the ledger in ${clip(place)}, ${many(entries, 'entry', 'entries')}`),
        '',
        ...checkLines(checks, view),
        ...(unreferenced.length === 0
          ? []
          : ['', `${many(unreferenced.length, 'document')} that no entry names: what a killed process left, no fault`]),
        ...(unpublished.length === 0 ? [] : [`${many(unpublished.length, 'tile')} beyond the checkpoint: no fault`]),
        ...(outcome === 'fail'
          ? ['', 'Next: restore the folder and its database from one backup, or run: kvitto repair']
          : []),
      ],
    });
    return exitCodeOfVerdict[outcome];
  });
}

const headline = {
  pass: 'All holds',
  fail: 'NOT as it was written',
  'cannot-say': 'Not all could be checked',
} as const;

async function ofPack(file: string, flags: VerifyFlags, context: CallContext): Promise<number> {
  const bytes = read(file, mostPackBytes);
  const verdict = await verifyPack(bytes, {
    tool: `kvitto/${context.version}`,
    key: flags.key === undefined ? null : keyOf(flags.key),
    trusted: flags.trust.map(certificateOf),
  });
  const { outcome, checks, request, made, key, log, vouched, notes, digest } = verdict;
  writeAnswer(flags, {
    document: { schema: 'kvitto-verify-pack-1', file: path.basename(file), ...verdict },
    lines: (view) => [
      view.paint.heading(`${headline[outcome]}: ${clip(file)}`),
      `Digest      ${digest}`,
      ...(request === null
        ? []
        : [
            `Answers     ${clip(request.service)}${request.environment === null ? '' : ` in ${clip(request.environment)}`}, ${request.from} to ${request.to}, as known at ${request.asOf}`,
          ]),
      ...(made === null ? [] : [`Made        ${clip(made.at)} by ${clip(made.tool)}`]),
      ...(log === null ? [] : [`Log         ${clip(log.origin)}, ${log.size} entries`]),
      ...(key === null ? [] : [`Key         ${clip(key)}`]),
      ...vouched.map((v) => `Vouched     ${clip(JSON.stringify(v), 300)}`),
      '',
      ...checkLines(checks, view),
      ...(key !== null && flags.key === undefined
        ? [
            '',
            'Whether the key above is the right one is yours to know: ask its owner for it by another way, and give it with --key.',
          ]
        : []),
      ...(notes.length === 0
        ? []
        : ['', view.paint.heading('What this does not show'), ...notes.map((n) => `  - ${n}`)]),
    ],
  });
  return exitCodeOfVerdict[outcome];
}

function read(file: string, most: number): Uint8Array {
  try {
    if (statSync(file).size > most) throw new CodedError('limit-exceeded', `${clip(file)} is larger than any pack`);
    return readFileSync(file);
  } catch (thrown) {
    if (thrown instanceof CodedError) throw thrown;
    throw new CodedError('source-unreadable', `cannot read ${clip(file)}: ${messageOf(thrown)}`, {
      remedy: 'name a file that this user may read',
      cause: thrown,
    });
  }
}

/** A verifier key, or a file that holds it as its last line. */
function keyOf(text: string): string {
  if (/^[^\s/][^\s]*\+[0-9a-f]{8}\+[A-Za-z0-9+/=]+$/.test(text)) return text;
  const lines = Buffer.from(read(text, 1024 * 1024))
    .toString('utf8')
    .trim()
    .split('\n');
  return lines.at(-1) ?? '';
}

function certificateOf(file: string): X509Certificate {
  const bytes = read(file, 1024 * 1024);
  try {
    return new X509Certificate(bytes);
  } catch (thrown) {
    throw new CodedError('usage', `--trust ${clip(file)}: holds no certificate: ${messageOf(thrown)}`, {
      remedy: 'name the certificate of a time stamping authority, as PEM or DER',
      cause: thrown,
    });
  }
}
