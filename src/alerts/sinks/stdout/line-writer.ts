import { write as writeFile } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { messageOf } from '../../../model/errors.ts';

/** Writes some of the bytes, at least one, and says how many. Waits as long as nobody reads. */
export type Write = (bytes: Buffer, from: number) => Promise<number>;

const writeSome = promisify(writeFile);
const busyPauseMs = 20;
const newline = 0x0a;

/** Writes beside the event loop, so that a reader who stands still holds up this sink and nothing else. */
export function writeToDescriptor(descriptor: number): Write {
  return async (bytes, from) => {
    for (;;) {
      try {
        const { bytesWritten } = await writeSome(descriptor, bytes, from, bytes.length - from, null);
        return bytesWritten;
      } catch (error) {
        // A pipe that somebody set to not wait, and that is full.
        if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
        await pause(busyPauseMs);
      }
    }
  };
}

/** Writes whole lines, in turn: what one delivery gave up in the middle of a line is ended before the next begins. */
export class LineWriter {
  readonly #write: Write;
  #isInLine = false;
  /** The write that is under way; never rejects. */
  #current: Promise<string | null> = Promise.resolve(null);

  constructor(write: Write) {
    this.#write = write;
  }

  /** Bytes that end in a newline. Null: all were taken. Otherwise why not, for people; then they may be taken all the same, later. */
  async write(bytes: Buffer, signal: AbortSignal): Promise<string | null> {
    const { promise: aborted, resolve } = Promise.withResolvers<string>();
    const giveUp = () => resolve('nobody reads standard output');
    if (signal.aborted) return 'writing to standard output was given up';
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      for (let former: Promise<unknown> | null = null; former !== this.#current; ) {
        former = this.#current;
        const turn = await Promise.race([former.then(() => null), aborted]);
        if (turn !== null) return turn;
      }
      this.#current = this.#all(bytes);
      return await Promise.race([this.#current, aborted]);
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  }

  async #all(bytes: Buffer): Promise<string | null> {
    // A full disk or the like may have ended a former write in the middle of a line.
    const whole = this.#isInLine ? Buffer.concat([Buffer.from('\n'), bytes]) : bytes;
    try {
      for (let at = 0; at < whole.length; this.#isInLine = whole[at - 1] !== newline)
        at += await this.#write(whole, at);
      return null;
    } catch (error) {
      const isClosed = error instanceof Error && 'code' in error && error.code === 'EPIPE';
      return isClosed
        ? 'standard output is closed: whoever read it went away'
        : `standard output cannot be written: ${messageOf(error)}`;
    }
  }
}
