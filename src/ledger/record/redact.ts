import { CodedError } from '../../model/errors.ts';
import type { Digest } from '../../model/inventory.ts';
import type { Appended, Ledger } from '../ledger.ts';
import { checkName } from '../names.ts';
import { checkText, putTexts } from './text.ts';

export interface RedactRequest {
  /** The document to take out. */
  readonly document: Digest;
  readonly reason: string;
  readonly actor: string;
}

/** Documents that the tables are built from: without them the log could not be held against the tables any more. */
const neededKinds: ReadonlySet<string> = new Set([
  'kvitto-inventory-1',
  'kvitto-knowledge-1',
  'kvitto-decisions-1',
  'kvitto-observation-1',
  'kvitto-feeds-1',
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
 * redacted before. Throws `document-missing`, and `usage` for a document that the ledger cannot do without.
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
  if (kind !== null && neededKinds.has(kind)) {
    throw new CodedError(
      'usage',
      `document ${document} (${kind}) cannot be redacted: the ledger's tables are built from it`,
      {
        remedy: 'words of people, reports, policies, SBOMs and evidence can be; kvitto history shows their digests',
      },
    );
  }
  const text = await putTexts(ledger.documents, [{ reason: words }]);
  const appended = await ledger.append(by, async () => [{ kind: 'redacted', document, text }]);
  await ledger.documents.remove(document);
  return appended;
}
