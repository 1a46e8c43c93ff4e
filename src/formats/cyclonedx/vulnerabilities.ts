import type { Severity } from '../../model/advisory.ts';
import type { Finding } from '../../model/finding.ts';
import type { Report } from '../../model/report.ts';
import { sourceOfId } from '../../model/vulnerability-source.ts';
import { timeOrNull, webLinks } from '../web-values.ts';

const words = {
  critical: 'critical',
  high: 'high',
  medium: 'medium',
  low: 'low',
  negligible: 'info',
  unknown: 'unknown',
} as const;

/** The findings of a report as CycloneDX vulnerabilities, one for each, since ratings and exceptions hold per component. */
export function vulnerabilities(report: Report): Record<string, unknown>[] {
  return report.findings.map(vulnerability);
}

function vulnerability(f: Finding): Record<string, unknown> {
  const published = timeOrNull(f.published);
  const links = webLinks(f.references);
  return {
    'bom-ref': `${f.id} ${f.component}`,
    id: f.id,
    source: sourceOfId(f.id),
    ...(f.aliases.length > 0 && { references: f.aliases.map((id) => ({ id, source: sourceOfId(id) })) }),
    ratings: (f.severities.length > 0 ? f.severities : [f.severity]).map(rating),
    ...(f.summary !== '' && { description: f.summary }),
    ...(f.fixedIn !== null && { recommendation: `Upgrade ${f.name} from ${f.installed} to ${f.fixedIn}` }),
    ...(links.length > 0 && { advisories: links.map((url) => ({ url })) }),
    ...(published !== null && { published }),
    ...(f.excepted !== null && {
      // An accepted risk is not "not affected": it stays exploitable, and somebody decided to live with it.
      analysis: { state: 'exploitable', response: ['will_not_fix'], detail: f.excepted.reason },
    }),
    affects: [{ ref: f.component, versions: [{ version: f.installed.slice(0, 1024), status: 'affected' }] }],
    properties: properties(f),
  };
}

function rating(s: Severity): Record<string, unknown> {
  return {
    ...(s.source !== '' && { source: { name: s.source } }),
    ...(s.score !== null && { score: s.score }),
    severity: words[s.level],
    ...(s.vector !== null && { method: methodOf(s.vector), vector: s.vector }),
  };
}

function methodOf(vector: string): string {
  if (vector.startsWith('CVSS:4.')) return 'CVSSv4';
  if (vector.startsWith('CVSS:3.1/')) return 'CVSSv31';
  if (vector.startsWith('CVSS:3.0/')) return 'CVSSv3';
  return vector.startsWith('AV:') ? 'CVSSv2' : 'other';
}

function properties(f: Finding) {
  return [
    ['kvitto:severity', f.severity.level],
    ...(f.fixedIn === null ? [] : [['kvitto:fixedIn', f.fixedIn]]),
    ...(f.epss === null ? [] : [['kvitto:epss', String(f.epss.probability)]]),
    ...f.exploitation.map((e) => ['kvitto:exploited', `${e.source} since ${e.since}`]),
    ...f.advisories.map((id) => ['kvitto:advisory', id]),
    ...(f.informational === null ? [] : [['kvitto:informational', f.informational]]),
    ...(f.excepted === null ? [] : [['kvitto:exception', f.excepted.by]]),
    ...(f.excepted?.until == null ? [] : [['kvitto:exception:until', f.excepted.until]]),
  ].map(([name, value]) => ({ name, value }));
}
