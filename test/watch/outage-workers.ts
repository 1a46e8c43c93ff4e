// Who records beside the watches, and watches that are killed and begin again.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type { Work } from './recorder.ts';
import type { Line, Watch, WatchStage } from './stage.ts';

export interface Recorder {
  /** Lets it end what it is at. */
  end(): Promise<void>;
  readonly child: ChildProcess;
}

export function startRecorder(program: string, work: Work): Recorder {
  const child = spawn(process.execPath, [program, JSON.stringify(work)], { stdio: ['pipe', 'inherit', 'pipe'] });
  let told = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    told += text;
  });
  const ended = once(child, 'close');
  return {
    child,
    end: async () => {
      child.stdin.end();
      const [code] = await ended;
      assert.equal(code, 0, told);
    },
  };
}

const often = ['--every', '1s'];

/** Watches that are killed and begin again. */
export class Workers {
  readonly #stage: WatchStage;
  readonly #running: Watch[] = [];
  readonly #lines: Line[] = [];

  constructor(stage: WatchStage, count: number) {
    this.#stage = stage;
    for (let n = 0; n < count; n++) this.#running.push(this.#start(...often));
  }

  #start(...schedule: readonly string[]): Watch {
    return this.#stage.watch('--no-update', '--listen', 'off', ...schedule);
  }

  /** They end in good order, and others come who do one cycle: each cycle is an entry. */
  async calm(): Promise<void> {
    const count = this.#running.length;
    await this.end();
    for (let n = 0; n < count; n++) this.#running.push(this.#start('--schedule', '0 4 1 1 *'));
  }

  /** One of them: mostly while it works, sometimes while it starts. */
  async killOne(): Promise<void> {
    const at = Math.floor(Math.random() * this.#running.length);
    const victim = this.#running[at];
    assert.ok(victim !== undefined);
    if (Math.random() < 0.85) await victim.until((line) => line.event === 'watch');
    await pause(Math.random() * 300);
    victim.child.kill('SIGKILL');
    const how = await victim.ended;
    this.#lines.push(...victim.lines());
    assert.equal(how, 'SIGKILL', `it ended by itself: ${JSON.stringify(victim.lines().slice(-5))}`);
    this.#running[at] = this.#start(...often);
  }

  async end(): Promise<void> {
    for (const watch of this.#running) await watch.until((line) => line.event === 'watch');
    for (const { child } of this.#running) child.kill('SIGTERM');
    for (const watch of this.#running.splice(0)) {
      assert.equal(await watch.ended, 0, JSON.stringify(watch.lines().slice(-5)));
      this.#lines.push(...watch.lines());
    }
  }

  /** What they said last. */
  last(): string {
    const lines = this.#running.flatMap((watch) => watch.lines().slice(-20));
    return lines.map((line) => JSON.stringify(line).slice(0, 600)).join('\n');
  }

  /** What one of them said that only a bug says. */
  bugs(): Line[] {
    return this.#lines.filter((line) => line.event === 'bug' || /bug in Kvitto/.test(line.message) || 'stack' in line);
  }

  /** What was said as a warning or worse, each with how often; numbers and ids left out. */
  complaints(): string[] {
    const words = this.#lines
      .filter((line) => line.level !== 'info' && line.event !== 'sink')
      .map((line) => `${line.level} ${line.event}: ${line.message.replace(/\d+/g, 'N').slice(0, 160)}`);
    return [...Map.groupBy(words, (w) => w)].map(([word, of]) => `${of.length} × ${word}`);
  }
}
