// The command line with a clock that jumps: a file `clock` in the home says by how many milliseconds it is wrong, at each look.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import manifest from '../../package.json' with { type: 'json' };
import { runCommandLine } from '../../src/cli/program.ts';

const file = join(process.env['KVITTO_HOME'] ?? '', 'clock');
const clock = () => new Date(Date.now() + Number(readFileSync(file, 'utf8')));
process.exitCode = await runCommandLine(process.argv.slice(2), manifest.version, { clock });
