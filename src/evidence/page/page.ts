import type { PackAnswer } from '../answer.ts';
import { gapSentence, limits } from './gaps.ts';
import { decidedSection, knownSection } from './known-section.ts';
import { digestCode, entryLink, html, Markup, row, table, time } from './markup.ts';
import { ranSection } from './ran-section.ts';
import { style } from './style.ts';
import { toldSection } from './told-section.ts';

function many(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

function summary({ ran, known, notCovered, decided, told }: PackAnswer): Markup {
  const inPeriod = ran.deployments.filter((d) => d.inPeriod).length;
  const open = known.vulnerabilities.filter((v) => v.knownTo === null);
  const undecided = open.filter((v) => v.decision === null).length;
  const late = known.vulnerabilities.filter((v) => !v.knownWhileRunning).length;
  const names = new Set(known.vulnerabilities.map((v) => v.vulnerability)).size;
  const lines = many(known.vulnerabilities.length, 'line');
  return html`<ul>
<li><a href="#ran">${many(inPeriod, 'deployment')}</a> ran in the period.</li>
<li><a href="#known">${names === 1 ? '1 vulnerability' : `${names} vulnerabilities`}</a> of their components ${names === 1 ? 'was' : 'were'} known (${lines}: one for each component); ${many(late, 'line')} learned only when the component did not run any more.</li>
<li><a href="#decided">${many(decided.length, 'decision')}</a> about them; ${many(undecided, 'line')} without a decision in force at the end.</li>
<li><a href="#told">${many(told.alerts.length, 'alert')}</a> open in the period; ${many(told.alerts.filter((a) => a.acknowledged.length === 0).length, 'alert')} that nobody acknowledged.</li>
<li><a href="#gaps">${many(notCovered.length, 'gap')}</a> named.</li>
</ul>
`;
}

function verifiedSection({ log, verified, ran }: PackAnswer): Markup {
  const verdicts = ran.deployments.flatMap((d) => d.verdicts);
  const rows = [...new Map(verdicts.map((v) => [v.entry, v])).values()].map((v) =>
    row(
      entryLink(v.entry),
      time(v.at),
      html`<span class="${v.verdict === 'pass' ? 'ok' : 'bad'}">${v.verdict}</span>`,
      v.policy === null ? 'built-in' : html`<a href="verdicts/${v.entry}/policy">${digestCode(v.policy)}</a>`,
      v.snapshot === null ? 'none' : digestCode(v.snapshot),
      `${v.findings} findings, ${v.exceptions} exceptions`,
      html`<a href="verdicts/${v.entry}/report.json">report</a>`,
    ),
  );
  const stamps = verified.stamps.map((s) => row(entryLink(s.entry), time(s.at), s.by, `${s.size} entries`));
  return html`<h2 id="verified">5. What was verified, and how to check this pack</h2>
<p class="serves">Evidence for Implementing Regulation (EU) 2024/2690, annex, 6.4 and 3.2.5, and for the Cyber Resilience Act, Art. 13(7).</p>
${table(['Entry', 'When', 'Verdict', 'Policy', 'Snapshot', 'Result', ''], rows, 'Verdicts of the gate')}
<h3>Check it offline</h3>
<p>Run <code>kvitto verify PACK.zip --key "VKEY"</code>, with the key as its owner gave it to you by another way. It needs no network and no ledger: it holds every file against the log, every entry against the signed checkpoint, and works all of this page out again. Without Kvitto: each <code>log/proofs/*.tlog-proof</code> is of the kind c2sp.org/tlog-proof and proves that the file of the same number in <code>log/entries</code> is in the log whose checkpoint is signed by the key below; each entry names its documents by SHA-256.</p>
<dl><dt>Log</dt><dd><code>${log.origin}</code></dd><dt>Entries</dt><dd>${log.size}</dd><dt>Root</dt><dd><code>${log.root}</code></dd><dt>Keys, oldest first</dt><dd>${log.keys.map((k) => html`<code>${k}</code><br>`)}</dd></dl>
<h3>Who else vouches for the log</h3>
${table(['Entry', 'When', 'Kind', 'Up to'], stamps, 'Time stamps (RFC 3161) and cosignatures of witnesses')}`;
}

function gapsSection({ notCovered }: PackAnswer): Markup {
  const items = notCovered.map(
    (gap) => html`<li>${gapSentence(gap)}</li>
`,
  );
  return html`<h2 id="gaps">6. What this pack does not cover</h2>
<div class="gaps"><ul>
${items.length === 0 ? html`<li>Nothing was found missing.</li>` : items}</ul></div>
<h3>What no pack shows</h3>
<ul>
${limits.map(
  (limit) => html`<li>${limit}</li>
`,
)}</ul>
`;
}

/** index.html: readable without anything else, without scripts, without the network. */
export function pageHtml(answer: PackAnswer): string {
  const { request, made } = answer;
  const { service, environment, from, to, asOf } = request;
  const page = html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${service}: evidence, ${from.slice(0, 10)} to ${to.slice(0, 10)}</title>
<style>${new Markup(style)}</style>
</head>
<body>
<main>
<h1>${service}${environment === null ? null : html` in ${environment}`}: what ran, what was known, what was done</h1>
<dl><dt>Period</dt><dd>${time(from)} to ${time(to)}</dd><dt>As known at</dt><dd>${time(asOf)}</dd><dt>Made</dt><dd>${time(made.at)} by ${made.tool}</dd></dl>
<p>This is a collection of records. It is evidence for the provisions that its sections name, and no statement on whether they are met.</p>
${summary(answer)}${ranSection(answer)}${knownSection(answer)}${decidedSection(answer)}${toldSection(answer)}${verifiedSection(answer)}${gapsSection(answer)}</main>
</body>
</html>
`;
  return page.text;
}
