import { sql } from 'kysely';
import { CodedError } from '../../model/errors.ts';
import type { Digest } from '../../model/inventory.ts';
import type { Reader } from '../database/database.ts';
import type { Appended, Ledger } from '../ledger.ts';
import { checkName } from '../names.ts';
import { checkText, putTexts } from './text.ts';

export interface RedactRequest {
  /** The document to take out. */
  readonly document: Digest;
  readonly reason: string;
  readonly actor: string;
}

/** The columns that name what the tables are built from: without these documents the log could not be held against them. */
async function neededAs(reader: Reader, document: Digest): Promise<string | null> {
  const { rows } = await sql<{ what: string }>`
    SELECT 'an inventory' AS what FROM inventory WHERE document = ${document}
    UNION ALL SELECT 'an observation' FROM observation WHERE document = ${document}
    UNION ALL SELECT 'the feeds of a snapshot' FROM snapshot WHERE document = ${document}`.execute(reader);
  return rows[0]?.what ?? null;
}

/** Kinds that no column names by digest, as they are named in messages. */
const neededKinds: ReadonlyMap<string, string> = new Map([
  ['kvitto-knowledge-1', 'what a rescan opened and closed'],
  ['kvitto-decisions-1', 'a list of decisions'],
  ['kvitto-repair-1', 'the report of a repair'],
  ['kvitto-stamp-1', 'the stamp of a checkpoint'],
  ['kvitto-alert-1', 'an alert'],
  ['kvitto-conditions-1', 'a list of what began and ended to hold'],
]);

function kindOf(bytes: Uint8Array): string | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    return typeof value === 'object' && value !== null && 'schema' in value ? String(value.schema) : null;
  } catch {
    return null;
  }
}

/**
 * Takes a document out of the ledger: words of people, reports, evidence. The entry that says so comes first, so that a process
 * that is killed in between leaves nothing that is missing without a reason; doing it again ends what it began. Null: it was
 * redacted before. What is put again with the same bytes is taken out again. Throws `document-missing`, and `usage` for a
 * document that the ledger cannot do without.
 */
export async function redact(ledger: Ledger, { document, reason, actor }: RedactRequest): Promise<Appended | null> {
  const words = checkText(reason, '--reason');
  const by = checkName(actor, '--by');
  const before = await ledger.reader
    .selectFrom('redaction')
    .select('entry')
    .where('document', '=', document)
    .executeTakeFirst();
  if (before !== undefined) {
    await ledger.documents.remove(document);
    return null;
  }
  const kind = kindOf(await ledger.documents.get(document));
  const needed = (await neededAs(ledger.reader, document)) ?? neededKinds.get(kind ?? '');
  if (needed !== undefined) {
    throw new CodedError(
      'usage',
      `document ${document} cannot be redacted: it is ${needed}, which the ledger is checked by`,
      {
        remedy:
          'words of people, reports, policies, SBOMs and evidence can be; kvitto history -f json names their digests',
      },
    );
  }
  const text = await putTexts(ledger.documents, [{ reason: words }]);
  const appended = await ledger.append(by, async () => [{ kind: 'redacted', document, text }]);
  await ledger.documents.remove(document);
  return appended;
}
