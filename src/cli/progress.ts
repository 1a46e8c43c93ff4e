/** What goes on, for a person who waits: one line on standard error, rewritten in place, from the second on. */
export interface Progress {
  /** The step that runs now. */
  step(text: string): void;
  /** Clears the line. */
  done(): void;
}

const afterMs = 1000;
const everyMs = 120;

/** Shows progress on a terminal only: never in a pipe, a log file or with `--quiet`. */
export function progressOn(stream: NodeJS.WriteStream, quiet: boolean): Progress {
  if (quiet || !stream.isTTY) return { step: () => {}, done: () => {} };
  const started = performance.now();
  let text = '';
  let shown = false;
  const draw = () => {
    if (performance.now() - started < afterMs || text === '') return;
    stream.write(`\r\x1b[2K${text.slice(0, Math.max(10, (stream.columns ?? 80) - 1))}`);
    shown = true;
  };
  const timer = setInterval(draw, everyMs);
  timer.unref();
  return {
    step: (next) => {
      text = `… ${next}`;
    },
    done: () => {
      clearInterval(timer);
      text = '';
      if (shown) stream.write('\r\x1b[2K');
      shown = false;
    },
  };
}
