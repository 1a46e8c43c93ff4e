// What the tests of operate/ have in common: the command line that a file asks for, against the real one.
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { commandLine } from '../../src/cli/program.ts';
import { root } from '../real/parts.ts';

/** Parses words like the real program, runs nothing, and returns the command with its options. Throws what commander throws. */
export async function understood(words: readonly string[]): Promise<Record<string, unknown> & { command: string }> {
  let found: (Record<string, unknown> & { command: string }) | null = null;
  const quiet = (command: Command): void => {
    command.configureOutput({ writeErr: () => {}, writeOut: () => {} });
    command.action(() => {
      found = { ...command.opts(), command: command.name() };
    });
    for (const sub of command.commands) quiet(sub);
  };
  const program = commandLine({ version: '0.0.0', clock: () => new Date() }, () => {});
  for (const command of program.commands) quiet(command);
  await program.parseAsync([...words], { from: 'user' });
  assert.ok(found !== null, words.join(' '));
  return found;
}

/** Variables of the environment that the program reads, by their names in its sources. */
export function variablesRead(): ReadonlySet<string> {
  const names = new Set<string>();
  for (const file of globSync('src/**/*.ts', { cwd: root })) {
    if (file.endsWith('.test.ts') || file.includes('/testing/')) continue;
    const text = readFileSync(join(root, file), 'utf8');
    for (const [, name = ''] of text.matchAll(/\benv\[?\.?\[?'?([A-Z][A-Z0-9_]+)\b/g)) names.add(name);
  }
  return names;
}
