import { z } from 'zod';
import type {
  AlertDocument,
  ConditionsDocument,
  DecisionsDocument,
  FeedsDocument,
  InventoryDocument,
  KnowledgeDocument,
  ObservationDocument,
  TextDocument,
} from '../../ledger/document-shapes.ts';
import { conditionKinds } from '../../ledger/document-shapes.ts';
import { severityLevels } from '../../model/advisory.ts';
import { justifications, vexStatuses } from '../../model/decision.ts';
import { changeKinds } from '../../model/event.ts';
import { digest, instant, parseShape, readJson, time } from './values.ts';

const texts = z.array(z.string());
const text = z.string().nullable();
const count = z.int().min(0);

const severity = z.object({
  source: z.string(),
  level: z.enum(severityLevels),
  score: z.number().nullable(),
  vector: text,
});
const epss = z.object({ probability: z.number(), percentile: z.number() }).nullable();
const exploitation = z.object({
  source: z.enum(['CISA KEV', 'EU KEV']),
  since: z.string(),
  due: text,
  ransomware: z.boolean(),
});
// Codes of newer versions are shown as they are.
const problem = z.object({ code: z.string(), where: z.string(), message: z.string() });

const event = z.union([
  z.strictObject({ introduced: z.string() }),
  z.strictObject({ fixed: z.string() }),
  z.strictObject({ last_affected: z.string() }),
  z.strictObject({ limit: z.string() }),
]);

const advisory = z.object({
  id: z.string(),
  aliases: texts,
  upstream: texts,
  modified: z.string(),
  published: text,
  withdrawn: text,
  summary: z.string(),
  severity: z.array(severity),
  affected: z.array(
    z.object({
      ranges: z.array(z.object({ type: z.enum(['SEMVER', 'ECOSYSTEM', 'GIT']), events: z.array(event) })),
      versions: texts,
      severity: z.array(severity),
    }),
  ),
  informational: text,
  references: texts,
});

const knowledge = z.object({
  schema: z.literal('kvitto-knowledge-1'),
  snapshot: z.string(),
  records: z.array(z.object({ ecosystem: z.string(), name: z.string(), record: advisory })),
  facts: z.array(
    z.object({
      id: z.string(),
      severity: z.array(severity),
      published: text,
      summary: z.string(),
      epss,
      exploitation: z.array(exploitation),
    }),
  ),
  opened: z.array(
    z.object({
      component: z.string(),
      id: z.string(),
      aliases: texts,
      advisories: texts,
      severity,
      fixedIn: text,
      exploitation: z.array(exploitation),
      epss,
      informational: text,
      reasons: z.array(z.object({ advisory: z.string(), range: z.string(), fixed: text })),
      firstKnown: instant.nullable(),
    }),
  ),
  closed: z.array(z.object({ component: z.string(), id: z.string(), why: z.enum(['gone', 'withdrawn', 'changed']) })),
  names: z.array(z.tuple([z.string(), z.string(), text])),
  ids: z.array(z.tuple([z.string(), text])),
  problems: z.array(problem),
});

const inventory = z.looseObject({
  schema: z.literal('kvitto-inventory-1'),
  artifact: z.looseObject({ digest, name: z.string() }),
  components: z.array(z.looseObject({ purl: z.string(), name: z.string(), version: z.string() })),
  coverage: z.array(z.looseObject({})),
  problems: z.array(problem),
});

const feeds = z.object({
  schema: z.literal('kvitto-feeds-1'),
  snapshot: z.string(),
  feeds: z.array(z.object({ id: z.string(), asOf: time, digest: z.string(), records: count, badRecords: count })),
});

const decisions = z.object({
  schema: z.literal('kvitto-decisions-1'),
  decisions: z
    .array(
      z.object({
        vulnerability: z.string(),
        aliases: texts,
        service: text,
        environment: text,
        component: text,
        artifact: digest.nullable(),
        status: z.enum(vexStatuses),
        justification: z.enum(justifications).nullable(),
        originalJustification: text,
        owner: text,
        approvedBy: text,
        from: time,
        until: time.nullable(),
        evidence: z.array(z.object({ url: text, document: digest.nullable() })),
      }),
    )
    .max(65_536),
});

const textDocument = z.object({
  schema: z.literal('kvitto-text-1'),
  salt: z.string(),
  texts: z.array(z.record(z.string(), z.string())),
});

const observation = z.looseObject({
  schema: z.literal('kvitto-observation-1'),
  environment: z.string(),
  drift: z.array(
    z.object({
      service: z.string(),
      what: z.enum(['unrecorded', 'other-digest', 'changed-by-hand', 'gone']),
      digest: text,
      containers: count,
      paths: texts,
    }),
  ),
});

const condition = z.object({
  what: z.enum(conditionKinds),
  subject: z.string(),
  level: z.string(),
  detail: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
});

const conditions = z.object({
  schema: z.literal('kvitto-conditions-1'),
  began: z.array(condition),
  ended: z.array(condition),
});

const alert = z.looseObject({
  schema: z.literal('kvitto-alert-1'),
  rule: z.string(),
  thread: z.string(),
  service: text,
  environment: text,
  owner: text,
  severity: z.enum(severityLevels),
  exploited: z.boolean(),
  total: count,
  counts: z.partialRecord(z.enum(changeKinds), count),
  send: texts,
  message: z.string(),
  changes: z.array(z.looseObject({ entry: count, at: instant })).max(100),
  escalate: z.object({ at: instant, send: texts }).nullable(),
});

/** What of an alert the evidence rests on. */
export type HeldAlert = Omit<AlertDocument, 'changes'> & {
  readonly changes: readonly { readonly entry: number; readonly at: string }[];
};
/** What of an inventory the evidence rests on. */
export type HeldInventory = Pick<InventoryDocument, 'schema' | 'problems'> & {
  readonly components: readonly { readonly purl: string }[];
};
/** What of an observation the evidence rests on. */
export type HeldObservation = Pick<ObservationDocument, 'schema' | 'environment' | 'drift'>;

function reader<T>(shape: z.ZodType) {
  return (bytes: Uint8Array, place: string): T => parseShape(shape as z.ZodType<T>, readJson(bytes, place), place);
}

/*
 * Documents of a pack, whoever wrote them. Each throws `document-invalid` naming `place` and the field that is wrong. Their
 * types are those of the ledger's own documents.
 */
export const heldKnowledge = reader<KnowledgeDocument>(knowledge);
export const heldInventory = reader<HeldInventory>(inventory);
export const heldFeeds = reader<FeedsDocument>(feeds);
export const heldDecisions = reader<DecisionsDocument>(decisions);
export const heldTexts = reader<TextDocument>(textDocument);
export const heldObservation = reader<HeldObservation>(observation);
export const heldConditions = reader<ConditionsDocument>(conditions);
export const heldAlert = reader<HeldAlert>(alert);
