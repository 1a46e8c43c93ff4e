import { styleText } from 'node:util';
import type { RenderOptions } from '../formats/format.ts';
import type { TargetFlags } from './target-options.ts';

/** What the terminal can show: its columns, and colours where it has them and `NO_COLOR` does not forbid them. */
export function renderOptions(
  flags: TargetFlags,
  env: Readonly<Record<string, string | undefined>>,
  onlyScan: boolean,
): RenderOptions {
  const { stdout } = process;
  return {
    columns: stdout.isTTY ? stdout.columns : null,
    colour: paintsOn(stdout, env),
    withVulnerabilities: flags.withVulnerabilities ?? false,
    onlyScan,
  };
}

/** Whether colours may be written to a stream. */
export function paintsOn(stream: NodeJS.WriteStream, env: Readonly<Record<string, string | undefined>>): boolean {
  const forced = env['FORCE_COLOR'] !== undefined && env['FORCE_COLOR'] !== '0';
  // styleText looks at the stream, NO_COLOR, NODE_DISABLE_COLORS and FORCE_COLOR as Node itself does.
  return (stream.isTTY || forced) && styleText('red', 'x', { stream }) !== 'x';
}
