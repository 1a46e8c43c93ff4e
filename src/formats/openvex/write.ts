import type { Statement } from '../../model/decision.ts';
import { parsePurl } from '../../model/purl.ts';
import { uuidOf } from '../component-key.ts';
import { jsonText } from '../json-text.ts';
import type { VexAbout } from '../vex-format.ts';
import { withNotes } from '../vex-notes.ts';
import { digestText, targetsOf, unique, writable } from '../vex-scope.ts';
import { iriOf } from './iri.ts';

/** Statements as an OpenVEX 0.2.0 document. https://github.com/openvex/spec */
export function writeOpenVex(statements: readonly Statement[], about: VexAbout): string {
  return jsonText({
    '@context': 'https://openvex.dev/ns/v0.2.0',
    '@id': URL.canParse(about.id) ? about.id : `urn:uuid:${uuidOf(`kvitto openvex ${about.id}`)}`,
    author: about.author,
    timestamp: about.timestamp,
    version: 1,
    tooling: `kvitto ${about.toolVersion}`,
    statements: distinct(writable(statements, about).map((s) => statement(s, about))),
  });
}

/** The schema wants no statement twice; two can differ only in what OpenVEX has no field for. */
function distinct(statements: readonly Record<string, unknown>[]): Record<string, unknown>[] {
  return [...new Map(statements.map((s) => [JSON.stringify(s), s])).values()];
}

function statement(s: Statement, about: VexAbout): Record<string, unknown> {
  const notAffected = s.status === 'not_affected';
  // OpenVEX's own tool refuses an action with any status but `affected`, and an impact with any but `not_affected`.
  const action = s.status === 'affected' ? s.action : null;
  const { reviewBy, originalJustification } = s;
  const notes = withNotes(notAffected ? null : s.impact, {
    reviewBy,
    originalJustification,
    action: action === null ? s.action : null,
  });
  return {
    vulnerability: {
      name: s.vulnerability,
      ...(s.aliases.length > 0 && { aliases: unique(s.aliases) }),
    },
    ...(s.madeAt !== null && { timestamp: s.madeAt }),
    products: targetsOf(s, about).flatMap(({ product, components }) => {
      if (product === null) return components.map((c) => named(c, about));
      const inner = components.map((c) => named(c, about));
      return [{ ...named(product, about), ...(inner.length > 0 && { subcomponents: inner }) }];
    }),
    status: s.status,
    ...(s.justification !== null && { justification: s.justification }),
    ...(notAffected && s.impact !== null && { impact_statement: s.impact }),
    ...(action !== null && { action_statement: action }),
    ...(notes !== null && { status_notes: notes }),
  };
}

function named(text: string, about: VexAbout): Record<string, unknown> {
  const digest = digestText(about.products.find((p) => p.purl === text)?.digest ?? text);
  const isPurl = parsePurl(text) !== null;
  return {
    '@id': iriOf(text),
    ...(isPurl && { identifiers: { purl: text } }),
    ...(text.startsWith('cpe:2.3:') && { identifiers: { cpe23: text } }),
    ...(digest !== null && { hashes: { 'sha-256': digest.slice('sha256:'.length) } }),
  };
}
