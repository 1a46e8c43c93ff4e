import { type Repaired, repair } from '../../../ledger/repair.ts';
import { actorOf } from '../../actor.ts';
import { type Answer, checkFormat, writeAnswer } from '../../answers/answer.ts';
import { many } from '../../answers/words.ts';
import type { CallContext } from '../../call-context.ts';
import { parseDuration } from '../../environment.ts';
import { exitCodes } from '../../exit-codes.ts';
import { databaseUrl, type WriterFlags } from '../../ledger-options.ts';
import { pipelineOf } from '../../pipeline.ts';
import { withLedger } from '../../with-ledger.ts';

/**
 * `kvitto repair`: brings database and log together again where one of them came from an old backup, and writes down what was
 * lost. 3 where something was lost or is missing.
 */
export async function repairCommand(
  flags: WriterFlags & { readonly all?: boolean },
  context: CallContext,
): Promise<number> {
  checkFormat(flags);
  const access = { command: 'repair', mode: 'write', unchecked: true } as const;
  const who = await withLedger(flags, context, access, async (ledger, { env, folder }) => ({
    actor: await actorOf(flags.by, env, pipelineOf(env), ledger),
    folder,
  }));
  const repaired = await repair(
    {
      folder: who.folder,
      databaseUrl: databaseUrl(process.env),
      clock: context.clock,
      tool: `kvitto/${context.version}`,
      name: 'kvitto repair',
      waitMs: parseDuration(flags.wait, '--wait'),
    },
    who.actor,
  );
  writeAnswer(flags, answerOf(repaired, who.folder));
  const whole = (repaired.document?.lost ?? null) === null && repaired.missingDocuments.length === 0;
  return whole ? exitCodes.done : exitCodes.cannotSay;
}

function answerOf({ document, appended, missingDocuments }: Repaired, folder: string): Answer {
  const missing = missingDocuments.map((digest) => `  - ${digest}`);
  return {
    document: {
      schema: 'kvitto-repaired-1',
      ledger: folder,
      repaired: document,
      entry: appended?.first ?? null,
      recorded: appended === null ? null : new Date(appended.recorded).toISOString(),
      missingDocuments,
    },
    lines: ({ paint, mostRows }) => [
      ...(document === null
        ? [paint.heading(`Nothing to repair in ${folder}: database and log are of the same moment`)]
        : [
            paint.heading(
              document.found === 'log-ahead'
                ? `The database was older than the log: ${many(document.broughtBack, 'fact')} brought back`
                : 'The log was older than the database: the tables were built again from the log',
            ),
            `Log         ${document.log.size} entries`,
            `Database    had ${document.database.size} entries, ${document.database.publishedSize} of them published`,
            ...(document.lost === null
              ? ['Lost        nothing']
              : [
                  `Lost        ${lostWords(document.lost)}; the words of ${document.entries.length} of them are in the report of the entry`,
                ]),
            ...(document.rows === null
              ? []
              : [
                  `Rows        ${Object.entries(document.rows.rows)
                    .map(([table, rows]) => `${table} ${rows.length}`)
                    .join(', ')}${document.rows.more > 0 ? ` and ${document.rows.more} more` : ''}, kept in the report`,
                ]),
            ...document.kept.map((place) => `Kept aside  ${place}`),
            ...(appended === null ? [] : [`Entry       ${appended.first}`]),
          ]),
      ...(missing.length === 0
        ? []
        : [
            '',
            `${many(missing.length, 'document')} that entries name are missing: restore the folder "documents" from a backup`,
            ...missing.slice(0, mostRows),
            ...(missing.length > mostRows ? [`  … and ${missing.length - mostRows} more (--all, or -f json)`] : []),
          ]),
      '',
      'Next: kvitto verify --ledger',
    ],
  };
}

function lostWords({ from, to }: { readonly from: number; readonly to: number }): string {
  return to - from === 1 ? `entry ${from}` : `entries ${from} to ${to - 1}`;
}
