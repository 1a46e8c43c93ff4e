import type { KnownVulnerability, MadeDecision, PackAnswer } from '../answer.ts';
import { digestCode, entryLink, html, joined, type Markup, row, table, time } from './markup.ts';
import { wordsOf } from './ran-section.ts';

const closings = {
  gone: 'no record says so any more',
  withdrawn: 'the record was withdrawn',
  changed: 'known in another form since',
} as const;

function vulnerabilityRow(v: KnownVulnerability, decisions: ReadonlyMap<number, MadeDecision>): Markup {
  const decision = v.decision === null ? null : (decisions.get(v.decision) ?? null);
  const { entry, document, place } = v.source;
  const closed =
    v.knownTo === null
      ? null
      : html`<div>until ${time(v.knownTo)}: ${v.closed === null ? '' : closings[v.closed]}</div>`;
  const late = v.knownWhileRunning ? null : html`<div class="warn">learned when it did not run any more</div>`;
  return row(
    html`<strong>${v.vulnerability}</strong>${v.exploited ? html` <span class="mark bad">exploited</span>` : null}<br><span class="soft">${v.aliases.join(', ')}</span>`,
    html`${v.component}<br><span class="soft">in deployment ${v.deployments.join(', ')}</span>`,
    html`${v.severity}${v.score === null ? null : html` (${v.score})`}<br><span class="soft">${v.severitySource}</span>`,
    html`${v.fixedIn ?? html`<span class="none">none known</span>`}`,
    html`since ${time(v.firstKnown)}${closed}${late}`,
    html`${v.advisories.join(', ')}<br><a href="knowledge/${document.slice(7)}.json">records</a> (${entryLink(entry)}, place ${place})<br>snapshot ${digestCode(v.snapshot)}`,
    decision === null
      ? html`<span class="warn">none in force</span>`
      : html`<a href="#decision-${decision.decision}">${decision.status}</a><br><span class="soft">${decision.owner ?? ''}</span>`,
  );
}

/** What was known while it ran. */
export function knownSection({ known, decided }: PackAnswer): Markup {
  const decisions = new Map(decided.map((d) => [d.decision, d]));
  const snapshots = known.snapshots.map((s) =>
    row(
      digestCode(s.snapshot),
      s.entry === null ? 'not in the ledger' : html`${time(s.learned)}<br>${entryLink(s.entry)}`,
      joined(
        s.feeds.map((f) => html`<div>${f.id}: state of ${time(f.asOf)}, ${f.records} records</div>`),
        '',
      ),
    ),
  );
  return html`<h2 id="known">2. What was known, since when, and from where</h2>
<p class="serves">Evidence for the Cyber Resilience Act, Regulation (EU) 2024/2847, Annex I Part II (1) and Art. 13(7), and for Implementing Regulation (EU) 2024/2690, annex, 6.10.2.</p>
<p>A number of vulnerabilities is not a measure of risk. Each line names the record that says so, as it stood then.</p>
${table(
  ['Vulnerability', 'Component', 'Severity', 'Fixed in', 'Known', 'From', 'Decision'],
  known.vulnerabilities.map((v) => vulnerabilityRow(v, decisions)),
  `${known.vulnerabilities.length} known vulnerabilities of components that ran`,
)}
<h3>States of the feeds that this rests on</h3>
${table(['Snapshot', 'Met', 'Feeds'], snapshots, 'Snapshots')}`;
}

function stateOf(d: MadeDecision): Markup {
  const until = html`${time(d.from)} to ${time(d.until)}`;
  const replaced =
    d.supersededBy === null
      ? null
      : html`<div class="warn">replaced by <a href="#decision-${d.supersededBy}">${d.supersededBy}</a> on ${time(d.knownTo)}</div>`;
  const expired = d.expired === null ? null : html`<div class="warn">ran out (${entryLink(d.expired)})</div>`;
  return html`${until}${replaced}${expired}`;
}

/** What was decided, by which role, until when. */
export function decidedSection({ decided }: PackAnswer): Markup {
  const rows = decided.map((d) => {
    const scope = [d.service, d.environment, d.component, d.artifact].filter((s) => s !== null);
    const evidence = d.evidence.map(({ url, document }) =>
      document === null
        ? html`<div>${url ?? ''}</div>`
        : html`<div><a href="decisions/${d.entry}/evidence-${document.slice(7)}">evidence</a></div>`,
    );
    return html`<tr id="decision-${d.decision}">${[
      html`<td><strong>${d.vulnerability}</strong><br><span class="soft">${scope.length === 0 ? 'everywhere' : scope.join(', ')}</span></td>`,
      html`<td>${d.status}<br><span class="soft">${d.justification ?? ''}</span></td>`,
      html`<td>${d.words === null ? null : wordsOf([d.words])}${evidence}</td>`,
      html`<td>${d.owner ?? html`<span class="warn">no owner</span>`}${d.approvedBy === null ? null : html`<br>approved by ${d.approvedBy}`}<br><span class="soft">written by ${d.actor} on ${time(d.knownFrom)}, ${entryLink(d.entry)}</span></td>`,
      html`<td>${stateOf(d)}</td>`,
      html`<td>${d.inForceFor}</td>`,
    ]}</tr>
`;
  });
  return html`<h2 id="decided">3. What was decided, by which role, until when</h2>
<p class="serves">Evidence for the Cyber Resilience Act, Annex I Part II (2), and for Implementing Regulation (EU) 2024/2690, annex, 6.10.3 and 6.6.2.</p>
${decided.some((d) => d.inForceFor > 0) ? html`<p>Those in force at the end are in <code>vex/</code> as OpenVEX, as far as their words were not taken out.</p>` : null}
${table(['About', 'Status', 'Why', 'Who', 'Holds', 'In force for'], rows, 'Decisions about these vulnerabilities; “in force for”: lines of section 2 at the end of the period')}`;
}
