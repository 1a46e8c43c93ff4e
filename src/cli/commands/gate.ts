import { readFile, stat } from 'node:fs/promises';
import { allFormats } from '../../formats/all.ts';
import { type Baseline, baselineOf } from '../../gate/baseline.ts';
import type { Policy } from '../../gate/policy.ts';
import type { AdvisoryStore } from '../../model/advisory.ts';
import { CodedError } from '../../model/errors.ts';
import type { Report } from '../../model/report.ts';
import { assess } from '../assess.ts';
import type { CallContext } from '../call-context.ts';
import { exitCodeOfVerdict, exitCodes } from '../exit-codes.ts';
import { parseOutputs, writeOutputs } from '../output.ts';
import { renderOptions } from '../render-options.ts';
import { advisoriesFor, inventoryOf, type Run, withRun } from '../run.ts';
import { type ChosenPolicy, ignoredOf, policyOf, type TargetFlags, targetOf } from '../target-options.ts';
import { tell } from '../tell.ts';

/** Options of `gate`. */
interface GateFlags extends TargetFlags {
  readonly record?: boolean;
  readonly ledger?: string;
  readonly wait: string;
  readonly by?: string;
}

/** `kvitto gate TARGET`: everything is reported, the policy decides what fails, and the verdict is the exit code. */
export async function gateCommand(
  argument: string | undefined,
  flags: GateFlags,
  context: CallContext,
): Promise<number> {
  const { version } = context;
  const target = targetOf(argument, flags);
  const outputs = parseOutputs(flags.format, flags.output, allFormats);
  const chosen = await policyOf(flags, true);
  const { policy } = chosen;
  const exceptions = ignoredOf(flags);
  return await withRun(
    { timeout: flags.timeout, quiet: flags.quiet === true || !flags.progress },
    context,
    async (run) => {
      const inventory = await inventoryOf(target, flags, run);
      const baseline =
        flags.baseline === undefined ? null : await baselineFrom(flags.baseline, flags, run, policy, version);
      const store = await advisoriesFor(inventory, flags, run);
      try {
        const explain = flags.explain === true;
        const report = assess(inventory, store, { version, now: run.now, policy, exceptions, baseline, explain });
        run.progress.done();
        writeOutputs(report, outputs, renderOptions(flags, run.env, false));
        if (flags.record === true && !(await recorded(report, store, chosen, flags, context))) return exitCodes.failure;
        return exitCodeOfVerdict[report.verdict.kind];
      } finally {
        store?.close();
      }
    },
  );
}

/** Records the verdict, and says where. A verdict that could not be recorded must not look like one that was: false. */
async function recorded(
  report: Report,
  store: AdvisoryStore | null,
  { text }: ChosenPolicy,
  flags: GateFlags,
  context: CallContext,
): Promise<boolean> {
  const { withLedger, settle } = await import('../with-ledger.ts');
  const { recordReport, deployable } = await import('../record-report.ts');
  try {
    await withLedger(flags, context, { command: 'gate --record', mode: 'create' }, async (ledger, run) => {
      const { appended } = await recordReport(ledger, run, {
        report,
        store,
        policy: text,
        by: flags.by,
        withVerdict: true,
      });
      await settle(ledger, appended, run.progress);
      run.progress.done();
      const entry = appended.first + appended.count - 1;
      tell(
        `recorded in ${run.folder}, the verdict as entry ${entry}`,
        `kvitto deploy SERVICE --env ENV --image ${deployable(report.inventory)}`,
      );
    });
    return true;
  } catch (thrown) {
    if (!(thrown instanceof CodedError)) throw thrown;
    tell(`the verdict is "${report.verdict.kind}", but it was not recorded: ${thrown.message}`, thrown.remedy);
    return false;
  }
}

/** An earlier JSON report of Kvitto, or another target that is held against the same advisories. */
async function baselineFrom(
  named: string,
  flags: TargetFlags,
  run: Run,
  policy: Policy,
  version: string,
): Promise<Baseline> {
  const found = named.endsWith('.json') ? await stat(named).catch(() => null) : null;
  if (found?.isFile() === true) {
    const { parseBaseline } = await import('../../gate/parse-baseline.ts');
    return parseBaseline(await readFile(named, 'utf8'), named);
  }
  const inventory = await inventoryOf(named, flags, run);
  const store = await advisoriesFor(inventory, flags, run);
  try {
    const { now } = run;
    const report = assess(inventory, store, { version, now, policy, exceptions: [], baseline: null, explain: false });
    return baselineOf(report.findings, report.complete);
  } finally {
    store?.close();
  }
}
