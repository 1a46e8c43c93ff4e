import { writeWhole } from '../files/write-whole.ts';
import type { Format, RenderOptions } from '../formats/format.ts';
import { CodedError } from '../model/errors.ts';
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
