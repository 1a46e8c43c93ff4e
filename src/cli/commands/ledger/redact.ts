import { isDigest } from '../../../ledger/documents.ts';
import { redact } from '../../../ledger/record/redact.ts';
import { CodedError } from '../../../model/errors.ts';
import { clip } from '../../../model/problem.ts';
import { actorOf } from '../../actor.ts';
import { checkFormat, writeAnswer } from '../../answers/answer.ts';
import type { CallContext } from '../../call-context.ts';
import { exitCodes } from '../../exit-codes.ts';
import type { WriterFlags } from '../../ledger-options.ts';
import { pipelineOf } from '../../pipeline.ts';
import { textOf } from '../../text-argument.ts';
import { settle, withLedger } from '../../with-ledger.ts';

/** `kvitto redact DIGEST --reason …`: a document is taken out; that it was there, and why it is gone, stays in the log. */
export async function redactCommand(
  digest: string,
  flags: WriterFlags & { readonly reason: string },
  context: CallContext,
): Promise<number> {
  checkFormat(flags);
  if (!isDigest(digest)) {
    throw new CodedError('usage', `DIGEST ${clip(digest, 80)}: not a digest`, {
      remedy: 'sha256:… of the document; kvitto history SERVICE -f json names those of texts',
    });
  }
  const reason = textOf(flags.reason, '--reason');
  return await withLedger(flags, context, { command: 'redact', mode: 'write' }, async (ledger, { env, progress }) => {
    const actor = await actorOf(flags.by, env, pipelineOf(env), ledger);
    const appended = await redact(ledger, { document: digest, reason, actor });
    if (appended !== null) await settle(ledger, appended, progress);
    progress.done();
    writeAnswer(flags, {
      document: {
        schema: 'kvitto-redact-1',
        document: digest,
        already: appended === null,
        actor,
        entry: appended?.first ?? null,
        recorded: appended === null ? null : new Date(appended.recorded).toISOString(),
      },
      lines: ({ paint }) => [
        paint.heading(appended === null ? 'It was redacted before' : 'Redacted'),
        `Document    ${digest}`,
        ...(appended === null ? [] : [`Entry       ${appended.first}`]),
        '',
        'The log is whole: entries keep the digest. Backups and packs that were made before still hold the document.',
      ],
    });
    return exitCodes.done;
  });
}
