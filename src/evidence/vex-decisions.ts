import type { DecisionRecord } from '../ledger/document-shapes.ts';
import { isDigest } from '../ledger/documents.ts';
import { parseInstant } from '../ledger/instant.ts';
import type { DecideRequest } from '../ledger/record/decide.ts';
import type { Statement } from '../model/decision.ts';
import type { Digest } from '../model/inventory.ts';
import { clip, type Problem } from '../model/problem.ts';
import { parsePurl } from '../model/purl.ts';

/** What the one who imports a document adds to its statements: they answer for it from then on. */
export interface ImportScope {
  readonly service: string | null;
  readonly environment: string | null;
  readonly owner: string;
  readonly approvedBy: string | null;
  /** Where the document names no review, milliseconds; null: each statement must name one. */
  readonly until: number | null;
  /** Document: the bytes that were imported. */
  readonly document: Digest;
}

/** The artifact that a product's identifier names by digest: `sha256:…`, `pkg:oci/shop@sha256:…`. */
function artifactOf(product: string): Digest | null {
  if (isDigest(product)) return product;
  const purl = parsePurl(product);
  const version = purl?.type === 'oci' || purl?.type === 'docker' ? purl.version : null;
  return isDigest(version) ? version : null;
}

interface Target {
  readonly artifact: Digest | null;
  readonly component: string | null;
}

/** Which combinations of artifact and component a statement is about; empty where it names only what the ledger cannot know. */
function targetsOf(s: Statement): Target[] {
  const components: (string | null)[] =
    s.components.length === 0 ? [null] : s.components.filter((c) => parsePurl(c) !== null);
  if (s.products.length === 0) return components.map((component) => ({ artifact: null, component }));
  return s.products.flatMap((product): Target[] => {
    const artifact = artifactOf(product);
    if (artifact !== null) return components.map((component) => ({ artifact, component }));
    // A product that is itself a component: `pkg:npm/left-pad@1.3.0`.
    const itself = parsePurl(product) !== null && s.components.length === 0;
    return itself ? [{ artifact: null, component: product }] : [];
  });
}

/** The decisions that a VEX document's statements make. What names nothing that the ledger can know is a problem, never widened. */
export function requestsOf(
  statements: readonly Statement[],
  scope: ImportScope,
): { requests: DecideRequest[]; problems: Problem[] } {
  const problems: Problem[] = [];
  const requests = statements.flatMap((s): DecideRequest[] => {
    const where = clip(s.vulnerability, 100);
    const targets = targetsOf(s);
    if (targets.length === 0) {
      problems.push({
        code: 'unsupported',
        where,
        message: 'names no artifact or component that a ledger can know; left out',
      });
    }
    const until = s.reviewBy === null ? scope.until : parseInstant(s.reviewBy, `reviewBy of ${where}`);
    const words = [s.impact, s.action].find((text) => text !== null && text.trim() !== '');
    return targets.map(({ artifact, component }) => ({
      vulnerability: s.vulnerability,
      aliases: s.aliases,
      service: scope.service,
      environment: scope.environment,
      component,
      artifact,
      status: s.status,
      justification: s.justification,
      originalJustification: s.originalJustification,
      reason: words ?? `stated by ${s.author === null ? 'the imported document' : clip(s.author, 100)}`,
      action: s.action,
      owner: scope.owner,
      approvedBy: scope.approvedBy,
      from: s.madeAt === null ? null : parseInstant(s.madeAt, `time of ${where}`),
      until,
      evidence: [{ url: null, document: scope.document }],
    }));
  });
  return { requests, problems };
}

/** A decision of the ledger as a statement for others. `text`: the words of its reason, null where they were redacted. */
export function statementOf(
  d: DecisionRecord,
  text: { readonly reason?: string; readonly action?: string } | null,
): Statement {
  const reason = text?.reason ?? 'the words of this decision were redacted';
  const affected = d.status === 'affected';
  return {
    vulnerability: d.vulnerability,
    aliases: d.aliases,
    components: d.component === null ? [] : [d.component],
    products: d.artifact === null ? [] : [d.artifact],
    status: d.status,
    justification: d.justification,
    originalJustification: d.originalJustification,
    impact: affected && text?.action === undefined ? null : reason,
    action: text?.action ?? (affected ? reason : null),
    author: d.owner,
    madeAt: d.from,
    reviewBy: d.until,
  };
}
