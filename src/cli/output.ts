import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, realpathSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Format, RenderOptions } from '../formats/format.ts';
import { CodedError, messageOf } from '../model/errors.ts';
import { clip } from '../model/problem.ts';
import type { Report } from '../model/report.ts';

/** One document that was asked for: the format, and the file it goes to (null: standard output). */
export interface OutputRequest {
  readonly format: Format;
  readonly file: string | null;
}

/**
 * `-f FORMAT` and any number of `-o FORMAT=FILE`; `-o FILE` alone is where `-f` goes, as in Trivy. Standard output always
 * gets one document unless `-o FILE` took it. Throws `usage` for an unknown format.
 */
export function parseOutputs(format: string, outputs: readonly string[], formats: readonly Format[]): OutputRequest[] {
  const named = (id: string): Format => {
    const found = formats.find((f) => f.id === id && f.render !== undefined);
    if (found !== undefined) return found;
    const known = formats.filter((f) => f.render !== undefined).map((f) => f.id);
    throw new CodedError('usage', `unknown format: ${id}`, { remedy: `one of ${known.join(', ')}` });
  };
  const requests: OutputRequest[] = [];
  let main: string | null = null;
  for (const output of outputs) {
    const split = /^([a-z]+)=(.+)$/.exec(output);
    if (split?.[1] !== undefined && split[2] !== undefined) {
      requests.push({ format: named(split[1]), file: split[2] });
    } else if (main === null) {
      main = output;
    } else {
      throw new CodedError('usage', `two files for one format: ${main} and ${output}`, {
        remedy: 'give each its format: -o json=a.json -o sarif=b.sarif',
      });
    }
  }
  return [{ format: named(format), file: main }, ...requests];
}

/** Renders and writes every document that was asked for. Files are written aside and renamed: never half there. */
export function writeOutputs(report: Report, requests: readonly OutputRequest[], options: RenderOptions): void {
  const rendered = requests.map(({ format, file }) => {
    const forFile = file === null ? options : { ...options, columns: null, colour: false };
    return { file, text: format.render?.(report, forFile) ?? '' };
  });
  for (const { file, text } of rendered) {
    if (file === null) process.stdout.write(text);
    else writeWhole(file, text);
  }
}

/**
 * Writes a file so that its old or its new content is there, whole, whatever happens. What is no regular file (a device,
 * a pipe) is written to as it is; behind a symbolic link the file that it leads to is replaced, not the link.
 */
export function writeWhole(file: string, content: string | Uint8Array): void {
  try {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    const found = statSync(file, { throwIfNoEntry: false });
    // Behind /dev/stdout may stand a file that others write to as well: appended to like any other stream.
    const isStream = /^\/(?:dev|proc)\//.test(file) || (found !== undefined && !found.isFile());
    if (isStream) writeAll(openSync(file, 'a'), bytes);
    else replace(found === undefined ? file : realpathSync(file), bytes);
  } catch (error) {
    const full = error instanceof Error && 'code' in error && error.code === 'ENOSPC';
    throw new CodedError(full ? 'disk-full' : 'output-unwritable', `cannot write ${clip(file)}: ${messageOf(error)}`, {
      remedy: full
        ? 'Make room there, or write to another place.'
        : 'Name a file in a folder that is there and may be written to.',
      cause: error,
    });
  }
}

function replace(file: string, bytes: Uint8Array): void {
  const aside = join(dirname(file), `.kvitto-${process.pid}-${randomBytes(6).toString('hex')}.tmp`);
  try {
    writeAll(openSync(aside, 'wx'), bytes, fsyncSync);
    renameSync(aside, file);
  } catch (error) {
    rmSync(aside, { force: true });
    throw error;
  }
}

function writeAll(handle: number, bytes: Uint8Array, settle: (handle: number) => void = () => {}): void {
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(handle, bytes, at);
    settle(handle);
  } finally {
    closeSync(handle);
  }
}
