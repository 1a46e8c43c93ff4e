import { wrap } from '../../formats/terminal-text.ts';
import type { BeliefCause, History } from '../../ledger/queries/answers.ts';
import { clip } from '../../model/problem.ts';
import { type Answer, toDocument, type View } from './answer.ts';
import { driftSentence, gapLines, lookedSentence } from './gaps.ts';
import { endWords } from './ran.ts';
import { artifactWords, lengthOf, many, markSentence, verdictWord, when } from './words.ts';

type Told = History['deployments'][number];

/** `kvitto history`. */
export function historyAnswer(history: History): Answer {
  return { document: toDocument('kvitto-history-1', history), lines: (view) => lines(history, view) };
}

function lines({ service, asOf, deployments, gaps, drift, alerts }: History, view: View): string[] {
  // The last ones are those that are asked for most; a cut leaves out the oldest.
  const most = view.mostRows;
  const shown = deployments.length > most ? deployments.slice(-most) : deployments;
  const hidden = deployments.length - shown.length;
  return [
    view.paint.heading(`${service}: ${many(deployments.length, 'deployment')}, as known on ${when(asOf)} UTC`),
    ...(hidden > 0 ? ['', `… ${hidden.toLocaleString('en-US')} older ones (--all, or -f json)`] : []),
    ...shown.flatMap((d) => ['', ...deployment(d, view)]),
    ...gapLines([...gaps.map(lookedSentence), ...drift.map((d) => `seen ${driftSentence(d)}`)], view),
    ...alertLines(alerts, view),
    '',
    `Next: kvitto exposure ${service} --from TIME --to TIME   what was known while it ran`,
  ];
}

/** The last ones are those that are asked for most, as of deployments. */
function alertLines(alerts: History['alerts'], view: View): string[] {
  if (alerts.length === 0) return [];
  const shown = alerts.length > view.mostRows ? alerts.slice(-view.mostRows) : alerts;
  const hidden = alerts.length - shown.length;
  return [
    '',
    view.paint.heading(many(alerts.length, 'alert')),
    ...(hidden > 0 ? [`… ${hidden.toLocaleString('en-US')} older ones (--all, or -f json)`] : []),
    ...shown.flatMap((a) => indented(alertSentence(a), view)),
  ];
}

function alertSentence(a: History['alerts'][number]): string {
  const place = a.environment === null ? '' : `, ${a.environment}`;
  const knew =
    a.acknowledged === null
      ? 'acknowledged by nobody'
      : `acknowledged ${when(a.acknowledged.at)} by ${a.acknowledged.by} (entry ${a.acknowledged.entry})`;
  const escalated = a.escalated === null ? '' : `, escalated (entry ${a.escalated})`;
  const over = a.resolved === null ? 'open' : `resolved ${when(a.resolved.at)} (entry ${a.resolved.entry})`;
  return `${a.alert}  raised ${when(a.raised)} by rule ${a.rule}${place}: ${a.severity}${a.exploited ? ', exploited' : ''}, ${many(a.total, 'change')}${escalated}; ${knew}; ${over}`;
}

function deployment(d: Told, view: View): string[] {
  const verdict = verdictWord(d.verdict);
  const facts = [
    `${artifactWords(d)}${d.artifact.recorded ? '' : ' (never recorded)'}`,
    `verdict ${d.verdict === null ? 'none before it was deployed' : `${view.paint.verdict(d.verdict.verdict, true, verdict)} on ${when(d.verdict.knownFrom)} (entry ${d.verdict.entry})`}`,
    ...(d.image === null ? [] : [`image ${clip(d.image)}`]),
    ...(d.change === null ? [] : [`change ${clip(d.change)}`]),
    ...(d.run === null ? [] : [`run ${clip(d.run)}`]),
    `written down by ${d.actor}`,
    ...d.marks.map((mark) => (mark === 'late' ? lateSentence(d) : markSentence(mark))),
    ...(d.overlaps.length === 0 ? [] : [`ran at the same time as deployment ${d.overlaps.join(', ')}`]),
  ];
  return [
    view.paint.heading(`${d.deployment}  ${d.environment}  ${when(d.validFrom)} to ${endWords(d)} (UTC)`),
    ...facts.flatMap((fact) => indented(fact, view)),
    ...d.corrected.flatMap((was) =>
      indented(
        `until ${when(was.knownTo)} it was believed: ${when(was.validFrom)} to ${endWords(was)} (${causeWords[was.because]}, entry ${was.entry})`,
        view,
      ),
    ),
    ...(d.corrected.length === 0
      ? []
      : indented(`now believed since ${when(d.knownFrom)} (${causeWords[d.because]}, entry ${d.entry})`, view)),
    ...d.texts.flatMap((t) =>
      indented(`entry ${t.entry}: ${t.redacted ? '[words redacted]' : `"${clip(t.text ?? '', 1000)}"`}`, view),
    ),
  ];
}

function lateSentence(d: Told): string {
  const first = d.corrected[0] ?? d;
  return `recorded late: learned ${lengthOf(first.knownFrom - first.validFrom)} after it began to run`;
}

const causeWords: Readonly<Record<BeliefCause, string>> = {
  started: 'as it was deployed',
  replaced: 'another took its place',
  stopped: 'it was stopped',
  corrected: 'it was corrected',
};

function indented(text: string, view: View): string[] {
  // Colour takes no room: its codes are cut by nothing but clip, so painted lines stay as they are.
  if (text.includes('\u001b')) return [`    ${text}`];
  return wrap(text, view.columns - 6).map((line, i) => (i === 0 ? `    ${line}` : `      ${line}`));
}
