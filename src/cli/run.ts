import { CodedError } from '../model/errors.ts';
import type { Inventory } from '../model/inventory.ts';
import { storeFor } from './advisories.ts';
import type { CallContext } from './call-context.ts';
import { kvittoHome, parseDuration, presentMoment } from './environment.ts';
import { type Progress, progressOn } from './progress.ts';
import { takeInventory } from './take-inventory.ts';
import { isOffline, sourceOptions, type TargetFlags } from './target-options.ts';

/** What every command that runs for a while has: the moment, a signal that ends it, and somebody who may be watching. */
export interface Run {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly now: Date;
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

/**
 * Runs `work` with a signal that ends it at the time limit, or when the user or the system asks for it; the reason is the
 * `aborted` failure that it then throws.
 */
export async function withRun<T>(
  limits: { timeout: string; quiet: boolean },
  { clock }: CallContext,
  work: (run: Run) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const stop = (why: string, remedy?: string) =>
    controller.abort(new CodedError('aborted', why, remedy === undefined ? {} : { remedy }));
  const onSignal = (name: NodeJS.Signals) => stop(`ended by ${name}`);
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  const timer = setTimeout(
    () =>
      stop(`gave up after ${limits.timeout}`, 'allow more with --timeout, or leave out what is large with --skip-dirs'),
    parseDuration(limits.timeout, '--timeout'),
  );
  const progress = progressOn(process.stderr, limits.quiet);
  try {
    const { env } = process;
    return await work({
      env,
      home: kvittoHome(env),
      now: presentMoment(env, clock),
      signal: controller.signal,
      progress,
    });
  } catch (error) {
    // What was interrupted may have thrown anything on its way out: the reason is what the user wants to read.
    throw controller.signal.aborted ? controller.signal.reason : error;
  } finally {
    clearTimeout(timer);
    process.removeListener('SIGINT', onSignal);
    process.removeListener('SIGTERM', onSignal);
    progress.done();
  }
}

/** The inventory of a target, with the options of the command line. */
export async function inventoryOf(target: string, flags: TargetFlags, run: Run): Promise<Inventory> {
  run.progress.step(`reading ${target}`);
  return await takeInventory(target, {
    source: sourceOptions(flags, run.env, run.signal),
    includeDev: flags.includeDev ?? false,
    skipDirs: flags.skipDirs,
    skipFiles: flags.skipFiles,
  });
}

/** The advisory store for an inventory, with the options of the command line. */
export async function advisoriesFor(inventory: Inventory, flags: TargetFlags, run: Run) {
  const { home, now, signal, progress } = run;
  const asItIs = isOffline(flags) || flags.skipDbUpdate === true;
  return await storeFor(inventory, { home, base: flags.feeds ?? null, asItIs, now, signal, progress });
}
