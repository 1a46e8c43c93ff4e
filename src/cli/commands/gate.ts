import { readFile, stat } from 'node:fs/promises';
import { allFormats } from '../../formats/all.ts';
import { type Baseline, baselineOf } from '../../gate/baseline.ts';
import type { Policy } from '../../gate/policy.ts';
import { assess } from '../assess.ts';
import { exitCodeOfVerdict } from '../exit-codes.ts';
import { parseOutputs, writeOutputs } from '../output.ts';
import { renderOptions } from '../render-options.ts';
import { advisoriesFor, inventoryOf, type Run, withRun } from '../run.ts';
import { ignoredOf, policyOf, type TargetFlags, targetOf } from '../target-options.ts';

/** `kvitto gate TARGET`: everything is reported, the policy decides what fails, and the verdict is the exit code. */
export async function gateCommand(argument: string | undefined, flags: TargetFlags, version: string): Promise<number> {
  const target = targetOf(argument, flags);
  const outputs = parseOutputs(flags.format, flags.output, allFormats);
  const policy = await policyOf(flags, true);
  const exceptions = ignoredOf(flags);
  return await withRun({ timeout: flags.timeout, quiet: flags.quiet === true || !flags.progress }, async (run) => {
    const inventory = await inventoryOf(target, flags, run);
    const baseline =
      flags.baseline === undefined ? null : await baselineFrom(flags.baseline, flags, run, policy, version);
    const store = await advisoriesFor(inventory, flags, run);
    try {
      const explain = flags.explain === true;
      const report = assess(inventory, store, { version, now: run.now, policy, exceptions, baseline, explain });
      run.progress.done();
      writeOutputs(report, outputs, renderOptions(flags, run.env, false));
      return exitCodeOfVerdict[report.verdict.kind];
    } finally {
      store?.close();
    }
  });
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
