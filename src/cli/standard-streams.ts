import { CodedError } from '../model/errors.ts';

/** What became of the writes to standard output. */
export interface StandardStreams {
  /** Resolves when all that was written is out; throws `disk-full` or `output-unwritable` where it could not be. */
  flush(): Promise<void>;
}

/**
 * Takes the errors of both standard streams, which else end the process with a stack and the exit code of a failed gate.
 * A reader that has enough (`kvitto … | head`) is no error, and changes nothing about the exit code. What cannot be told
 * on standard error can be told nowhere.
 */
export function watchStandardStreams(
  stdout: NodeJS.WritableStream = process.stdout,
  stderr: NodeJS.WritableStream = process.stderr,
): StandardStreams {
  let failed: NodeJS.ErrnoException | null = null;
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') failed ??= error;
  });
  stderr.on('error', () => {});
  return {
    flush: async () => {
      await new Promise<void>((resolve) => stdout.write('', () => resolve()));
      if (failed === null) return;
      const code = failed.code === 'ENOSPC' ? 'disk-full' : 'output-unwritable';
      throw new CodedError(code, `cannot write to standard output: ${failed.message}`, {
        remedy: 'Make room, or write to another place with -o FILE.',
        cause: failed,
      });
    },
  };
}
