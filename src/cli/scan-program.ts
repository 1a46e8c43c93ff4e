import { type Command, Option } from 'commander';
import type { CallContext } from './call-context.ts';
import { groups } from './command-groups.ts';
import { whereOptions, whoOptions } from './ledger-options.ts';
import { collect, list } from './option-values.ts';

/** `scan` and `gate`. */
export function scanCommands(program: Command, context: CallContext, exitWith: (code: number) => void): void {
  const scan = program
    .command('scan')
    .helpGroup(groups.shipped)
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
      exitWith(await scanCommand(target, options, context));
    });

  const gate = program
    .command('gate')
    .helpGroup(groups.shipped)
    .summary('scan, and let a policy decide')
    .description('Scans a target, reports everything, and lets the policy decide what fails.')
    .addHelpText(
      'after',
      `${targetHelp}\n  kvitto gate app.tar --baseline last-release.json --policy kvitto.yaml\n  kvitto gate registry:ghcr.io/acme/shop:1.4 --record\n`,
    );
  targetOptions(gate, 'instead of the rules of a policy: fail on these, as HIGH,CRITICAL')
    .optionsGroup('What decides:')
    .option(
      '--baseline <report|target>',
      'only what is new fails (with a kvitto.yaml: in rules with onlyNew); a JSON report or another target',
    )
    .optionsGroup('The ledger:')
    .option('--record', 'put the artifact, its inventory and the verdict into the ledger');
  whereOptions(gate);
  whoOptions(gate).action(async (target: string | undefined, options) => {
    const { gateCommand } = await import('./commands/gate.ts');
    exitWith(await gateCommand(target, options, context));
  });
}

export const targetHelp = `
Targets (the kind is guessed, or said by a prefix):
  docker-archive:FILE  oci-archive:FILE  oci:DIR[:TAG]  registry:NAME  docker:NAME  podman:NAME
  dir:FOLDER           sbom:FILE         - (an SBOM on standard input)

Examples:
  kvitto scan registry:ghcr.io/acme/shop:1.4 --platform linux/arm64
  docker save shop:1.4 -o shop.tar && kvitto scan shop.tar -f json
  kvitto scan sbom:shop.cdx.json -o sarif=shop.sarif -o markdown=$GITHUB_STEP_SUMMARY`;

/** What is looked at in a target. */
export function inventoryOptions(command: Command): Command {
  return command
    .argument('[target]', 'what to look at; see below')
    .optionsGroup('What is looked at:')
    .option('--input <file>', 'an image archive, the same as docker-archive:FILE or oci-archive:FILE')
    .option('--platform <os/arch>', 'which image of a multi-platform index')
    .option('--include-dev', 'also components that are only needed for development')
    .option('--skip-dirs <globs>', 'folders to leave out', list, [])
    .option('--skip-files <globs>', 'files to leave out', list, []);
}

/** How a target and the advisories are reached, and for how long. */
export function networkOptions(command: Command): Command {
  return command
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

function targetOptions(command: Command, severity: string): Command {
  inventoryOptions(command)
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
    .option('--max-db-age <duration>', 'how old the advisories may be, as 5d (default: the policy, or 5d)');
  return networkOptions(command);
}
