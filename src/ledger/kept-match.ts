import type { Match } from '../model/finding.ts';
import type { KnownMatch } from './document-shapes.ts';

/** The part of a match that the ledger keeps, but for since when it was known. */
export function keptMatch(m: Match): Omit<KnownMatch, 'firstKnown'> {
  return {
    component: m.component,
    id: m.id,
    aliases: m.aliases,
    advisories: m.advisories,
    severity: m.severity,
    fixedIn: m.fixedIn,
    exploitation: m.exploitation,
    epss: m.epss,
    informational: m.informational,
    reasons: m.matchedBy.map(({ advisory, range, fixed }) => ({ advisory, range, fixed })),
  };
}
