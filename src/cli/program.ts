import { Command, CommanderError, Help, Option } from 'commander';
import { CodedError } from '../model/errors.ts';
import { exitCodeMeanings, exitCodeOfFailure, exitCodes } from './exit-codes.ts';
import { watchStandardStreams } from './standard-streams.ts';
import { tell } from './tell.ts';

/** Runs one command line to its end and returns the exit code. Every failure and bug ends here, and only here. */
export async function runCommandLine(words: readonly string[], version: string): Promise<number> {
  let code: number = exitCodes.done;
  const program = commandLine(version, (chosen) => {
    code = chosen;
  });
  const streams = watchStandardStreams();
  // Node would end with 1, which is the gate's word for fail.
  process.on('uncaughtException', (error) => process.exit(explain(error)));
  const ended = await outcome(() => program.parseAsync([...words], { from: 'user' }));
  const written = await outcome(() => streams.flush());
  // Help that was asked for ends as a `CommanderError` with 0.
  return ended || written || code;
}

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

const collect = (value: string, former: readonly string[]) => [...former, value];
const list = (value: string, former: readonly string[]) => [
  ...former,
  ...value.split(',').filter((part) => part !== ''),
];

/** All commands with their options. An action is loaded when its command runs. */
export function commandLine(version: string, exitWith: (code: number) => void): Command {
  const program = new Command('kvitto')
    .description('Scan what you ship, gate what you deploy, keep the receipt.')
    .version(version, '-V, --version')
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

Exit codes:
${Object.entries(exitCodes)
  .map(([name, code]) => `  ${String(code).padEnd(3)} ${exitCodeMeanings[name as keyof typeof exitCodes]}`)
  .join('\n')}`,
    );

  const scan = program
    .command('scan')
    .summary('take the inventory of a target and hold it against the advisories')
    .description(
      'Takes the inventory of a target, holds it against the advisory store, and reports. The verdict of the policy is shown, and decides nothing.',
    )
    .addHelpText('after', `${targetHelp}\n  kvitto scan app.tar --severity high,critical --ignore-unfixed\n`);
  targetOptions(scan, 'list only these, as HIGH,CRITICAL')
    .optionsGroup('What decides:')
    .option('--exit-code <n>', 'end with this code when findings are listed (default: 0; 3 where it cannot say)')
    .action(async (target: string | undefined, options) => {
      const { scanCommand } = await import('./commands/scan.ts');
      exitWith(await scanCommand(target, options, version));
    });

  const gate = program
    .command('gate')
    .summary('scan, and let a policy decide')
    .description('Scans a target, reports everything, and lets the policy decide what fails.')
    .addHelpText('after', `${targetHelp}\n  kvitto gate app.tar --baseline last-release.json --policy kvitto.yaml\n`);
  targetOptions(gate, 'instead of the rules of a policy: fail on these, as HIGH,CRITICAL')
    .optionsGroup('What decides:')
    .option(
      '--baseline <report|target>',
      'only what is new fails (with a kvitto.yaml: in rules with onlyNew); a JSON report or another target',
    )
    .action(async (target: string | undefined, options) => {
      const { gateCommand } = await import('./commands/gate.ts');
      exitWith(await gateCommand(target, options, version));
    });

  advisoryCommands(program, exitWith);

  program
    .command('demo')
    .summary('the main job, offline, on an invented image')
    .description(
      'Builds a small advisory store, scans an invented image, explains, and lets a policy decide. Opens no connection.',
    )
    .action(async () => {
      const { demoCommand } = await import('./commands/demo.ts');
      exitWith(await demoCommand(version));
    });
  return program;
}

const targetHelp = `
Targets (the kind is guessed, or said by a prefix):
  docker-archive:FILE  oci-archive:FILE  oci:DIR[:TAG]  registry:NAME  docker:NAME  podman:NAME
  dir:FOLDER           sbom:FILE         - (an SBOM on standard input)

Examples:
  kvitto scan registry:ghcr.io/acme/shop:1.4 --platform linux/arm64
  docker save shop:1.4 -o shop.tar && kvitto scan shop.tar -f json
  kvitto scan sbom:shop.cdx.json -o sarif=shop.sarif -o markdown=$GITHUB_STEP_SUMMARY`;

function targetOptions(command: Command, severity: string): Command {
  return command
    .argument('[target]', 'what to look at; see below')
    .optionsGroup('What is looked at:')
    .option('--input <file>', 'an image archive, the same as docker-archive:FILE or oci-archive:FILE')
    .option('--platform <os/arch>', 'which image of a multi-platform index')
    .option('--include-dev', 'also components that are only needed for development')
    .option('--skip-dirs <globs>', 'folders to leave out', list, [])
    .option('--skip-files <globs>', 'files to leave out', list, [])
    .optionsGroup('What is reported:')
    .option('-f, --format <format>', 'table, json, sarif, junit, gitlab, markdown, cyclonedx or spdx', 'table')
    .option('-o, --output <[format=]file>', 'write to a file; may be given again with other formats', collect, [])
    .option('--explain', 'also list what was looked up and is not affected, with the reason')
    .option('--with-vulnerabilities', 'put the findings into a CycloneDX document too')
    .optionsGroup('What decides:')
    .option('-s, --severity <levels>', severity, list, [])
    .option('--ignore-unfixed', 'leave out what no version fixes')
    .option('--fail-on <severity>', 'instead of the rules of a policy: fail on this severity and above')
    .option('--policy <file>', 'the policy (default: kvitto.yaml of this folder, else the built-in one)')
    .option('--ignorefile <file>', 'a .trivyignore (default: the one of this folder)')
    .option('--allow-incomplete', 'what could not be read or assessed is a warning, not "cannot say"')
    .option('--max-db-age <duration>', 'how old the advisories may be, as 5d (default: the policy, or 5d)')
    .optionsGroup('Network and time:')
    .option('--feeds <folder|url>', 'take advisories from here when the store lacks some')
    .option('--skip-db-update', 'use the advisory store as it is')
    .option('--offline, --offline-scan', 'open no network connection')
    .option('--ca-file <pem>', 'further certification authorities for the registry')
    .option('--insecure', 'plain http, and certificates unchecked')
    .option('--mirror <host=mirror>', 'ask this registry first', collect, [])
    .option('--timeout <duration>', 'give up after this time', '15m')
    .option('-q, --quiet', 'no progress')
    .addOption(new Option('--no-progress', 'the same').hideHelp());
}

function advisoryCommands(program: Command, exitWith: (code: number) => void): void {
  const db = program.command('db').summary('the advisory store: update, status, export, import, mirror');
  const load = () => import('./commands/db.ts');
  db.command('update')
    .description('Fetches the feeds that changed and builds the store anew; the old one stays in use until then.')
    .option('--feeds <folder|url>', 'instead of the public addresses, a folder or URL as `kvitto db mirror` writes it')
    .option(
      '--ecosystems <names>',
      'OSV ecosystems, as Debian,npm,PyPI (default: those of the folder, else those that the store holds)',
      list,
      [],
    )
    .option('--timeout <duration>', 'give up after this time', '30m')
    .option('-q, --quiet', 'no progress')
    .addHelpText(
      'after',
      '\nExamples:\n  kvitto db update --ecosystems Debian,npm\n  kvitto db update --feeds /srv/feeds\n',
    )
    .action(async (options) => exitWith(await (await load()).updateCommand(options)));
  db.command('status')
    .description('What the store holds, from when, and its digest.')
    .option('-f, --format <format>', 'table or json', 'table')
    .option('--verify', 'read every row and check the digest')
    .action(async (options) => exitWith(await (await load()).statusCommand(options)));
  db.command('export')
    .description('Writes the store into one file, to be imported elsewhere.')
    .argument('<file>')
    .action(async (file) => exitWith(await (await load()).exportCommand(file)));
  db.command('import')
    .description('Takes over a store that `kvitto db export` wrote, after checking its digest.')
    .argument('<file>')
    .action(async (file) => exitWith(await (await load()).importCommand(file)));
  db.command('mirror')
    .description(
      'Writes the feeds into a folder, for sites without network: `kvitto db update --feeds FOLDER` reads it.',
    )
    .argument('<folder>')
    .option('--feeds <folder|url>', 'instead of the public addresses')
    .option('--ecosystems <names>', 'OSV ecosystems', list, [])
    .option('--timeout <duration>', 'give up after this time', '30m')
    .option('-q, --quiet', 'no progress')
    .action(async (folder, options) => exitWith(await (await load()).mirrorCommand(folder, options)));
}
