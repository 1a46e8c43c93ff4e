import type { Finding } from '../../model/finding.ts';
import type { Report } from '../../model/report.ts';
import { sourceOfId } from '../../model/vulnerability-source.ts';
import type { Format } from '../format.ts';
import {
  countsOf,
  coverageWords,
  ecosystemWords,
  nothingFoundWords,
  notShownWords,
  otherCounts,
  otherReasons,
  outcomeWords,
  plural,
  shortDigest,
  storeWords,
  totalWords,
  verdictReason,
  verdictWords,
  worstFirst,
} from '../summary.ts';
import { type Upgrade, upgradesOf } from '../upgrades.ts';
import { code, plain, tableOf } from './escape.ts';

export const markdown: Format = {
  id: 'markdown',
  mediaType: 'text/markdown',
  about: 'GitHub-flavoured Markdown, for the summary of a job or a comment',
  render,
};

/** A job summary may hold 1 MiB; what does not fit is counted. */
const mostFindings = 500;
const mostProblems = 50;
const mostUpgrades = 15;
const mostMatched = 20;

const icons = { pass: '✅', fail: '❌', 'cannot-say': '⚠️' } as const;

function render(report: Report): string {
  const { kind } = report.verdict;
  const icon = kind === 'pass' && !report.complete ? icons['cannot-say'] : icons[kind];
  const sections = [
    [`## ${icon} ${verdictWords(report)}: ${plain(report.inventory.artifact.name, 200)}`],
    [plain(verdictReason(report), 500)],
    overview(report),
    problems(report),
    rules(report),
    upgrades(upgradesOf(report.findings)),
    findings(report),
    exceptions(report),
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function overview(report: Report): string[] {
  const { artifact, os, components } = report.inventory;
  const counts = countsOf(report.findings);
  const others = [otherCounts(counts), notShownWords(report)].filter((words) => words !== '').join(', ');
  const assessed = report.snapshot !== null || counts.total > 0;
  return tableOf(
    ['', ''],
    [
      [
        'Artifact',
        `${plain(artifact.kind)}${artifact.platform === null ? '' : ` ${plain(artifact.platform)}`}, ${code(shortDigest(artifact.digest))}`,
      ],
      ['System', os === null ? 'none recognised' : plain(os.name || os.id)],
      ['Components', `${components.length}${components.length === 0 ? '' : ` (${plain(ecosystemWords(components))})`}`],
      [
        'Looked at',
        plain(
          coverageWords(report, report.findings.length > 0 ? 'short' : 'full') || 'nothing that is known here',
          2000,
        ),
      ],
      ['Advisories', plain(storeWords(report))],
      ['Findings', assessed ? `**${totalWords(counts)}** ${others}`.trim() : '**not assessed**'],
    ],
  );
}

function problems(report: Report): string[] {
  if (report.problems.length === 0) return [];
  const shown = report.problems.slice(0, mostProblems);
  const rest = report.problems.length - shown.length;
  return [
    `### Not complete: ${plural(report.problems.length, 'part')} could not be read or assessed`,
    '',
    ...shown.map((p) => `- ${code(p.where)}: ${plain(p.message)} (${p.code})`),
    ...(rest > 0 ? [`- … and ${rest} more`] : []),
  ];
}

function rules(report: Report): string[] {
  const { policy } = report.verdict;
  const names = new Map(report.inventory.components.map((c) => [c.purl, c.name]));
  const rows = report.verdict.rules.map((r) => {
    const shown = r.matched
      .slice(0, mostMatched)
      .map((m) => `${plain(m.id)} in ${code(names.get(m.component) ?? m.component, 100)}`);
    const more = r.matched.length > shown.length ? ` and ${r.matched.length - shown.length} more` : '';
    const remedy = r.outcome === 'pass' || r.remedy === null ? '' : plain(r.remedy);
    return [
      `${r.outcome === 'pass' && !report.complete ? '' : icons[r.outcome]} ${outcomeWords(report, r.outcome)}`.trim(),
      `**${plain(r.rule)}** ${plain(r.says)}`,
      shown.join(', ') + more,
      remedy,
    ];
  });
  const notes = [
    ...otherReasons(report).map((t) => `- because ${plain(t)}`),
    ...report.verdict.warnings.map((t) => `- warning: ${plain(t)}`),
  ];
  return [
    `### Rules (${policy === null ? 'built-in policy' : plain(policy.source)})`,
    '',
    ...(rows.length === 0 ? ['No rule.'] : tableOf(['', 'Rule', 'Matched', 'To pass'], rows)),
    ...(notes.length === 0 ? [] : ['', ...notes]),
  ];
}

function upgrades(all: readonly Upgrade[]): string[] {
  if (all.length === 0) return [];
  const rows = all
    .slice(0, mostUpgrades)
    .map((u) => [
      code(u.name, 100),
      plain(u.from, 80),
      `**${plain(u.to, 80)}**`,
      String(u.removes),
      String(u.critical),
      String(u.exploited),
    ]);
  const rest = all.length - rows.length;
  return [
    '### Upgrades that remove most findings',
    '',
    ...tableOf(['Upgrade', 'From', 'To', 'Removes', 'Critical', 'Exploited'], rows),
    ...(rest > 0 ? ['', `… and ${plural(rest, 'more upgrade')}.`] : []),
  ];
}

function findings(report: Report): string[] {
  const many = report.findings.length;
  if (many === 0) return [nothingFoundWords(report)];
  const shown = [...report.findings]
    .sort((a, b) => worstFirst(a, b) || (a.component < b.component ? -1 : 1))
    .slice(0, mostFindings);
  return [
    '<details>',
    `<summary>${plural(many, 'finding')}${many > shown.length ? `, the worst ${shown.length} of them shown` : ''}</summary>`,
    '',
    ...tableOf(['Vulnerability', 'Severity', 'Component', 'Installed', 'Fixed', 'EPSS', '', 'Summary'], shown.map(row)),
    '',
    '</details>',
  ];
}

function row(f: Finding): string[] {
  const { url } = sourceOfId(f.id);
  const state = [
    f.exploitation.length > 0 ? '**exploited**' : '',
    f.excepted === null ? '' : 'excepted',
    plain(f.informational ?? ''),
  ];
  return [
    url === undefined ? plain(f.id, 80) : `[${plain(f.id, 80)}](${url})`,
    f.informational === null ? f.severity.level.toUpperCase() : 'INFO',
    code(f.name, 100),
    plain(f.installed, 80),
    f.fixedIn === null ? '' : plain(f.fixedIn, 80),
    f.epss === null ? '' : `${(f.epss.probability * 100).toFixed(1)}%`,
    state.filter((s) => s !== '').join(', '),
    plain(f.summary, 160),
  ];
}

function exceptions(report: Report): string[] {
  const list = report.verdict.exceptions;
  if (list.length === 0) return [];
  const rows = list.map((e) => [
    e.state === 'expired' ? '**expired**' : e.state,
    plain(e.id, 80) + (e.component === null ? '' : ` in ${code(e.component, 120)}`),
    plain(e.owner ?? ''),
    plain(e.until ?? ''),
    plain(e.reason),
    code(e.at),
    String(e.matched.length),
  ]);
  return [
    '### Exceptions',
    '',
    ...tableOf(['State', 'Vulnerability', 'Owner', 'Until', 'Reason', 'At', 'Matches'], rows),
  ];
}
