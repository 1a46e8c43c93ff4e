import { createHash } from 'node:crypto';
import { z } from 'zod';
import { clip } from '../../model/problem.ts';

const longest = 200;

/** Labels that the user sets for everything of a sink, as Prometheus and Loki name them. */
export const ownLabels = z
  .record(
    z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]{0,63}$/, 'expected the name of a label'),
    z.string().min(1).max(longest),
  )
  .refine((labels) => Object.keys(labels).length <= 10, 'at most 10 labels')
  .refine(
    (labels) => !Object.keys(labels).some((name) => name.startsWith('__')),
    'names that begin with __ are reserved',
  )
  .default({});

/** A text as the value of a label: printable, and short without becoming equal to another. */
export function labelValue(text: string): string {
  const value = clip(text, longest);
  if (value === text) return value;
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 12);
  return `${clip(text, longest - 13)}-${hash}`;
}

/** Labels without those that have no value. */
export function labelled(values: Readonly<Record<string, string | null>>): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const [name, value] of Object.entries(values)) {
    if (value !== null && value !== '') labels[name] = labelValue(value);
  }
  return labels;
}
