import { clip } from '../../../model/problem.ts';

/** What a long-running process says of what it does. */
export interface Journal {
  info(event: string, message: string, fields?: Fields): void;
  warn(event: string, message: string, fields?: Fields): void;
  error(event: string, message: string, fields?: Fields): void;
}

export type Fields = Readonly<Record<string, string | number | boolean | null>>;

type Level = 'info' | 'warn' | 'error';

const longestMessage = 2_000;
const longestStack = 8_000;

/** One line for each thing on a stream: plain text on a terminal, JSON otherwise. Others have a say in messages: what would steer a terminal is taken out. */
export function journalOn(stream: NodeJS.WriteStream, clock: () => Date, quiet: boolean): Journal {
  const write = (level: Level, event: string, message: string, fields: Fields = {}) => {
    if (quiet && level === 'info') return;
    const time = clock().toISOString();
    const { stack, ...others } = fields;
    const text = clip(message, longestMessage);
    if (!stream.isTTY) {
      const lines = typeof stack === 'string' ? { stack: stack.slice(0, longestStack) } : {};
      stream.write(`${JSON.stringify({ time, level, event, message: text, ...others, ...lines })}\n`);
      return;
    }
    const mark = level === 'info' ? '' : `${level}: `;
    stream.write(`${time.slice(0, 19).replace('T', ' ')} ${mark}${event}: ${text}\n`);
    if (typeof stack === 'string')
      for (const line of stack.split('\n').slice(0, 30)) stream.write(`  ${clip(line, 500)}\n`);
  };
  return {
    info: (event, message, fields) => write('info', event, message, fields),
    warn: (event, message, fields) => write('warn', event, message, fields),
    error: (event, message, fields) => write('error', event, message, fields),
  };
}
