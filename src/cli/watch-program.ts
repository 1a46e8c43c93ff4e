import type { Command } from 'commander';
import type { CallContext } from './call-context.ts';
import { groups } from './command-groups.ts';
import { ledgerOptions, whoOptions } from './ledger-options.ts';

/** `watch`. */
export function watchCommands(program: Command, context: CallContext, exitWith: (code: number) => void): void {
  const watch = program
    .command('watch')
    .helpGroup(groups.watch)
    .summary('rescan what runs on a schedule, and tell what changed')
    .description(
      'Goes on until it is ended: brings the feeds up to date, holds what runs against them, makes alarms by the rules of kvitto.yaml, and delivers what is recorded to its sinks. Many may run beside one PostgreSQL.',
    )
    .option('--once', 'one cycle, and what can be delivered now; for cron')
    .option('--config <file>', 'schedule, rules and sinks (default: kvitto.yaml of this folder, where there is one)')
    .optionsGroup('When:')
    .option(
      '--schedule <cron>',
      "five fields, in the time zone of the configuration (default: its own, or '*/30 * * * *')",
    )
    .option('--every <duration>', 'instead of a schedule, so long after the last cycle, as 10s or 5m')
    .optionsGroup('What is known:')
    .option('--feeds <folder|url>', 'instead of the public addresses; a folder that changes is read at once')
    .option('--no-update', 'fetch nothing: the advisory store as others leave it')
    .optionsGroup('What it does besides:')
    .option('--relay-only', 'only deliver what is recorded: no feeds, no rescan, no rules')
    .option(
      '--listen <address>',
      '/healthz, /readyz, /metrics and POST /rescan (token: $KVITTO_WATCH_TOKEN) over HTTP (default: 127.0.0.1:9464; off)',
    )
    .addHelpText(
      'after',
      `
At once: SIGHUP, POST /rescan, or a folder of feeds that changed. SIGTERM and SIGINT end it with 0.
With --once it ends with 3 where something could not be assessed or a feed failed, and with 4 where a sink could not be reached.

Examples:
  kvitto watch                                      every 30 minutes, with the rules and sinks of kvitto.yaml
  kvitto watch --feeds /srv/feeds --every 5m        feeds from a folder that somebody else fills
  kvitto watch --schedule '15 6 * * 1-5' --listen off
  kvitto watch --once                               from cron, or a CronJob
`,
    );
  whoOptions(ledgerOptions(watch)).action(async (options) => {
    const { watchCommand } = await import('./commands/watch/watch.ts');
    exitWith(await watchCommand(options, context));
  });
}
