import type { Redacted } from '../fact.ts';
import type { ApplyContext, At } from './context.ts';

/** A document that was taken out twice stays taken out since the first time. */
export async function applyRedaction(
  { tx, rows }: ApplyContext,
  { index, recorded }: At,
  { document }: Redacted,
): Promise<void> {
  await rows.flush();
  const before = await tx.selectFrom('redaction').select('entry').where('document', '=', document).executeTakeFirst();
  if (before === undefined) rows.add('redaction', { document, entry: index, known_from: recorded });
}
