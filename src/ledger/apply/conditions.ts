import type { ConditionsChanged } from '../fact.ts';
import { forever } from '../instant.ts';
import { readConditions } from '../read-documents.ts';
import type { ApplyContext, At } from './context.ts';

/** Most conditions that one entry lets begin. */
export const mostConditions = 65_536;

export async function applyConditions(
  { tx, rows, documents }: ApplyContext,
  { index, recorded }: At,
  fact: ConditionsChanged,
): Promise<void> {
  const { began, ended } = readConditions(await documents.get(fact.conditions), fact.conditions);
  await rows.flush();
  for (const { what, subject } of ended) {
    await tx
      .updateTable('condition')
      .set({ known_to: recorded })
      .where('what', '=', what)
      .where('subject', '=', subject)
      .where('known_to', '=', forever)
      .execute();
  }
  for (const [place, { what, subject, level, detail }] of began.entries()) {
    rows.add('condition', {
      id: index * mostConditions + place,
      what,
      subject,
      level,
      detail: JSON.stringify(detail),
      known_from: recorded,
      known_to: forever,
    });
  }
}
