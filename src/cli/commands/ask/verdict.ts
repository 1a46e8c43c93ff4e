import type { Ledger } from '../../../ledger/ledger.ts';
import type { Verdicts } from '../../../ledger/queries/answers.ts';
import { artifactOf } from '../../../ledger/queries/artifact-of.ts';
import { verdicts } from '../../../ledger/queries/verdicts.ts';
import { readEntries } from '../../../ledger/read-entries.ts';
import { CodedError } from '../../../model/errors.ts';
import { type ExplainedVerdict, parseReport, verdictAnswer } from '../../answers/verdicts.ts';
import type { CallContext } from '../../call-context.ts';
import type { QuestionFlags } from '../../ledger-options.ts';
import { ask, pageOf } from './question.ts';

/** `kvitto verdict ARTIFACT|SERVICE`: why it was let out, or not. */
export async function verdictCommand(subject: string, flags: QuestionFlags, context: CallContext): Promise<number> {
  return await ask('verdict', flags, context, async (ledger, { asOf }) => {
    const service = await ledger.reader
      .selectFrom('service')
      .select('name')
      .where('name', '=', subject.normalize('NFC'))
      .executeTakeFirst();
    const of =
      service === undefined
        ? { artifact: (await artifactOf(ledger, subject, asOf)).digest }
        : { service: service.name };
    const answer = await verdicts(ledger, { of, asOf });
    const { limit = answer.verdicts.length } = pageOf(flags);
    return verdictAnswer(of.service ?? of.artifact ?? subject, answer, await explain(ledger, answer, limit));
  });
}

async function explain(ledger: Ledger, { verdicts: all }: Verdicts, most: number): Promise<ExplainedVerdict[]> {
  const entries = await readEntries(
    ledger,
    all.map((v) => v.entry),
  );
  const explained: ExplainedVerdict[] = [];
  for (const [place, verdict] of all.entries()) {
    const entry = entries.get(verdict.entry);
    const said = place < most ? await reportOf(ledger, verdict.report) : { report: null, gap: 'left out' };
    const run = entry?.kind === 'verdict-given' ? entry.run : null;
    explained.push({ verdict, actor: entry?.actor ?? 'unknown', run, ...said });
  }
  return explained;
}

async function reportOf(
  ledger: Ledger,
  digest: Verdicts['verdicts'][number]['report'],
): Promise<Pick<ExplainedVerdict, 'report' | 'gap'>> {
  const redacted = await ledger.reader
    .selectFrom('redaction')
    .select('entry')
    .where('document', '=', digest)
    .executeTakeFirst();
  if (redacted !== undefined) return { report: null, gap: `the report was redacted (entry ${redacted.entry})` };
  try {
    const report = parseReport(await ledger.documents.get(digest));
    return { report, gap: report === null ? `document ${digest} is no report that this version can read` : null };
  } catch (thrown) {
    if (!(thrown instanceof CodedError)) throw thrown;
    return { report: null, gap: thrown.message };
  }
}
