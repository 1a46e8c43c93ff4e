import type { Command } from 'commander';
import type { CallContext } from './call-context.ts';
import { groups } from './command-groups.ts';
import { answerOptions, knownOptions, ledgerOptions, whoOptions } from './ledger-options.ts';

type ExitWith = (code: number) => void;

const times =
  '\nA time is a date (its first instant in UTC) or RFC 3339 with its offset. --at T: as it was at T; --as-of K: as we knew it at K.\n';

/** What is asked of the ledger. */
export function questionCommands(program: Command, context: CallContext, exitWith: ExitWith): void {
  const ran = question(
    program,
    'ran',
    'what ran at a moment',
    'Lists what ran at a moment, as far as it was written down.',
  )
    .option('--env <env>', 'only this environment')
    .option('--at <time>', 'the moment (default: now)')
    .addHelpText('after', `${times}\nExamples:\n  kvitto ran --env prod --at 2026-11-14\n`);
  options(ran).action(async (flags) => {
    const { ranCommand } = await import('./commands/ask/ran.ts');
    exitWith(await ranCommand(flags, context));
  });

  const history = question(
    program,
    'history',
    'the timeline of a service',
    'Shows everything that was written down of a service: versions, verdicts, corrections, overlaps, late facts, and the times when nobody looked.',
  )
    .argument('<service>', 'what is operated')
    .option('--env <env>', 'only this environment')
    .option('--from <time>', 'only what ran from here on')
    .option('--to <time>', 'only what ran up to here')
    .addHelpText('after', `${times}\nExamples:\n  kvitto history shop --env prod\n`);
  options(history).action(async (service: string, flags) => {
    const { historyCommand } = await import('./commands/ask/history.ts');
    exitWith(await historyCommand(service, flags, context));
  });

  const exposure = question(
    program,
    'exposure',
    'what was known of a service while it ran, and what was decided',
    'Lists the vulnerabilities of what ran: since when they were known, from which advisory, and the decision in force. What is not covered is listed too.',
  )
    .argument('<service>', 'what is operated')
    .option('--env <env>', 'only this environment')
    .option('--at <time>', 'a moment (default: now)')
    .option('--from <time>', 'instead: the beginning of a period')
    .option('--to <time>', 'its end (default: now)')
    .option('--policy <file>', 'whose maxDbAge says which feeds were too old (default: kvitto.yaml of this folder)')
    .addHelpText(
      'after',
      `${times}
Examples:
  kvitto exposure shop --env prod
  kvitto exposure shop --at 2026-10-01                     known now about what ran then
  kvitto exposure shop --at 2026-10-01 --as-of 2026-10-01  known then about what ran then
  kvitto exposure shop --from 2026-07-01 --to 2026-10-01
`,
    );
  options(exposure).action(async (service: string, flags) => {
    const { exposureCommand } = await import('./commands/ask/exposure.ts');
    exitWith(await exposureCommand(service, flags, context));
  });

  const where = question(
    program,
    'where',
    'all that has or had a vulnerability',
    'Lists all that has or had a vulnerability, running or not, with the decision in force.',
  )
    .argument('<cve>', 'the vulnerability, by any of its names')
    .addHelpText('after', '\nExamples:\n  kvitto where CVE-2026-90001\n');
  options(where).action(async (cve: string, flags) => {
    const { whereCommand } = await import('./commands/ask/where.ts');
    exitWith(await whereCommand(cve, flags, context));
  });

  const verdict = question(
    program,
    'verdict',
    'why something was let out, or not',
    'Shows the verdicts on an artifact, or on what was deployed of a service: policy, advisories, each rule with its outcome, exceptions used, pipeline run.',
  )
    .argument('<artifact|service>', 'a digest, its first eight digits or more, or a service')
    .addHelpText('after', '\nExamples:\n  kvitto verdict shop\n  kvitto verdict sha256:…\n');
  options(verdict).action(async (subject: string, flags) => {
    const { verdictCommand } = await import('./commands/ask/verdict.ts');
    exitWith(await verdictCommand(subject, flags, context));
  });

  const sbom = question(
    program,
    'sbom',
    'the SBOM of an artifact, as it was recorded',
    'Writes the SBOM of an artifact (CycloneDX), byte for byte as it was recorded. What it does not cover is told on standard error, and ends with 3.',
  )
    .argument('<artifact|service>', 'a digest, its first eight digits or more, or a service that runs')
    .option('--as-of <time>', 'as it was recorded by then (default: now)')
    .option('-o, --output <file>', 'write to a file')
    .addHelpText('after', '\nExamples:\n  kvitto sbom shop -o shop.cdx.json\n');
  ledgerOptions(sbom).action(async (subject: string, flags) => {
    const { sbomCommand } = await import('./commands/ask/sbom.ts');
    exitWith(await sbomCommand(subject, flags, context));
  });

  const decisions = question(
    program,
    'decisions',
    'what was decided, and is in force',
    'Lists the decisions in force at a moment, the first to end first.',
  )
    .option('--at <time>', 'the moment (default: now)')
    .option('--expiring <duration>', 'only those that end within this time, as 30d')
    .option('--service <service>', 'only those that cover something of this service')
    .option('--status <status>', 'only these: not_affected, affected, fixed or under_investigation')
    .option('--exploited', 'only about what is known to be exploited')
    .addHelpText(
      'after',
      `${times}\nExamples:\n  kvitto decisions --expiring 30d\n  kvitto decisions --service shop --at 2026-10-01\n`,
    );
  options(decisions).action(async (flags) => {
    const { decisionsCommand } = await import('./commands/ask/decisions.ts');
    exitWith(await decisionsCommand(flags, context));
  });
  vexCommands(decisions, context, exitWith);
}

/** Decisions of others taken over, and ours for others. */
function vexCommands(decisions: Command, context: CallContext, exitWith: ExitWith): void {
  decisions.enablePositionalOptions();
  const imported = decisions
    .command('import')
    .description(
      'Takes over the statements of a VEX document (OpenVEX, CycloneDX or CSAF) as decisions of a role. Never wider than they were said.',
    )
    .argument('<file>', 'the document, or - for standard input')
    .requiredOption('--owner <role>', 'the role that answers for them from now on')
    .option('--until <time>', 'when somebody has to look again, where the document does not say')
    .option('--approved-by <role>', 'the second role, where the policy asks for one')
    .option('--service <service>', 'only for one service')
    .option('--env <env>', 'only for one environment')
    .option('--skip-faulty', 'take over what may stand, where some may not (default: all or none)')
    .option('--policy <file>', 'the policy (default: kvitto.yaml of this folder, else the built-in one)')
    .addHelpText(
      'after',
      '\nExamples:\n  kvitto decisions import supplier.openvex.json --owner shop-team --until 2027-03-31\n',
    );
  whoOptions(ledgerOptions(answerOptions(imported))).action(async (file: string, flags) => {
    const { importDecisionsCommand } = await import('./commands/ledger/decisions-import.ts');
    exitWith(await importDecisionsCommand(file, flags, context));
  });
  const exported = decisions
    .command('export')
    .description(
      'Writes the decisions in force as VEX, about what ran. What cannot be said in VEX is left out and told.',
    )
    .option('-f, --format <format>', 'openvex, cyclonedx or csaf', 'openvex')
    .option('-o, --output <file>', 'write to a file')
    .option('--service <service>', 'only those that cover something of this service')
    .option('--at <time>', 'in force then (default: now)')
    .option('--as-of <time>', 'as the ledger knew it then (default: now)')
    .option('--author <role>', "who issues the document (default: the log's name)")
    .addHelpText('after', '\nExamples:\n  kvitto decisions export --service shop -f csaf -o shop.csaf.json\n');
  ledgerOptions(exported).action(async (flags) => {
    const { exportDecisionsCommand } = await import('./commands/ask/decisions-export.ts');
    exitWith(await exportDecisionsCommand(flags, context));
  });
}

function question(program: Command, name: string, summary: string, description: string): Command {
  return program.command(name).helpGroup(groups.questions).summary(summary).description(description);
}

function options(command: Command): Command {
  return ledgerOptions(knownOptions(answerOptions(command)));
}
