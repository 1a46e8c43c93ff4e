import { checkWritable, writeWhole } from '../../files/write-whole.ts';
import { jsonText } from '../../formats/json-text.ts';
import { type Paint, paintFor } from '../../formats/terminal-paint.ts';
import { formatEnd } from '../../ledger/instant.ts';
import { CodedError } from '../../model/errors.ts';
import { clip } from '../../model/problem.ts';
import type { LedgerFlags } from '../ledger-options.ts';
import { paintsOn } from '../render-options.ts';

/** How an answer for people is laid out. */
export interface View {
  readonly columns: number;
  readonly paint: Paint;
  /** Rows beyond which a table is cut. */
  readonly mostRows: number;
}

/** Both forms of an answer. */
export interface Answer {
  /** The document of `-f json`. */
  readonly document: object;
  /** Lines for people. */
  lines(view: View): readonly string[];
}

const defaultColumns = 120;
/** Rows of a table that nobody asked to have whole. */
export const mostRows = 40;

/**
 * Throws `usage` for a format that an answer does not have, and `output-unwritable` for a file that it cannot go to. Asked before
 * anything is done: what is recorded and then not answered would be recorded again.
 */
export function checkFormat(flags: Pick<LedgerFlags, 'format' | 'output'>): void {
  if (flags.output !== undefined) checkWritable(flags.output);
  if (flags.format === 'table' || flags.format === 'json') return;
  throw new CodedError('usage', `unknown format: ${clip(flags.format, 40)}`, { remedy: 'table or json' });
}

/** Writes an answer where the flags say: whole, or not at all. */
export function writeAnswer(
  flags: Pick<LedgerFlags, 'format' | 'output'> & { readonly all?: boolean },
  answer: Answer,
): void {
  const toFile = flags.output !== undefined;
  const { stdout } = process;
  const columns = !toFile && stdout.isTTY ? stdout.columns : defaultColumns;
  const view: View = {
    columns: Math.min(240, Math.max(60, columns)),
    paint: paintFor(!toFile && paintsOn(stdout, process.env)),
    mostRows: flags.all === true ? Number.POSITIVE_INFINITY : mostRows,
  };
  const text = flags.format === 'json' ? jsonText(answer.document) : `${answer.lines(view).join('\n')}\n`;
  if (flags.output === undefined) stdout.write(text);
  else writeWhole(flags.output, text);
}

/** Names of the times in the answers of the ledger. */
const times: ReadonlySet<string> = new Set([
  'at',
  'asOf',
  'from',
  'to',
  'validFrom',
  'validTo',
  'knownFrom',
  'knownTo',
  'firstKnown',
  'recorded',
  'raised',
]);

/** An answer of the ledger as a document: its times as RFC 3339, an open end as null; the keys in their order. */
export function toDocument(schema: string, answer: object): object {
  return { schema, ...(withTimes(answer) as object) };
}

function withTimes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withTimes);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, v]) => [
      name,
      typeof v === 'number' && times.has(name) ? formatEnd(v) : withTimes(v),
    ]),
  );
}
