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
  const forced = env['FORCE_COLOR'] !== undefined && env['FORCE_COLOR'] !== '0';
  // styleText looks at the stream, NO_COLOR, NODE_DISABLE_COLORS and FORCE_COLOR as Node itself does.
  const colour = (stdout.isTTY || forced) && styleText('red', 'x', { stream: stdout }) !== 'x';
  return {
    columns: stdout.isTTY ? stdout.columns : null,
    colour,
    withVulnerabilities: flags.withVulnerabilities ?? false,
    onlyScan,
  };
}
