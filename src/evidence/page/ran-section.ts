import type { Belief, PackAnswer, RanDeployment, Words } from '../answer.ts';
import { digestCode, entryLink, html, joined, type Markup, row, table, time } from './markup.ts';
import { timeline } from './timeline.ts';

/** Words of people, or that they were taken out. */
export function wordsOf(texts: readonly Words[]): Markup {
  return joined(
    texts.map(({ entry, words, redacted }) =>
      words === null
        ? html`<p class="warn">The words of ${entryLink(entry)} were taken out${redacted === null ? null : html` by ${entryLink(redacted)}`}.</p>`
        : html`<blockquote>${Object.values(words).join('\n')}</blockquote>`,
    ),
    '',
  );
}

const because = {
  'deployment-started': 'deployed, or replaced',
  'deployment-stopped': 'stopped',
  'deployment-corrected': 'corrected',
} as const;

function beliefLine(belief: Belief, last: boolean): Markup {
  const end =
    belief.ending === 'unknown' ? html`an unknown moment before ${time(belief.to)}` : html`${time(belief.to)}`;
  const until = belief.knownTo === null ? null : html` until ${time(belief.knownTo)}`;
  const says = html`${time(belief.from)} to ${end}`;
  return html`<div${last ? null : html` class="soft"`}>${says}<br><span class="soft">${last ? 'believed' : 'was believed'} from ${time(belief.knownFrom)}${until} (${because[belief.by]}, ${entryLink(belief.entry)})</span></div>`;
}

const meanings: Readonly<Record<string, string>> = {
  unrecorded: 'the artifact was never recorded',
  'no-verdict': 'the gate was never asked',
  refused: 'the gate refused it',
  'cannot-say': 'the gate could not say',
  'break-glass': 'the gate was bypassed with a reason',
  late: 'recorded late',
};

function marksOf({ marks, overlaps, beliefs, inPeriod }: RanDeployment): Markup {
  const all = marks.map((m) => html`<span class="mark warn" title="${meanings[m] ?? m}">${m}</span>`);
  if (beliefs.some((b) => b.by === 'deployment-corrected')) all.push(html`<span class="mark warn">corrected</span>`);
  if (overlaps.length > 0) all.push(html`<span class="mark">overlaps ${overlaps.join(', ')}</span>`);
  if (!inPeriod) all.push(html`<span class="mark">not in the period, as corrected</span>`);
  return joined(all, ' ');
}

function deploymentRow(d: RanDeployment): Markup {
  const verdicts = d.verdicts.map(
    (v) =>
      html`<div><span class="${v.verdict === 'pass' ? 'ok' : 'bad'}">${v.verdict}</span> ${time(v.at)}, <a href="verdicts/${v.entry}/report.json">report</a></div>`,
  );
  const why = [d.change, d.run].filter((u) => u !== null).map((u) => html`<div>${u}</div>`);
  return row(
    html`${d.environment}<br>${entryLink(d.deployment)}`,
    html`${d.image ?? d.name ?? ''}<br>${digestCode(d.artifact)}`,
    joined(
      d.beliefs.toReversed().map((b, at) => beliefLine(b, at === 0)),
      '',
    ),
    html`${marksOf(d)}${wordsOf(d.texts)}`,
    verdicts.length === 0 ? html`<span class="none">none</span>` : joined(verdicts, ''),
    html`${d.actor}${why}`,
  );
}

/** What ran, and when. */
export function ranSection(answer: PackAnswer): Markup {
  const { deployments, observations, unseen } = answer.ran;
  const looks = observations.map((o) =>
    row(
      html`${o.environment}<br>${entryLink(o.entry)}`,
      html`${time(o.at)} to ${time(o.covers)}`,
      `${o.source}, ${o.containers} containers`,
      o.drift.length === 0
        ? html`<span class="ok">as recorded</span>`
        : joined(
            o.drift.map(
              (d) => html`<div class="bad">${d.what} ${d.digest ?? ''} ${d.paths.slice(0, 5).join(' ')}</div>`,
            ),
            '',
          ),
    ),
  );
  return html`<h2 id="ran">1. What ran, and when</h2>
<p class="serves">Evidence for Implementing Regulation (EU) 2024/2690, annex, 12.4 (inventory, history of changes) and 6.4 (change management), and for NIS 2, Directive (EU) 2022/2555, Art. 21(2)(i).</p>
${timeline(answer)}${table(['Where', 'What', 'When', 'To be noted', 'Verdicts', 'By whom, why'], deployments.map(deploymentRow), 'Deployments, each with all that was believed of it, the latest first')}
<h3>Who looked</h3>
${table(['Where', 'When', 'How', 'What was found'], looks, 'Observations of what really ran')}${unseen.length === 0 ? null : html`<p class="warn">Nobody looked in ${unseen.length === 1 ? 'one span of time' : `${unseen.length} spans of time`}: see section 5.</p>`}
`;
}
