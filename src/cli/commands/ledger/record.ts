import type { Report } from '../../../model/report.ts';
import type { Recorded } from '../../../watch/record.ts';
import { type Answer, checkFormat, writeAnswer } from '../../answers/answer.ts';
import { many, short } from '../../answers/words.ts';
import { assess } from '../../assess.ts';
import type { CallContext } from '../../call-context.ts';
import { exitCodes } from '../../exit-codes.ts';
import type { WriterFlags } from '../../ledger-options.ts';
import { deployable, recordReport } from '../../record-report.ts';
import { advisoriesFor, inventoryOf, withRun } from '../../run.ts';
import { policyOf, type TargetFlags, targetOf } from '../../target-options.ts';
import { settle, withLedger } from '../../with-ledger.ts';

type RecordFlags = WriterFlags & Omit<TargetFlags, 'output' | 'severity'>;

/** `kvitto record TARGET`: scan, and put the artifact and what is known of it into the ledger. Exit codes as those of `scan`. */
export async function recordCommand(
  argument: string | undefined,
  flags: RecordFlags,
  context: CallContext,
): Promise<number> {
  const { output, ...rest } = flags;
  const target: TargetFlags = { ...rest, output: [], severity: [] };
  const named = targetOf(argument, target);
  checkFormat(flags);
  const { policy } = await policyOf(target, false);
  const { version } = context;
  return await withRun(
    { timeout: flags.timeout, quiet: flags.quiet === true || !flags.progress },
    context,
    async (run) => {
      const inventory = await inventoryOf(named, target, run);
      const store = await advisoriesFor(inventory, target, run);
      try {
        const options = { version, now: run.now, policy, exceptions: [], baseline: null, explain: false };
        const report = assess(inventory, store, options);
        return await withLedger(
          flags,
          context,
          { command: 'record', mode: 'create' },
          async (ledger, { env, progress }) => {
            const asked = { report, store, policy: null, by: flags.by, withVerdict: false };
            const recorded = await recordReport(ledger, { env, progress }, asked);
            await settle(ledger, recorded.appended, progress);
            progress.done();
            writeAnswer(flags, answerOf(report, recorded));
            return report.complete || policy.allowIncomplete ? exitCodes.done : exitCodes.cannotSay;
          },
        );
      } finally {
        store?.close();
      }
    },
  );
}

function answerOf(report: Report, { appended, known, rescanned }: Recorded): Answer {
  const { artifact, components } = report.inventory;
  const { kind, name, digest, digestOf, platform } = artifact;
  const { first, count, recorded } = appended;
  const knowledge = rescanned && {
    snapshot: rescanned.snapshot,
    opened: rescanned.opened,
    closed: rescanned.closed,
    problems: rescanned.problems,
  };
  return {
    document: {
      schema: 'kvitto-record-1',
      artifact: { kind, name, digest, digestOf, platform },
      known,
      entries: Array.from({ length: count }, (_, i) => first + i),
      recorded: new Date(recorded).toISOString(),
      components: components.length,
      findings: report.findings.length,
      knowledge,
      problems: report.problems,
      complete: report.complete,
    },
    lines: ({ paint }) => [
      paint.heading(`${known ? 'Known already' : 'Recorded'}: ${kind} ${name}`),
      `Digest      ${digest} (${digestOf})`,
      `Inventory   ${many(components.length, 'component')}, ${many(report.findings.length, 'finding')}`,
      `Knowledge   ${
        knowledge === null
          ? 'none: there is no advisory store (kvitto db update)'
          : `snapshot ${short(knowledge.snapshot)}: ${many(knowledge.opened, 'match', 'matches')} opened, ${knowledge.closed} closed`
      }`,
      ...(report.complete
        ? []
        : [`Not covered ${many(report.problems.length, 'part')} could not be read or assessed (-f json lists them)`]),
      `Entries     ${count === 0 ? 'none were needed' : count === 1 ? first : `${first} to ${first + count - 1}`}`,
      '',
      `Next: kvitto deploy SERVICE --env ENV --image ${deployable(report.inventory)}`,
    ],
  };
}
