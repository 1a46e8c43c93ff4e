import type { SeverityLevel } from '../../model/advisory.ts';
import type { Finding } from '../../model/finding.ts';
import { sourceOfId } from '../../model/vulnerability-source.ts';
import { scoreOf } from '../severity-score.ts';
import { worstFirst } from '../summary.ts';
import { webLinks } from '../web-values.ts';

type Json = Record<string, unknown>;

/** Level by severity. GitHub shows `error` and `warning`; an unknown severity is not read as harmless. */
const levels: Readonly<Record<SeverityLevel, string>> = {
  critical: 'error',
  high: 'error',
  medium: 'warning',
  low: 'note',
  negligible: 'note',
  unknown: 'warning',
};

/** SARIF's level of a finding. */
export function levelOf(f: Finding): string {
  return f.informational === null ? levels[f.severity.level] : 'note';
}

/** One rule for each vulnerability id, sorted, and its place in the list. A rule takes the worst of its findings. */
export function rulesOf(findings: readonly Finding[]): { rules: Json[]; indexOf: ReadonlyMap<string, number> } {
  const worst = new Map<string, Finding>();
  for (const f of findings) {
    const known = worst.get(f.id);
    if (known === undefined || worstFirst(f, known) < 0) worst.set(f.id, f);
  }
  const sorted = [...worst.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  return { rules: sorted.map(rule), indexOf: new Map(sorted.map((f, index) => [f.id, index])) };
}

function rule(f: Finding): Json {
  const score = f.informational === null ? scoreOf(f.severity) : null;
  const link = sourceOfId(f.id).url ?? webLinks(f.references)[0];
  const aliases = f.aliases.length === 0 ? '' : ` Also known as ${f.aliases.join(', ')}.`;
  const tags = ['security', 'vulnerability', ...(f.exploitation.length > 0 ? ['exploited'] : [])];
  return {
    id: f.id,
    name: f.informational === null ? 'VulnerableComponent' : 'InformationalAdvisory',
    // GitHub cuts a short description at 1024 characters.
    shortDescription: { text: (f.summary || f.id).slice(0, 1000).toWellFormed() },
    fullDescription: { text: `${f.summary || f.id}${aliases}` },
    defaultConfiguration: { level: levelOf(f) },
    ...(link !== undefined && { helpUri: link }),
    help: {
      text: [f.summary || f.id, `Aliases: ${f.aliases.join(', ') || 'none'}`, ...webLinks(f.references)].join('\n'),
    },
    properties: {
      tags,
      precision: 'very-high',
      ...(score !== null && { 'security-severity': score.toFixed(1) }),
    },
  };
}
