import type { LayerBlob } from '../../source.ts';

/** A blob that is not yet asked for. */
export interface PendingBlob {
  readonly key: string;
  open(signal: AbortSignal): AsyncIterable<Uint8Array>;
}

/** Held of the blob that is being read: covers a pause of the network while the reader decompresses. */
const mostCurrentBytes = 4 * 1024 * 1024;
/** Held of the blob after it: hides the way to the registry and its storage, and all of a small blob. */
const mostNextBytes = 4 * 1024 * 1024;

/**
 * The blobs in order, where the one after the current is already on its way. At most 8 MiB are held. A blob that is
 * abandoned before its end is no longer fetched.
 */
export async function* readAhead(blobs: readonly PendingBlob[], signal: AbortSignal): AsyncGenerator<LayerBlob> {
  let next: Fetch | null = null;
  try {
    for (const [at, blob] of blobs.entries()) {
      const current: Fetch = next ?? new Fetch(blob, signal);
      const following = blobs[at + 1];
      next = following === undefined ? null : new Fetch(following, signal);
      try {
        yield { key: blob.key, bytes: current.bytes(next) };
      } finally {
        current.stop();
      }
    }
  } finally {
    next?.stop();
  }
}

/** Fetches one blob into a bounded buffer, from the moment that `start` is called. */
class Fetch {
  readonly #blob: PendingBlob;
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  readonly #chunks: Uint8Array[] = [];
  #held = 0;
  #most = mostNextBytes;
  #state: 'idle' | 'running' | 'ended' | 'failed' = 'idle';
  #error: unknown;
  #wakeReader: (() => void) | null = null;
  #wakeWriter: (() => void) | null = null;

  constructor(blob: PendingBlob, signal: AbortSignal) {
    this.#blob = blob;
    this.#signal = AbortSignal.any([signal, this.#stop.signal]);
  }

  start(): void {
    if (this.#state !== 'idle') return;
    this.#state = 'running';
    // A failure is kept for the reader; where nobody reads, nobody misses it.
    this.#run().then(
      () => this.#settle('ended'),
      (error: unknown) => {
        this.#error = error;
        this.#settle('failed');
      },
    );
  }

  stop(): void {
    this.#stop.abort();
    this.#chunks.length = 0;
    this.#wakeWriter?.();
  }

  /** The bytes; with the first of them, `next` is started. */
  async *bytes(next: Fetch | null): AsyncGenerator<Uint8Array> {
    this.#most = mostCurrentBytes;
    this.start();
    try {
      for (;;) {
        const chunk = this.#chunks.shift();
        if (chunk !== undefined) {
          this.#held -= chunk.length;
          this.#wakeWriter?.();
          next?.start();
          yield chunk;
        } else if (this.#state === 'ended') {
          return;
        } else if (this.#state === 'failed') {
          throw this.#error;
        } else {
          await new Promise<void>((resolve) => {
            this.#wakeReader = resolve;
          });
        }
      }
    } finally {
      this.stop();
    }
  }

  async #run(): Promise<void> {
    for await (const chunk of this.#blob.open(this.#signal)) {
      if (this.#stop.signal.aborted) return;
      this.#chunks.push(chunk);
      this.#held += chunk.length;
      this.#wakeReader?.();
      while (this.#held >= this.#most && !this.#stop.signal.aborted) {
        await new Promise<void>((resolve) => {
          this.#wakeWriter = resolve;
        });
      }
    }
  }

  #settle(state: 'ended' | 'failed'): void {
    this.#state = state;
    this.#wakeReader?.();
  }
}
