import { clip } from '../model/problem.ts';

const mostChars = 2000;

/**
 * Tells something on standard error, with what to do about it. Servers, feeds and file names have a say in such messages:
 * what would steer a terminal is taken out.
 */
export function tell(message: string, remedy?: string): void {
  process.stderr.write(`kvitto: ${clip(message, mostChars)}\n`);
  if (remedy !== undefined) process.stderr.write(`  → ${clip(remedy, mostChars)}\n`);
}
