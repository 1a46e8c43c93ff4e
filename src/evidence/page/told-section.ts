import type { HeldCondition, PackAnswer, ToldAlert } from '../answer.ts';
import { entryLink, html, type Markup, row, table, time } from './markup.ts';
import { wordsOf } from './ran-section.ts';

const hourMs = 3_600_000;

function after(at: string, hours: number): string {
  return new Date(Date.parse(at) + hours * hourMs).toISOString();
}

/** Both moments apart; from the second on the periods of reporting would run, if anything must be reported. */
function knewOf({ acknowledged, exploited }: ToldAlert): Markup {
  const [first, ...later] = acknowledged;
  if (first === undefined) return html`<span class="warn">nobody, as far as was recorded</span>`;
  const due = exploited
    ? html`<div class="soft">if it must be reported: 24 h end ${time(after(first.at, 24))}, 72 h end ${time(after(first.at, 72))}</div>`
    : null;
  return html`${time(first.at)} by ${first.by}, ${entryLink(first.entry)}${due}${first.words === null ? null : wordsOf([first.words])}${later.map(
    (one) =>
      html`<div class="soft">also ${time(one.at)} by ${one.by}, ${entryLink(one.entry)}${one.words === null ? null : wordsOf([one.words])}</div>`,
  )}`;
}

function alertRow(told: ToldAlert): Markup {
  const { alert, entry, severity, exploited, rule, environment, message, total, send, escalated, resolved } = told;
  const place = alert % 4096;
  return row(
    html`<a href="alerts/${entry}/${place}.json">${alert}</a><br><span class="soft">${entryLink(entry)}</span>`,
    html`<span class="${exploited ? 'bad' : 'soft'}">${severity}${exploited ? ', exploited' : ''}</span>`,
    html`${message}<br><span class="soft">rule ${rule}${environment === null ? '' : `, ${environment}`}, ${total} in all</span>`,
    time(told.raised),
    html`${send.length === 0 ? html`<span class="warn">no sink</span>` : send.join(', ')}${escalated.map(
      (e) => html`<div class="warn">escalated to ${e.send.join(', ')} on ${time(e.at)}, ${entryLink(e.entry)}</div>`,
    )}`,
    knewOf(told),
    resolved === null ? html`<span class="open">open</span>` : html`${time(resolved.at)}, ${entryLink(resolved.entry)}`,
  );
}

function conditionRow({ what, subject, level, message, began, ended }: HeldCondition): Markup {
  return row(
    html`${what.replaceAll('-', ' ')}${subject === '*' ? '' : `: ${subject}`}${level === '' ? '' : ` (${level})`}${message === null ? null : html`<br><span class="soft">${message}</span>`}`,
    html`${time(began.at)}, ${entryLink(began.entry)}`,
    ended === null ? html`<span class="open">open</span>` : html`${time(ended.at)}, ${entryLink(ended.entry)}`,
  );
}

/** Who was told, and who knew when. */
export function toldSection({ told }: PackAnswer): Markup {
  return html`<h2 id="told">4. Who was told, and who knew when</h2>
<p class="serves">Evidence for the Cyber Resilience Act, Art. 14(2), and for Directive (EU) 2022/2555, Art. 23(4): the signal, and since when somebody knew.</p>
${table(['Alert', 'Severity', 'What', 'Raised', 'For', 'Acknowledged', 'Resolved'], told.alerts.map(alertRow), 'Alerts that were open in the period; “for”: the sinks that the rules named')}
<h3>Whether anybody watched</h3>
${table(['What held', 'From', 'To'], told.conditions.map(conditionRow), 'Feeds, scans and decisions that asked for attention')}`;
}
