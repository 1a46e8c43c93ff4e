// Times whole processes in pairs, A B A B …, and reads their peak memory: the ratio holds when the machine's speed drifts.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Timing {
  readonly wallMs: number;
  readonly peakMb: number;
}

/** One run of Node with these arguments, to its end. Throws with its standard error where it ends with another code. */
export function runOnce(args: readonly string[], env: NodeJS.ProcessEnv = {}, codes: readonly number[] = [0]): Timing {
  const folder = mkdtempSync(join(tmpdir(), 'kvitto-bench-'));
  const file = join(folder, 'usage');
  try {
    const started = performance.now();
    const done = spawnSync(process.execPath, ['--require', join(import.meta.dirname, 'usage.cjs'), ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
      encoding: 'utf8',
      timeout: 600_000,
      env: { ...process.env, ...env, KVITTO_BENCH_USAGE: file },
    });
    const wallMs = performance.now() - started;
    if (!codes.includes(done.status ?? -1))
      throw new Error(`${args.join(' ')} ended with ${done.status}: ${done.stderr}`);
    return { wallMs, peakMb: Number(readFileSync(file, 'utf8')) / 1024 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export interface Paired {
  readonly ratio: number;
  readonly a: Timing;
  readonly b: Timing;
}

/** Runs both in turn and gives the median of the ratios, and the medians of each. One warm-up pair is not counted. */
export function paired(a: () => Timing, b: () => Timing, pairs = 7): Paired {
  a();
  b();
  const runs = Array.from({ length: pairs }, () => ({ a: a(), b: b() }));
  return {
    ratio: median(runs.map((run) => run.a.wallMs / run.b.wallMs)),
    a: middle(runs.map((run) => run.a)),
    b: middle(runs.map((run) => run.b)),
  };
}

function middle(timings: readonly Timing[]): Timing {
  return { wallMs: median(timings.map((t) => t.wallMs)), peakMb: Math.max(...timings.map((t) => t.peakMb)) };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((x, y) => x - y);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
