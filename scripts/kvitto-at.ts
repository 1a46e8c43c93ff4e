// Runs one command line of Kvitto with the clock that its first word names: `node scripts/kvitto-at.ts 2026-10-20T09:00:00Z ran …`.
// For tests and for the generator of the documentation; the program itself takes no time from outside.
import manifest from '../package.json' with { type: 'json' };
import { runCommandLine } from '../src/cli/program.ts';

const [moment = '', ...words] = process.argv.slice(2);
const at = Date.parse(moment);
if (Number.isNaN(at)) throw new Error(`not a moment: ${moment}`);
process.exitCode = await runCommandLine(words, manifest.version, { clock: () => new Date(at) });
