import type { Command } from 'commander';
import type { CallContext } from './call-context.ts';
import { groups } from './command-groups.ts';
import { answerOptions, ledgerOptions, whoOptions } from './ledger-options.ts';
import { collect } from './option-values.ts';

type ExitWith = (code: number) => void;

/** What shows that nothing was changed since. */
export function proofCommands(program: Command, context: CallContext, exitWith: ExitWith): void {
  const evidence = program
    .command('evidence')
    .helpGroup(groups.proof)
    .summary('everything about one service and period, in one file that anybody can check')
    .description(
      'Puts into one ZIP file what ran, what was known, what was decided, and the proofs: a page to read, the same as JSON, SBOMs, VEX, verdicts, advisory records, log entries, and what it does not cover. Evidence; not a statement that anything is complied with.',
    )
    .argument('<service>', 'what is operated')
    .requiredOption('--from <time>', 'the beginning of the period')
    .option('--to <time>', 'its end (default: now)')
    .requiredOption('-o, --output <file>', 'the pack')
    .option('--env <env>', 'only this environment')
    .option('--as-of <time>', 'as the ledger knew it then (default: now)')
    .option('--policy <file>', 'whose maxDbAge says which feeds were too old (default: kvitto.yaml of this folder)')
    .option('--whole-log', 'every entry of the log, of other services too: then it shows that none was left out')
    .option('-f, --format <format>', 'what is printed: table or json', 'table')
    .addHelpText(
      'after',
      '\nExamples:\n  kvitto evidence shop --env prod --from 2026-07-01 --to 2026-10-01 -o shop-q3.zip\n',
    );
  ledgerOptions(evidence).action(async (service: string, options) => {
    const { evidenceCommand } = await import('./commands/ledger/evidence.ts');
    exitWith(await evidenceCommand(service, options, context));
  });

  const verify = program
    .command('verify')
    .helpGroup(groups.proof)
    .summary('check a pack or a ledger: nothing was changed since')
    .description(
      'Checks every hash, proof, signature and cross reference of a pack, offline and without the ledger, and works out again what it says. With --ledger: the log, every document, every row and every match of a ledger. 0: all holds, 1: a fault, with its place, 3: something could not be checked.',
    )
    .argument('[pack]', 'a file of kvitto evidence')
    .option('--ledger [dir]', 'a ledger instead (default: $KVITTO_HOME/ledger)')
    .option('--wait <duration>', 'how long to wait for another writer', '30s')
    .option('--key <vkey|file>', "the log's public key, as its owner gave it by another way")
    .option('--trust <file>', 'certificate of a time stamping authority; may be given again', collect, [])
    .option('--quick', 'with --ledger: without working the matches out again')
    .option('--all', 'all faults, however many')
    .option('-q, --quiet', 'no progress')
    .addHelpText('after', '\nExamples:\n  kvitto verify shop-q3.zip --key log.pub\n  kvitto verify --ledger\n');
  answerOptions(verify).action(async (pack: string | undefined, options) => {
    const { verifyCommand } = await import('./commands/ledger/verify.ts');
    exitWith(await verifyCommand(pack, options, context));
  });

  const repair = program
    .command('repair')
    .helpGroup(groups.proof)
    .summary('bring database and log together after one of them came from a backup')
    .description(
      'Where database and log are of different moments: brings back what can be, writes down what was lost, and keeps what was there before aside. Changes nothing where they agree.',
    )
    .option('--all', 'all missing documents, however many')
    .addHelpText('after', '\nExamples:\n  kvitto repair --by ops && kvitto verify --ledger\n');
  whoOptions(ledgerOptions(answerOptions(repair))).action(async (options) => {
    const { repairCommand } = await import('./commands/ledger/repair.ts');
    exitWith(await repairCommand(options, context));
  });

  const log = program
    .command('log')
    .helpGroup(groups.proof)
    .summary('the tamper-evident log: checkpoint, prove, export, stamp, rotate-key');
  const checkpoint = log
    .command('checkpoint')
    .description(
      'Brings every entry into the log, signs its state and prints it, for others to keep (c2sp.org/tlog-checkpoint).',
    );
  checkpoint
    .option('--timestamp-request <file>', 'also write what to ask a time stamp authority (RFC 3161), for curl to send')
    .addHelpText(
      'after',
      `
Examples:
  kvitto log checkpoint -o now.checkpoint --timestamp-request now.tsq
  curl -s -H 'content-type: application/timestamp-query' --data-binary @now.tsq https://tsa.example -o now.tsr
  kvitto log stamp now.checkpoint --timestamp now.tsr --trusted tsa.pem
`,
    );
  ledgerOptions(answerOptions(checkpoint)).action(async (options) => {
    const { checkpointCommand } = await import('./commands/ledger/log.ts');
    exitWith(await checkpointCommand(options, context));
  });
  const stamp = log
    .command('stamp')
    .description('Writes down that somebody else vouched for a checkpoint of this log, present or past.')
    .argument('<checkpoint>', 'the file that kvitto log checkpoint wrote')
    .option('--timestamp <file>', 'the answer of a time stamp authority (RFC 3161)')
    .option('--trusted <file>', 'certificates in PEM that it has to lead to')
    .option('--cosignature <file>', "a witness's signature line (c2sp.org/tlog-cosignature)")
    .option('--witness-key <key>', "the witness's verifier key: name+hash+key");
  whoOptions(ledgerOptions(answerOptions(stamp))).action(async (file: string, options) => {
    const { stampCommand } = await import('./commands/ledger/log-key.ts');
    exitWith(await stampCommand(file, options, context));
  });
  const rotate = log
    .command('rotate-key')
    .description('Makes a new key for the log. Both keys sign that it follows; the old private key is gone then.')
    .requiredOption('--reason <text>', 'why; @FILE reads a file');
  whoOptions(ledgerOptions(answerOptions(rotate))).action(async (options) => {
    const { rotateKeyCommand } = await import('./commands/ledger/log-key.ts');
    exitWith(await rotateKeyCommand(options, context));
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
