import { z } from 'zod';
import { CodedError, messageOf } from '../model/errors.ts';
import type { Finding } from '../model/finding.ts';
import { formatPurl, parsePurl } from '../model/purl.ts';

/** What was already there: rules with `onlyNew` leave it alone. */
export interface Baseline {
  has(finding: Pick<Finding, 'id' | 'aliases' | 'component'>): boolean;
  /** Whether the earlier result was complete; of an incomplete one, what it missed counts as new. */
  readonly complete: boolean;
}

type Known = Pick<Finding, 'id' | 'aliases' | 'component'>;

/** A component over all its versions: the purl without version, qualifiers and subpath; a text that is no purl stands for itself. */
function componentKey(component: string): string {
  const purl = parsePurl(component);
  if (purl === null) return component;
  return formatPurl({ type: purl.type, namespace: purl.namespace, name: purl.name });
}

/**
 * A baseline from the findings of an earlier report or of another artifact. A finding is known where one of its ids or aliases was
 * known for the same component, in whatever version.
 */
export function baselineOf(findings: readonly Known[], complete = true): Baseline {
  const keys = new Map<string, string>();
  const keyOf = (component: string): string => {
    const known = keys.get(component);
    if (known !== undefined) return known;
    const key = componentKey(component);
    keys.set(component, key);
    return key;
  };
  const known = new Set<string>();
  for (const { id, aliases, component } of findings) {
    for (const one of [id, ...aliases]) known.add(`${one}\0${keyOf(component)}`);
  }
  return {
    complete,
    has: ({ id, aliases, component }) => [id, ...aliases].some((one) => known.has(`${one}\0${keyOf(component)}`)),
  };
}

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
