import type { Command } from 'commander';
import type { CallContext } from './call-context.ts';
import { groups } from './command-groups.ts';
import { answerOptions, ledgerOptions, whereOptions, whoOptions } from './ledger-options.ts';
import { collect } from './option-values.ts';
import { inventoryOptions, networkOptions, targetHelp } from './scan-program.ts';

type ExitWith = (code: number) => void;

/** What is written into the ledger. */
export function ledgerCommands(program: Command, context: CallContext, exitWith: ExitWith): void {
  const record = program
    .command('record')
    .helpGroup(groups.ledger)
    .summary('put an artifact and what it contains into the ledger')
    .description(
      'Takes the inventory of a target and puts it into the ledger, with what the advisory store says of it. No verdict: that is `kvitto gate TARGET --record`.',
    )
    .addHelpText('after', `${targetHelp.replaceAll('kvitto scan', 'kvitto record').replace(/ -o sarif.*$/m, '')}\n`);
  inventoryOptions(record);
  answerOptions(record)
    .optionsGroup('What decides:')
    .option('--policy <file>', 'the policy (default: kvitto.yaml of this folder, else the built-in one)')
    .option('--allow-incomplete', 'what could not be read or assessed is a warning, not "cannot say"')
    .option('--max-db-age <duration>', 'how old the advisories may be, as 5d (default: the policy, or 5d)');
  networkOptions(record);
  whoOptions(whereOptions(record)).action(async (target: string | undefined, options) => {
    const { recordCommand } = await import('./commands/ledger/record.ts');
    exitWith(await recordCommand(target, options, context));
  });

  deployments(program, context, exitWith);
  observation(program, context, exitWith);
  decisions(program, context, exitWith);

  const rescan = program
    .command('rescan')
    .helpGroup(groups.ledger)
    .summary('hold everything against the advisories as they are now')
    .description(
      'Holds all that the ledger knows against the advisory store as it is now, records what that changes, and prints it. No image is needed.',
    )
    .option('--max-db-age <duration>', 'warn of advisories that are older, as 5d', '5d')
    .option('--full', 'everything, also where the store says the same as before')
    .option('--force', 'take a store that is older than what was used before as what holds now')
    .addHelpText(
      'after',
      '\nExamples:\n  kvitto db update && kvitto rescan\n  kvitto rescan -f json -o changes.json\n',
    );
  answerOptions(rescan);
  writer(rescan).action(async (options) => {
    const { rescanCommand } = await import('./commands/ledger/rescan.ts');
    exitWith(await rescanCommand(options, context));
  });
}

function writer(command: Command): Command {
  return whoOptions(ledgerOptions(command));
}

function deployments(program: Command, context: CallContext, exitWith: ExitWith): void {
  const deploy = program
    .command('deploy')
    .helpGroup(groups.ledger)
    .summary('write down what runs, where, since when')
    .description(
      'Writes down that an artifact began to run. What was never recorded, or what the gate refused, is written down all the same, and ends with 1 unless --break-glass says why.',
    )
    .argument('<service>', 'what is operated')
    .requiredOption('--env <env>', 'where it runs')
    .requiredOption('--image <ref@digest>', 'what runs: NAME@sha256:…, or the digest of any artifact alone')
    .option('--at <time>', 'since when it runs (default: now)')
    .option('--change <url>', 'the ticket, merge request or commit (default: that of the pipeline)')
    .option('--break-glass <reason>', 'why it has to run although the gate did not let it pass; @FILE reads a file')
    .option('--alongside', 'it runs beside what runs already, and replaces nothing')
    .addHelpText(
      'after',
      `
A date is its first instant in UTC; a time names its offset: 2026-11-21T14:30:00+01:00.

Examples:
  kvitto deploy shop --env prod --image ghcr.io/acme/shop@sha256:…
  kvitto deploy shop --env prod --image sha256:… --at 2026-11-17T08:00:00Z    it has run since Tuesday
  kvitto deploy shop --env prod --image sha256:… --break-glass "outage 4711, fix follows" --by on-call
`,
    );
  writer(answerOptions(deploy)).action(async (service: string, options) => {
    const { deployCommand } = await import('./commands/ledger/deploy.ts');
    exitWith(await deployCommand(service, options, context));
  });

  const stop = program
    .command('stop')
    .helpGroup(groups.ledger)
    .summary('write down that a service does not run any more')
    .description('Writes down that what runs as a service in an environment ended.')
    .argument('<service>', 'what was operated')
    .requiredOption('--env <env>', 'where it ran')
    .option('--at <time>', 'when it ended (default: now)')
    .option('--deployment <number>', 'only this one (default: all that run)')
    .option('--end-unknown', 'it ended at some time before, and nobody knows when')
    .addHelpText(
      'after',
      '\nExamples:\n  kvitto stop shop --env staging\n  kvitto stop shop --env prod --end-unknown\n',
    );
  writer(answerOptions(stop)).action(async (service: string, options) => {
    const { stopCommand } = await import('./commands/ledger/stop.ts');
    exitWith(await stopCommand(service, options, context));
  });

  const correct = program
    .command('correct')
    .helpGroup(groups.ledger)
    .summary('correct when a deployment ran')
    .description(
      'Writes down that a deployment ran at another time than was believed. What was believed stays in the ledger.',
    )
    .argument('<deployment>', 'its number, from kvitto history')
    .requiredOption('--reason <text>', 'why it was wrong; @FILE reads a file')
    .option('--from <time>', 'since when it really ran')
    .option('--until <time>', 'until when; "open" for what still runs')
    .addHelpText(
      'after',
      '\nExamples:\n  kvitto correct 17 --from 2026-11-17 --reason "the pipeline ran a day late"\n',
    );
  writer(answerOptions(correct)).action(async (deployment: string, options) => {
    const { correctCommand } = await import('./commands/ledger/correct.ts');
    exitWith(await correctCommand(deployment, options, context));
  });
}

function observation(program: Command, context: CallContext, exitWith: ExitWith): void {
  const observed = program
    .command('observe')
    .helpGroup(groups.ledger)
    .summary('look at what runs on this host, and hold it against what is written down')
    .description(
      'Asks docker or podman what runs on this host, by digest, with the files changed in the containers, holds it against the deployments, and writes down what was seen. 0: as recorded, 1: drift, 3: not all could be seen.',
    )
    .argument('<source>', 'docker or podman')
    .option(
      '--env <env>',
      'the environment that this host belongs to (default: the only one); the label kvitto.environment of a container comes before it',
    )
    .option(
      '--service <service>',
      'a service that should run on this host (default: all of the environment); may be given again',
      collect,
      [],
    )
    .option(
      '--interval <duration>',
      'look again and again, as 15m, until it is ended (default: once, which counts for 1h)',
    )
    .option('--once', 'look once, and let it count for --interval: for cron and timers')
    .option('--written <path>', 'a folder or file that the software writes itself; may be given again', collect, [])
    .option('--no-changes', 'do not ask for changed files, which costs the daemon a walk through each container')
    .addHelpText(
      'after',
      `
Examples:
  kvitto observe docker --env prod
  kvitto observe podman --env prod --service shop --written /var/log --interval 15m
`,
    );
  writer(answerOptions(observed)).action(async (source: string, options) => {
    const { observeCommand } = await import('./commands/ledger/observe.ts');
    exitWith(await observeCommand(source, options, context));
  });
}

function decisions(program: Command, context: CallContext, exitWith: ExitWith): void {
  const decide = program
    .command('decide')
    .helpGroup(groups.ledger)
    .summary('say what a vulnerability means here, why, and until when')
    .description(
      'Writes down a decision about a vulnerability, in the words of VEX. It takes the place of the one for the same scope, which stays in the ledger.',
    )
    .argument('<cve>', 'the vulnerability, by any of its names')
    .requiredOption('--status <status>', 'not_affected, affected, fixed or under_investigation')
    .requiredOption('--reason <text>', 'why; with affected: what is done about it. @FILE reads a file')
    .requiredOption('--owner <role>', 'the role that answers for it')
    .option('--until <time>', 'when somebody has to look again; only fixed may go without')
    .option('--justification <label>', 'with not_affected: the label of OpenVEX, as vulnerable_code_not_present')
    .option('--action <text>', 'what is done about it, where the reason does not say; @FILE reads a file')
    .option('--approved-by <role>', 'the second role, where the policy asks for one')
    .option('--evidence <file|url>', 'what shows it; may be given again', collect, [])
    .option('--from <time>', 'from when on it holds (default: now)')
    .option('--alias <id>', 'another name of the vulnerability; may be given again', collect, [])
    .optionsGroup('What it holds for (default: everything):')
    .option('--service <service>', 'one service')
    .option('--env <env>', 'one environment')
    .option('--component <purl>', 'one component, with or without version')
    .option('--artifact <digest>', 'one artifact')
    .option('--policy <file>', 'the policy (default: kvitto.yaml of this folder, else the built-in one)')
    .addHelpText(
      'after',
      `
Examples:
  kvitto decide CVE-2026-90001 --service shop --status not_affected --justification vulnerable_code_not_in_execute_path \\
    --reason "the parser is not built in" --owner shop-team --until 2027-03-31
  kvitto decide CVE-2026-90002 --status affected --reason "upgrade with release 1.2" --owner shop-team --until 2026-12-15
`,
    );
  writer(answerOptions(decide)).action(async (cve: string, options) => {
    const { decideCommand } = await import('./commands/ledger/decide.ts');
    exitWith(await decideCommand(cve, options, context));
  });

  const redact = program
    .command('redact')
    .helpGroup(groups.ledger)
    .summary('take the words of people or a document out of the ledger')
    .description('Takes a document out of the ledger. That it was there, and why it is gone, stays in the log.')
    .argument('<digest>', 'sha256:… of the document')
    .requiredOption('--reason <text>', 'why it has to go; @FILE reads a file')
    .addHelpText('after', '\nExamples:\n  kvitto redact sha256:… --reason "names a person"\n');
  writer(answerOptions(redact)).action(async (digest: string, options) => {
    const { redactCommand } = await import('./commands/ledger/redact.ts');
    exitWith(await redactCommand(digest, options, context));
  });
}
