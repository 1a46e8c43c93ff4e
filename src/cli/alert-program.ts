import type { Command } from 'commander';
import type { CallContext } from './call-context.ts';
import { groups } from './command-groups.ts';
import { answerOptions, ledgerOptions } from './ledger-options.ts';

type ExitWith = (code: number) => void;

/** Alarms: what is open, who was told, who knew. Returns `alerts`, for what others put below it. */
export function alertCommands(program: Command, context: CallContext, exitWith: ExitWith): Command {
  const ack = program
    .command('ack')
    .helpGroup(groups.watch)
    .summary('say that somebody knows of an alert: the log says since when')
    .description(
      'Writes down that a role knows of alerts. When an alert was raised (the signal) and when somebody acknowledged it (from then on somebody knew) are two moments; both are evidence. The first acknowledgement counts, later ones are recorded besides.',
    )
    .argument('<alert...>', 'numbers of alerts, from kvitto alerts')
    .requiredOption('--by <role>', 'the role that knows now')
    .option('--note <text>', 'what is known, what is done; @FILE reads a file. It can be redacted')
    .addHelpText(
      'after',
      `
Examples:
  kvitto ack 50184192 --by on-call --note "shop is affected, 2.4.1 goes out tonight"
  kvitto ack 50184192 50184193 --by security
`,
    );
  ledgerOptions(answerOptions(ack)).action(async (numbers: string[], options) => {
    const { ackCommand } = await import('./commands/watch/ack.ts');
    exitWith(await ackCommand(numbers, options, context));
  });

  const alerts = program
    .command('alerts')
    .helpGroup(groups.watch)
    .summary('the alarms that are open, who was told, and what rules would send')
    .description(
      'Lists the alerts that are open, the worst first. What has no rule or sink in kvitto.yaml is told to nobody.',
    )
    .enablePositionalOptions()
    .option('--all', 'those that are resolved, too; all rows')
    .option('--service <service>', 'only of this service')
    .addHelpText(
      'after',
      `
Examples:
  kvitto alerts --service shop
  kvitto alerts show 50184192
  kvitto alerts preview --since 30d --config kvitto.yaml    try out rules before they wake anybody
  kvitto alerts test mail
`,
    );
  ledgerOptions(answerOptions(alerts)).action(async (options) => {
    const { alertsCommand } = await import('./commands/watch/alerts.ts');
    exitWith(await alertsCommand(options, context));
  });

  const show = configOption(
    alerts
      .command('show')
      .description(
        'Shows one alert: its changes, which sinks were told, who acknowledged it and when, and whether it is over.',
      )
      .argument('<alert>', 'its number'),
  );
  ledgerOptions(answerOptions(show)).action(async (number: string, options) => {
    const { showAlertCommand } = await import('./commands/watch/alerts.ts');
    exitWith(await showAlertCommand(number, options, context));
  });

  const tried = configOption(
    alerts
      .command('test')
      .description(
        'Sends an event that is marked as a test through a sink, and says what the receiver answered. Nothing is recorded. 0: taken, 4: not.',
      )
      .argument('<sink>', 'its name in kvitto.yaml'),
  ).option('--timeout <duration>', 'how long to wait for the receiver', '60s');
  answerOptions(tried).action(async (name: string, options) => {
    const { testSinkCommand } = await import('./commands/watch/alerts-test.ts');
    exitWith(await testSinkCommand(name, options, context));
  });

  const preview = configOption(
    alerts
      .command('preview')
      .description(
        'Goes through what was recorded and says what the rules would have raised, for whom. Writes and sends nothing.',
      )
      .option('--since <time>', 'a length of time before now, as 30d, or a moment', '30d'),
  );
  ledgerOptions(answerOptions(preview)).action(async (options) => {
    const { previewCommand } = await import('./commands/watch/alerts-preview.ts');
    exitWith(await previewCommand(options, context));
  });

  const sinks = configOption(
    alerts
      .command('sinks')
      .description('Shows where each sink stands: how far it is behind, what its receiver says, what was given up.'),
  );
  ledgerOptions(answerOptions(sinks)).action(async (options) => {
    const { sinksCommand } = await import('./commands/watch/alerts-sinks.ts');
    exitWith(await sinksCommand(options, context));
  });

  const dead = configOption(
    alerts
      .command('dead')
      .description(
        'Lists the events that a receiver never took. With --retry they are sent again, out of their order; 0: all were taken, 4: not all.',
      )
      .option('--sink <sink>', 'only of this sink')
      .option('--retry', 'send them again, now'),
  );
  ledgerOptions(answerOptions(dead)).action(async (options) => {
    const { deadCommand } = await import('./commands/watch/alerts-sinks.ts');
    exitWith(await deadCommand(options, context));
  });

  const replay = configOption(
    alerts
      .command('replay')
      .description(
        'Sets a sink to an entry of the log: it is told again what was recorded since, with the ids that it had. A sink that is new is told only what comes.',
      )
      .argument('<sink>', 'its name in kvitto.yaml')
      .requiredOption('--from <entry|time>', 'an entry, a date, or a time with its offset'),
  );
  ledgerOptions(answerOptions(replay)).action(async (name: string, options) => {
    const { replayCommand } = await import('./commands/watch/alerts-replay.ts');
    exitWith(await replayCommand(name, options, context));
  });
  return alerts;
}

function configOption(command: Command): Command {
  return command.option('--config <file>', 'rules and sinks (default: kvitto.yaml of this folder)');
}
