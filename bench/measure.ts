// Times whole processes in pairs, A B A B …, and reads what they used: the ratio holds when the machine's speed drifts.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Timing {
  readonly wallMs: number;
  /** Zero where only the time was asked for. */
  readonly cpuMs: number;
  readonly peakMb: number;
}

export interface Command {
  /** Arguments of Node. */
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** Exit codes that are no failure; 0 by default. */
  readonly codes?: readonly number[];
  /** Measure time alone, without the preload that reads memory and processor time: for what ends in milliseconds. */
  readonly bare?: boolean;
}

/** One run to its end. Throws with its standard error where it ends with another code. */
function runOnce({ args, env = {}, codes = [0], bare = false }: Command): Timing {
  const folder = mkdtempSync(join(tmpdir(), 'kvitto-bench-'));
  const file = join(folder, 'usage');
  try {
    const preload = bare ? [] : ['--require', join(import.meta.dirname, 'usage.cjs')];
    const started = performance.now();
    const done = spawnSync(process.execPath, [...preload, ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
      encoding: 'utf8',
      timeout: 600_000,
      env: { ...process.env, ...env, KVITTO_BENCH_USAGE: file },
    });
    const wallMs = performance.now() - started;
    if (!codes.includes(done.status ?? -1))
      throw new Error(`${args.join(' ')} ended with ${done.status}: ${done.stderr}`);
    if (bare) return { wallMs, cpuMs: 0, peakMb: 0 };
    const { peakKb, cpuMicros } = JSON.parse(readFileSync(file, 'utf8')) as { peakKb: number; cpuMicros: number };
    return { wallMs, cpuMs: cpuMicros / 1000, peakMb: peakKb / 1024 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export interface Paired {
  /** Median of the ratios of the wall times, and the smallest and largest of them: how noisy the machine was. */
  readonly ratio: number;
  readonly lowest: number;
  readonly highest: number;
  /** Median of the ratios of the processor times; null where they were not read. */
  readonly cpuRatio: number | null;
  /** Median times, largest memory. */
  readonly a: Timing;
  readonly b: Timing;
}

/** Runs both in turn. One warm-up pair is not counted. */
export function paired(a: Command, b: Command, pairs: number): Paired {
  runOnce(a);
  runOnce(b);
  const runs = Array.from({ length: pairs }, () => ({ a: runOnce(a), b: runOnce(b) }));
  const ratios = runs.map((run) => run.a.wallMs / run.b.wallMs);
  return {
    ratio: median(ratios),
    lowest: Math.min(...ratios),
    highest: Math.max(...ratios),
    cpuRatio: a.bare || b.bare ? null : median(runs.map((run) => run.a.cpuMs / run.b.cpuMs)),
    a: middle(runs.map((run) => run.a)),
    b: middle(runs.map((run) => run.b)),
  };
}

function middle(timings: readonly Timing[]): Timing {
  return {
    wallMs: median(timings.map((t) => t.wallMs)),
    cpuMs: median(timings.map((t) => t.cpuMs)),
    peakMb: Math.max(...timings.map((t) => t.peakMb)),
  };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((x, y) => x - y);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
