import type { Digest } from '../../model/inventory.ts';
import { mostDecisions } from '../apply/decisions.ts';
import type { DecisionRecord } from '../document-shapes.ts';
import type { Ledger } from '../ledger.ts';
import { readDecisions, readText } from '../read-documents.ts';
import { readEntries } from '../read-entries.ts';
import type { DecisionRef } from './answers.ts';

/** What the documents say of a decision. */
export interface DecisionWords {
  readonly record: DecisionRecord;
  readonly reason: string | null;
  readonly action: string | null;
  /** Whether its words were taken out of the ledger. */
  readonly redacted: boolean;
  /** The document that holds the words of all decisions of its entry; what a redaction names. */
  readonly words: Digest | null;
}

/** The records and words of decisions, by their numbers. Throws what reading entries and documents throws. */
export async function decisionWords(
  ledger: Ledger,
  decisions: readonly Pick<DecisionRef, 'id' | 'entry'>[],
): Promise<Map<number, DecisionWords>> {
  const { documents } = ledger;
  const entries = await readEntries(
    ledger,
    decisions.map((d) => d.entry),
  );
  const found = new Map<number, DecisionWords>();
  for (const [index, ofEntry] of Map.groupBy(decisions, (d) => d.entry)) {
    const entry = entries.get(index);
    if (entry?.kind !== 'decisions-made') throw new TypeError(`entry ${index} made no decision`);
    const records = readDecisions(await documents.get(entry.decisions), entry.decisions).decisions;
    const { texts: words } = entry;
    // Gone only where it was redacted: opening and verifying tell anything else.
    const there = words !== null && (await documents.has(words));
    const texts = there ? readText(await documents.get(words), words).texts : null;
    for (const { id } of ofEntry) {
      const place = id % mostDecisions;
      const record = records[place];
      if (record === undefined) throw new TypeError(`entry ${index} has no decision ${place}`);
      const text = texts?.[place];
      const redacted = words !== null && texts === null;
      found.set(id, { record, reason: text?.['reason'] ?? null, action: text?.['action'] ?? null, redacted, words });
    }
  }
  return found;
}
