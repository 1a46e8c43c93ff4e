#!/usr/bin/env node
import manifest from '../../package.json' with { type: 'json' };
import { exitCodes } from './exit-codes.ts';
import { watchStandardStreams } from './standard-streams.ts';

const words = process.argv.slice(2);
if (words.length === 1 && (words[0] === '--version' || words[0] === '-V')) {
  const streams = watchStandardStreams();
  process.stdout.write(`${manifest.version}\n`);
  await streams.flush().catch(() => {
    process.exitCode = exitCodes.failure;
  });
} else {
  // Everything else is loaded only now: asking for the version costs no more than starting Node.
  const { runCommandLine } = await import('./program.ts');
  process.exitCode = await runCommandLine(words, manifest.version, { entry: import.meta.filename });
}
