import { Command, CommanderError, Help } from 'commander';
import { CodedError } from '../model/errors.ts';
import { advisoryCommands } from './advisory-program.ts';
import { alertCommands } from './alert-program.ts';
import type { CallContext } from './call-context.ts';
import { groups } from './command-groups.ts';
import { exitCodeMeanings, exitCodeOfFailure, exitCodes } from './exit-codes.ts';
import { ledgerCommands } from './ledger-program.ts';
import { proofCommands } from './proof-program.ts';
import { questionCommands } from './question-program.ts';
import { scanCommands } from './scan-program.ts';
import { watchStandardStreams } from './standard-streams.ts';
import { tell } from './tell.ts';
import { watchCommands } from './watch-program.ts';

/**
 * Runs one command line to its end and returns the exit code. Every failure and bug ends here, and only here. `clock`: what time
 * it is; the machine's unless another is handed in. `entry`: the file that Node was started with.
 */
export async function runCommandLine(
  words: readonly string[],
  version: string,
  { clock = () => new Date(), entry = null }: { readonly clock?: () => Date; readonly entry?: string | null } = {},
): Promise<number> {
  let code: number = exitCodes.done;
  const program = commandLine({ version, clock, entry }, (chosen) => {
    code = chosen;
  });
  const streams = watchStandardStreams();
  // Node would end with 1, which is the gate's word for fail.
  if (!process.listeners('uncaughtException').includes(onUncaught)) process.on('uncaughtException', onUncaught);
  const ended = await outcome(() => program.parseAsync([...words], { from: 'user' }));
  const written = await outcome(() => streams.flush());
  // Help that was asked for ends as a `CommanderError` with 0.
  return ended || written || code;
}

const onUncaught = (error: unknown): never => process.exit(explain(error));

/** The exit code of a failure, which has been told; 0 where there was none. */
async function outcome(work: () => Promise<unknown>): Promise<number> {
  try {
    await work();
    return exitCodes.done;
  } catch (error) {
    return explain(error);
  }
}

/** Says what went wrong and what to do about it, and chooses the exit code. */
function explain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  if (error instanceof CodedError) {
    tell(error.message, error.remedy);
    return exitCodeOfFailure[error.code];
  }
  process.stderr.write(`kvitto: this is a bug, please report it with the lines below\n`);
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return exitCodes.bug;
}

/** All commands with their options. An action is loaded when its command runs. */
export function commandLine(context: CallContext, exitWith: (code: number) => void): Command {
  const program = new Command('kvitto')
    .description('Scan what you ship, gate what you deploy, keep the receipt.')
    .version(context.version, '-V, --version')
    // Options behind a command are that command's: `decisions export -f csaf` is not `decisions -f csaf`.
    .enablePositionalOptions()
    .exitOverride()
    .showSuggestionAfterError()
    .showHelpAfterError('(kvitto --help lists the commands and options)')
    .configureHelp({
      helpWidth: Math.min(process.stdout.columns ?? 100, 110),
      // An option that may be given again begins with nothing: "(default: [])" tells nobody anything.
      optionDescription: (option) =>
        Array.isArray(option.defaultValue)
          ? option.description
          : Help.prototype.optionDescription.call(new Help(), option),
    })
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'kvitto: ')) })
    .addHelpText(
      'after',
      `
Examples:
  kvitto demo                                   the main job, offline, on an invented image
  kvitto scan registry:alpine:3.20              what is known about an image
  kvitto gate docker-archive:build.tar          let kvitto.yaml decide; 0 pass, 1 fail, 3 cannot say
  kvitto scan dir:. -f table -o sarif=out.sarif a report for people, and one for the code host
  kvitto deploy shop --env prod --image NAME@DIGEST   write down what runs, since when
  kvitto exposure shop --at 2026-11-01          what was known while it ran, and what was decided

Exit codes:
${Object.entries(exitCodes)
  .map(([name, code]) => `  ${String(code).padEnd(3)} ${exitCodeMeanings[name as keyof typeof exitCodes]}`)
  .join('\n')}`,
    );

  scanCommands(program, context, exitWith);
  ledgerCommands(program, context, exitWith);
  alertCommands(program, context, exitWith);
  questionCommands(program, context, exitWith);
  proofCommands(program, context, exitWith);
  watchCommands(program, context, exitWith);
  advisoryCommands(program, context, exitWith);
  program
    .command('demo')
    .helpGroup(groups.begin)
    .summary('the main job, offline, on an invented image')
    .description(
      'Builds a small advisory store, scans an invented image, explains, and lets a policy decide. Opens no connection.',
    )
    .action(async () => {
      const { demoCommand } = await import('./commands/demo.ts');
      exitWith(await demoCommand(context.version));
    });
  return program;
}
