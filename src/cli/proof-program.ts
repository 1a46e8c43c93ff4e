import type { Command } from 'commander';
import type { CallContext } from './call-context.ts';
import { groups } from './command-groups.ts';
import { answerOptions, ledgerOptions } from './ledger-options.ts';

type ExitWith = (code: number) => void;

/** What shows that nothing was changed since. */
export function proofCommands(program: Command, context: CallContext, exitWith: ExitWith): void {
  const log = program
    .command('log')
    .helpGroup(groups.proof)
    .summary('the tamper-evident log: checkpoint, prove, export');
  const checkpoint = log
    .command('checkpoint')
    .description(
      'Brings every entry into the log, signs its state and prints it, for others to keep (c2sp.org/tlog-checkpoint).',
    );
  ledgerOptions(answerOptions(checkpoint)).action(async (options) => {
    const { checkpointCommand } = await import('./commands/ledger/log.ts');
    exitWith(await checkpointCommand(options, context));
  });
  const prove = log
    .command('prove')
    .description(
      'Prints the proof that an entry is in the log (c2sp.org/tlog-proof), or that an earlier log is its beginning.',
    )
    .argument('[entry]', 'number of the entry')
    .option('--since <size>', 'instead of an entry: the number of entries that the log had')
    .option('--entry <file>', 'also write the bytes of the entry, which the proof is of')
    .addHelpText(
      'after',
      '\nExamples:\n  kvitto log prove 17 -o 17.tlog-proof --entry 17.json\n  kvitto log prove --since 1000 -f json\n',
    );
  ledgerOptions(answerOptions(prove)).action(async (entry: string | undefined, options) => {
    const { proveCommand } = await import('./commands/ledger/log.ts');
    exitWith(await proveCommand(entry, options, context));
  });
  const exported = log
    .command('export')
    .description(
      'Writes the entries, one a line, byte for byte; or the whole log as any verifier of C2SP logs reads it.',
    )
    .option('--from <entry>', 'the first one (default: 0)')
    .option('--to <entry>', 'the first one that is left out (default: the end)')
    .option('--files <dir>', 'instead: signed state, tiles and public keys into a new folder')
    .option('-o, --output <file>', 'write to a file')
    .addHelpText(
      'after',
      '\nExamples:\n  kvitto log export -o entries.jsonl\n  kvitto log export --files /srv/www/log\n',
    );
  ledgerOptions(exported).action(async (options) => {
    const { exportLogCommand } = await import('./commands/ledger/log-export.ts');
    exitWith(await exportLogCommand(options, context));
  });
}
