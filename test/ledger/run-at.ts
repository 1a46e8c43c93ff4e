// The command line at a moment of the test's choosing: node test/ledger/run-at.ts 2026-11-13T10:00:00Z deploy …
// With --many it runs several, one after the other, and prints what each left: they stand as JSON on standard input.
import { readFileSync } from 'node:fs';
import manifest from '../../package.json' with { type: 'json' };
import { runCommandLine } from '../../src/cli/program.ts';

const [moment = '', ...words] = process.argv.slice(2);
const run = (line: readonly string[]) => runCommandLine(line, manifest.version, { clock: () => new Date(moment) });

if (words[0] === '--many') {
  const lines: readonly (readonly string[])[] = JSON.parse(readFileSync(0, 'utf8'));
  const written = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    const stream = process[name];
    stream.setMaxListeners(0);
    const real = stream.write.bind(stream);
    stream.write = ((chunk: string | Uint8Array, ...rest: unknown[]) => {
      const text = typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8');
      written[name] += text;
      // The end of what is flushed is told to its caller.
      return real('', ...(rest as []));
    }) as typeof stream.write;
    process.on('exit', () => {
      stream.write = real;
    });
  }
  const runs: { status: number; stdout: string; stderr: string }[] = [];
  for (const line of lines) {
    Object.assign(written, { stdout: '', stderr: '' });
    const status = await run(line);
    runs.push({ status, ...written });
  }
  process.on('exit', () => process.stdout.write(JSON.stringify(runs)));
} else {
  process.exitCode = await run(words);
}
