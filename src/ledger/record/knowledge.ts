import type { Advisory, Affected, Severity, VulnerabilityFacts } from '../../model/advisory.ts';
import type { Digest } from '../../model/inventory.ts';
import { canonicalJson } from '../../tlog/canonical-json.ts';
import type { KnowledgeDocument, KnownMatch } from '../document-shapes.ts';
import type { Documents } from '../documents.ts';

/*
 * Canonical JSON (RFC 8785) is what `JSON.stringify` writes of objects whose names were set in the order of their UTF-16 units.
 * A first rescan writes gigabytes of it, five times as fast in this way as by `canonicalJson`. So the names below stand in
 * that order, and must.
 */

type Named = KnowledgeDocument['records'][number];

function severityOf({ level, score, source, vector }: Severity): Severity {
  return { level, score, source, vector };
}

function affectedOf({ ranges, severity, versions }: Affected): object {
  return {
    // An event has one name.
    ranges: ranges.map(({ events, type }) => ({ events, type })),
    severity: severity.map(severityOf),
    versions,
  };
}

function advisoryOf(a: Advisory): object {
  return {
    affected: a.affected.map(affectedOf),
    aliases: a.aliases,
    id: a.id,
    informational: a.informational,
    modified: a.modified,
    published: a.published,
    references: a.references,
    severity: a.severity.map(severityOf),
    summary: a.summary,
    upstream: a.upstream,
    withdrawn: a.withdrawn,
  };
}

function epssOf(epss: VulnerabilityFacts['epss']): VulnerabilityFacts['epss'] {
  return epss === null ? null : { percentile: epss.percentile, probability: epss.probability };
}

function exploitationOf({ due, ransomware, since, source }: VulnerabilityFacts['exploitation'][number]): object {
  return { due, ransomware, since, source };
}

function factsOf(f: VulnerabilityFacts): object {
  return {
    epss: epssOf(f.epss),
    exploitation: f.exploitation.map(exploitationOf),
    id: f.id,
    published: f.published,
    severity: f.severity.map(severityOf),
    summary: f.summary,
  };
}

function matchOf(m: KnownMatch): object {
  return {
    advisories: m.advisories,
    aliases: m.aliases,
    component: m.component,
    epss: epssOf(m.epss),
    exploitation: m.exploitation.map(exploitationOf),
    firstKnown: m.firstKnown,
    fixedIn: m.fixedIn,
    id: m.id,
    informational: m.informational,
    reasons: m.reasons.map(({ advisory, fixed, range }) => ({ advisory, fixed, range })),
    severity: severityOf(m.severity),
  };
}

const recordOf = ({ ecosystem, name, record }: Named) => ({ ecosystem, name, record: advisoryOf(record) });

/** Whether a number may not be what it seems: `JSON.stringify` writes null for what is none. */
function isOdd(document: KnowledgeDocument): boolean {
  const odd = (score: number | null | undefined) => typeof score === 'number' && !Number.isFinite(score);
  const oddOf = (severity: readonly Severity[]) => severity.some((s) => odd(s.score));
  const oddEpss = (epss: VulnerabilityFacts['epss']) => odd(epss?.percentile) || odd(epss?.probability);
  return (
    document.opened.some((m) => odd(m.severity.score) || oddEpss(m.epss)) ||
    document.facts.some((f) => oddOf(f.severity) || oddEpss(f.epss)) ||
    document.records.some(
      ({ record }) => oddOf(record.severity) || record.affected.some(({ severity }) => oddOf(severity)),
    )
  );
}

/** The one text of a document (RFC 8785). Throws as `canonicalJson` for what JSON cannot say. */
export function knowledgeText(document: KnowledgeDocument): string {
  const text = JSON.stringify({
    closed: document.closed.map(({ component, id, why }) => ({ component, id, why })),
    facts: document.facts.map(factsOf),
    ids: document.ids,
    names: document.names,
    opened: document.opened.map(matchOf),
    problems: document.problems.map(({ code, message, where }) => ({ code, message, where })),
    records: document.records.map(recordOf),
    schema: document.schema,
    snapshot: document.snapshot,
  });
  // A lone surrogate is written as an escape; only then, or where a text has a backslash before "ud".
  if (text.includes('\\ud') || isOdd(document)) return canonicalJson(document as never);
  return text;
}

/** Keeps what a pass found as canonical JSON. */
export async function putKnowledge(documents: Documents, document: KnowledgeDocument): Promise<Digest> {
  return await documents.put(Buffer.from(knowledgeText(document)));
}
