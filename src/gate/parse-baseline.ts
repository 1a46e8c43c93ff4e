import { z } from 'zod';
import { CodedError, messageOf } from '../model/errors.ts';
import { type Baseline, baselineOf } from './baseline.ts';

const reportShape = z.object({
  tool: z.object({ name: z.literal('kvitto') }),
  complete: z.boolean(),
  findings: z.array(z.object({ id: z.string(), aliases: z.array(z.string()), component: z.string() })),
});

/** Reads a JSON report of Kvitto as baseline. Throws `document-invalid` for anything else. */
export function parseBaseline(text: string, filename: string): Baseline {
  const remedy = 'give a report that `kvitto scan -o json=FILE` wrote';
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw new CodedError('document-invalid', `${filename} is not JSON: ${messageOf(cause)}`, { remedy, cause });
  }
  const parsed = reportShape.safeParse(document);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const where = issue === undefined || issue.path.length === 0 ? 'the document' : issue.path.join('.');
    throw new CodedError('document-invalid', `${filename} is not a Kvitto report: ${where}: ${issue?.message ?? ''}`, {
      remedy,
    });
  }
  return baselineOf(parsed.data.findings, parsed.data.complete);
}
