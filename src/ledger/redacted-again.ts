import { sql } from 'kysely';
import type { Digest } from '../model/inventory.ts';
import { among, parts } from './apply/interned.ts';
import type { Database, Reader } from './database/database.ts';
import type { Documents } from './documents.ts';

/**
 * Takes out again what was redacted before and was put once more with the same bytes: whoever had it redacted did not mean this
 * copy alone. What names it stays, as of any redacted document. Returns the documents that were taken out. To be called
 * while nobody else can record a redaction.
 */
export async function removeRedacted(
  {
    reader,
    database,
    documents,
  }: { readonly reader: Reader; readonly database: Database; readonly documents: Documents },
  named: readonly Digest[],
): Promise<Digest[]> {
  const found: Digest[] = [];
  for (const part of parts([...new Set(named)])) {
    const { rows } = await sql<{ document: Digest }>`SELECT document FROM redaction
      WHERE ${among(database, 'document', part)}`.execute(reader);
    for (const { document } of rows) {
      await documents.remove(document);
      found.push(document);
    }
  }
  return found.sort();
}
