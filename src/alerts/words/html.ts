import type { SeverityLevel } from '../../model/advisory.ts';
import type { Row, Step, Words } from './words.ts';

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text of the input as text or an attribute's value of HTML. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => entities[char] ?? '');
}

const colours: Readonly<Record<SeverityLevel, string>> = {
  critical: '#a4133c',
  high: '#c2500a',
  medium: '#8a6d00',
  low: '#2f6f4f',
  negligible: '#5c6670',
  unknown: '#5c6670',
};

/** Words as a page of HTML for a mail: no script, no picture, nothing that is fetched; styles stand inline, since mail programs drop others. */
export function html(words: Words): string {
  const colour = words.tone === 'good' ? '#2f6f4f' : colours[words.level ?? 'unknown'];
  const facts = words.facts.map(
    (f) =>
      `<tr><td style="padding:2px 16px 2px 0;color:#5c6670">${escapeHtml(f.label)}</td><td style="padding:2px 0">${escapeHtml(f.value)}</td></tr>`,
  );
  const parts = [
    `<h1 style="font-size:18px;margin:0 0 8px;padding-left:10px;border-left:6px solid ${colour}">${escapeHtml(words.subject)}</h1>`,
    `<p style="margin:0 0 12px">${escapeHtml(words.lead)}</p>`,
    ...(facts.length === 0
      ? []
      : [`<table style="border-collapse:collapse;margin:0 0 16px">${facts.join('\n')}</table>`]),
    ...(words.rows.length === 0 ? [] : [table(words.rows)]),
    ...(words.more === null ? [] : [`<p style="margin:0 0 16px">${step(words.more)}</p>`]),
    ...(words.steps.length === 0
      ? []
      : [
          `<h2 style="font-size:15px;margin:0 0 4px">What to do</h2>`,
          `<ul style="margin:0 0 16px;padding-left:20px">${words.steps.map((s) => `<li>${step(s)}</li>`).join('\n')}</ul>`,
        ]),
    ...words.links.map(
      (l) => `<p style="margin:0 0 8px"><a href="${escapeHtml(l.href)}">${escapeHtml(l.label)}</a></p>`,
    ),
    `<p style="color:#5c6670;font-size:12px;margin:16px 0 0">Event ${escapeHtml(words.id)}</p>`,
  ];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(words.subject)}</title></head>
<body style="font-family:system-ui,sans-serif;font-size:14px;color:#1c2430;background:#ffffff;margin:16px">
${parts.join('\n')}
</body></html>
`;
}

function table(rows: readonly Row[]): string {
  const head = ['Vulnerability', 'Severity', 'Change', 'Component', 'Fixed in'];
  const th = head.map(
    (h) => `<th style="text-align:left;padding:4px 12px 4px 0;border-bottom:1px solid #c8ced6">${h}</th>`,
  );
  return `<table style="border-collapse:collapse;margin:0 0 12px"><tr>${th.join('')}</tr>
${rows.map(row).join('\n')}
</table>`;
}

function row({ title, href, level, rated, what, component, fix, summary }: Row): string {
  const name = href === null ? escapeHtml(title) : `<a href="${escapeHtml(href)}">${escapeHtml(title)}</a>`;
  const cells = [
    summary === '' ? name : `${name}<br><span style="color:#5c6670;font-size:12px">${escapeHtml(summary)}</span>`,
    level === null ? '' : `<span style="color:${colours[level]};font-weight:600">${escapeHtml(rated)}</span>`,
    escapeHtml(what),
    escapeHtml(component),
    escapeHtml(fix),
  ];
  const td = cells.map(
    (c) => `<td style="padding:4px 12px 4px 0;vertical-align:top;border-bottom:1px solid #e4e8ec">${c}</td>`,
  );
  return `<tr>${td.join('')}</tr>`;
}

function step({ say, command }: Step): string {
  const code = command === null ? '' : `<code>${escapeHtml(command)}</code>`;
  if (command === null) return escapeHtml(say);
  return `${escapeHtml(say)}${say.endsWith(':') ? '' : ':'} ${code}`;
}
