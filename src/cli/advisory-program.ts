import type { Command } from 'commander';
import type { CallContext } from './call-context.ts';
import { groups } from './command-groups.ts';
import { list } from './option-values.ts';

/** `db` and what is below it. */
export function advisoryCommands(program: Command, context: CallContext, exitWith: (code: number) => void): void {
  const db = program
    .command('db')
    .helpGroup(groups.advisories)
    .summary('the advisory store: update, status, export, import, mirror');
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
    .option(
      '--accept <feeds>',
      'take these also where they lost many records or changed their form, as osv/Debian,kev',
      list,
      [],
    )
    .option('-f, --format <format>', 'table or json', 'table')
    .option('--timeout <duration>', 'give up after this time', '30m')
    .option('-q, --quiet', 'no progress')
    .addHelpText(
      'after',
      '\nExamples:\n  kvitto db update --ecosystems Debian,npm\n  kvitto db update --feeds /srv/feeds\n',
    )
    .action(async (options) => exitWith(await (await load()).updateCommand(options, context)));
  db.command('status')
    .description('What the store holds, from when, and its digest.')
    .option('-f, --format <format>', 'table or json', 'table')
    .option('--verify', 'read every row and check the digest')
    .action(async (options) => exitWith(await (await load()).statusCommand(options, context)));
  db.command('export')
    .description('Writes the store into one file, to be imported elsewhere.')
    .argument('<file>')
    .action(async (file) => exitWith(await (await load()).exportCommand(file)));
  db.command('import')
    .description('Takes over a store that `kvitto db export` wrote, after checking its digest.')
    .argument('<file>')
    .action(async (file) => exitWith(await (await load()).importCommand(file, context)));
  db.command('mirror')
    .description(
      'Writes the feeds into a folder, for sites without network: `kvitto db update --feeds FOLDER` reads it.',
    )
    .argument('<folder>')
    .option('--feeds <folder|url>', 'instead of the public addresses')
    .option('--ecosystems <names>', 'OSV ecosystems', list, [])
    .option('--timeout <duration>', 'give up after this time', '30m')
    .option('-q, --quiet', 'no progress')
    .action(async (folder, options) => exitWith(await (await load()).mirrorCommand(folder, options, context)));
}
