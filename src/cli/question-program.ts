import type { Command } from 'commander';
import type { CallContext } from './call-context.ts';

export function questionCommands(_program: Command, _context: CallContext, _exitWith: (code: number) => void): void {}
