import type { DecisionRecord } from '../ledger/document-shapes.ts';
import { isDigest } from '../ledger/documents.ts';
import { parseInstant } from '../ledger/instant.ts';
import type { DecideRequest } from '../ledger/record/decide.ts';
import { decisionStatement } from '../ledger/record/decision-statement.ts';
import { unprintable } from '../ledger/record/text.ts';
import { type Statement, statementFaults } from '../model/decision.ts';
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

/** What of a statement names nothing that a ledger can know. */
function namelessOf({ products, components }: Statement): string[] {
  return [
    ...products.filter((p) => artifactOf(p) === null && (components.length > 0 || parsePurl(p) === null)),
    ...components.filter((c) => parsePurl(c) === null),
  ];
}

const cve = /^CVE-/;

/**
 * Its other names. A CVE is never another name of a CVE: a document that says so would have its statement count for what it is
 * not about.
 */
function aliasesOf({ vulnerability, aliases }: Statement): string[] {
  return cve.test(vulnerability) ? aliases.filter((alias) => !cve.test(alias)) : [...aliases];
}

/** Words of others, without what steers a terminal. */
function wordsOf(text: string): string {
  return text.replaceAll(allUnprintable, '\u{fffd}').trim();
}

const allUnprintable = new RegExp(unprintable.source, 'gv');

/**
 * The decisions that a VEX document's statements make, the oldest statement first: of two about the same the later counts. A
 * statement that may not stand, or that names nothing that a ledger can know, is a problem and no request; none is widened.
 * `narrowed`: products and components that a ledger cannot know, beside others that it can.
 */
export function requestsOf(
  statements: readonly Statement[],
  scope: ImportScope,
): { requests: DecideRequest[]; problems: Problem[]; narrowed: string[] } {
  const problems: Problem[] = [];
  const narrowed = new Set<string>();
  const inTime = [...statements].sort((a, b) => madeAt(a) - madeAt(b));
  const requests = inTime.flatMap((s): DecideRequest[] => {
    const where = clip(s.vulnerability, 100);
    const refuse = (code: Problem['code'], message: string): void => {
      problems.push({ code, where, message });
    };
    const [fault] = statementFaults(s);
    if (fault !== undefined) {
      refuse('malformed', fault);
      return [];
    }
    const targets = targetsOf(s);
    if (targets.length === 0) refuse('unsupported', 'names no artifact or component that a ledger can know');
    for (const name of namelessOf(s)) narrowed.add(name);
    const aliases = aliasesOf(s);
    if (aliases.length < s.aliases.length) refuse('malformed', 'calls another CVE its alias; that name was left out');
    const until = s.reviewBy === null ? scope.until : parseInstant(s.reviewBy, `reviewBy of ${where}`);
    const reason = [s.impact, s.action].map((text) => wordsOf(text ?? '')).find((text) => text !== '');
    return targets.map(({ artifact, component }) => ({
      vulnerability: s.vulnerability,
      aliases,
      service: scope.service,
      environment: scope.environment,
      component,
      artifact,
      status: s.status,
      justification: s.justification,
      originalJustification: s.originalJustification,
      reason: reason ?? `stated by ${s.author === null ? 'the imported document' : wordsOf(clip(s.author, 100))}`,
      action: s.action === null ? null : wordsOf(s.action),
      owner: scope.owner,
      approvedBy: scope.approvedBy,
      from: s.madeAt === null ? null : parseInstant(s.madeAt, `time of ${where}`),
      until,
      evidence: [{ url: null, document: scope.document }],
    }));
  });
  return { requests, problems, narrowed: [...narrowed].sort() };
}

/** What has no time of its own has that of the document, which comes last. */
function madeAt({ madeAt: time }: Statement): number {
  return time === null ? Number.MAX_SAFE_INTEGER : Date.parse(time);
}

/** A decision of the ledger as a statement for others. `text`: the words of its reason, null where they were redacted. */
export function statementOf(
  d: DecisionRecord,
  text: { readonly reason?: string; readonly action?: string } | null,
): Statement {
  const reason = text?.reason ?? 'the words of this decision were redacted';
  return decisionStatement(d, { reason, action: text?.action ?? null }, { madeAt: d.from, reviewBy: d.until });
}
