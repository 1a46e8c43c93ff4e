import { CodedError, messageOf } from '../model/errors.ts';
import type { Digest } from '../model/inventory.ts';
import type {
  AlertDocument,
  ConditionsDocument,
  DecisionsDocument,
  FeedsDocument,
  InventoryDocument,
  KnowledgeDocument,
  ObservationDocument,
  TextDocument,
} from './document-shapes.ts';

/*
 * Documents were written by Kvitto and are held against their digest before they come here, so only what they claim to be is
 * checked. Whoever reads documents of others (a pack) checks their form as well.
 */
function reader<T extends { readonly schema: string }>(schema: T['schema']) {
  return (bytes: Uint8Array, digest: Digest): T => {
    let value: unknown;
    try {
      value = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8'));
    } catch (error) {
      throw invalid(digest, `is not JSON: ${messageOf(error)}`);
    }
    if (typeof value !== 'object' || value === null || !('schema' in value) || value.schema !== schema) {
      throw invalid(digest, `is not a document of the kind ${schema}`);
    }
    return value as T;
  };
}

function invalid(digest: Digest, why: string): CodedError {
  return new CodedError('document-invalid', `document ${digest} ${why}`, {
    remedy: 'the entry that names it was not written by Kvitto, or by a newer version',
  });
}

export const readInventory = reader<InventoryDocument>('kvitto-inventory-1');
export const readKnowledge = reader<KnowledgeDocument>('kvitto-knowledge-1');
export const readDecisions = reader<DecisionsDocument>('kvitto-decisions-1');
export const readObservation = reader<ObservationDocument>('kvitto-observation-1');
export const readFeeds = reader<FeedsDocument>('kvitto-feeds-1');
export const readText = reader<TextDocument>('kvitto-text-1');
export const readConditions = reader<ConditionsDocument>('kvitto-conditions-1');
export const readAlert = reader<AlertDocument>('kvitto-alert-1');
