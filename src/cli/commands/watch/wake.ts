/** Something that others wait for: new entries, a due job, the end. Who waits is woken once for any number of calls. */
export class Wake {
  readonly #waiting = new Set<() => void>();
  #count = 0;

  /** How often it was woken: what came between two waits is not missed. */
  get count(): number {
    return this.#count;
  }

  wake(): void {
    this.#count += 1;
    for (const go of [...this.#waiting]) go();
  }

  /** Resolves when woken since `seen`, after `waitMs`, or by the signal: never rejects. */
  async wait(waitMs: number, seen: number, signal: AbortSignal): Promise<void> {
    if (this.#count !== seen || signal.aborted || waitMs <= 0) return;
    await new Promise<void>((resolve) => {
      const go = () => {
        clearTimeout(timer);
        this.#waiting.delete(go);
        signal.removeEventListener('abort', go);
        resolve();
      };
      // Longer ones overflow, and would end at once.
      const timer = setTimeout(go, Math.min(waitMs, 2 ** 31 - 1));
      this.#waiting.add(go);
      signal.addEventListener('abort', go, { once: true });
    });
  }
}
