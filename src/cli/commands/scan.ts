import { allFormats } from '../../formats/all.ts';
import { CodedError } from '../../model/errors.ts';
import type { Finding } from '../../model/finding.ts';
import { assess } from '../assess.ts';
import type { CallContext } from '../call-context.ts';
import { exitCodes } from '../exit-codes.ts';
import { parseOutputs, writeOutputs } from '../output.ts';
import { renderOptions } from '../render-options.ts';
import { advisoriesFor, inventoryOf, withRun } from '../run.ts';
import { ignoredOf, policyOf, severitiesOf, type TargetFlags, targetOf } from '../target-options.ts';

/**
 * `kvitto scan TARGET`: the inventory, held against what is known. The verdict of the policy is in the report, and decides
 * nothing here: the exit code is 0, or what `--exit-code` chose for findings, or 3 for a result that is not complete.
 */
export async function scanCommand(
  argument: string | undefined,
  flags: TargetFlags,
  context: CallContext,
): Promise<number> {
  const { version } = context;
  const target = targetOf(argument, flags);
  const outputs = parseOutputs(flags.format, flags.output, allFormats);
  const chosenCode = exitCodeOf(flags.exitCode);
  const { policy } = await policyOf(flags, false);
  const exceptions = ignoredOf(flags);
  const show = filterOf(flags);
  return await withRun(
    { timeout: flags.timeout, quiet: flags.quiet === true || !flags.progress },
    context,
    async (run) => {
      const inventory = await inventoryOf(target, flags, run);
      const store = await advisoriesFor(inventory, flags, run);
      try {
        const explain = flags.explain === true;
        const { now } = run;
        const report = assess(inventory, store, { version, now, policy, exceptions, baseline: null, explain, show });
        run.progress.done();
        writeOutputs(report, outputs, renderOptions(flags, run.env, true));
        const counted = report.findings.some((finding) => finding.excepted === null && finding.informational === null);
        if (chosenCode !== null && counted) return chosenCode;
        return report.complete || policy.allowIncomplete ? exitCodes.done : exitCodes.cannotSay;
      } finally {
        store?.close();
      }
    },
  );
}

/** `--severity` and `--ignore-unfixed` of a scan choose what is shown. */
function filterOf(flags: TargetFlags): (finding: Finding) => boolean {
  const levels = severitiesOf(flags.severity);
  return (finding) =>
    (levels.length === 0 || levels.includes(finding.severity.level)) &&
    (flags.ignoreUnfixed !== true || finding.fixedIn !== null);
}

function exitCodeOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  const code = Number(text);
  if (/^\d{1,3}$/.test(text) && code <= 255) return code;
  throw new CodedError('usage', `--exit-code ${text}: not a number from 0 to 255`);
}
