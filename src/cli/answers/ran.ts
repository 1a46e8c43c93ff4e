import { forever } from '../../ledger/instant.ts';
import type { DeploymentRef, Ran } from '../../ledger/queries/answers.ts';
import { type Answer, toDocument, type View } from './answer.ts';
import { driftSentence, gapLines } from './gaps.ts';
import { grid } from './grid.ts';
import { artifactWords, end, many, minute, moreRows, verdictWord, when } from './words.ts';

/** `kvitto ran`. */
export function ranAnswer(ran: Ran): Answer {
  return { document: toDocument('kvitto-ran-1', ran), lines: (view) => lines(ran, view) };
}

function lines({ at, asOf, deployments, total, blind, drift }: Ran, view: View): string[] {
  const rest = total - Math.min(deployments.length, view.mostRows);
  const table = { ...view, mostRows: Number.POSITIVE_INFINITY };
  return [
    view.paint.heading(`${total === 0 ? 'Nothing' : many(total, 'deployment')} ran at ${when(at)} UTC`),
    ...(asOf === at ? [] : [`As it was known on ${when(asOf)} UTC`]),
    ...(deployments.length === 0
      ? []
      : [
          '',
          ...grid(
            [
              { head: 'ENVIRONMENT', flexible: true },
              { head: 'SERVICE', flexible: true },
              { head: 'ARTIFACT', flexible: true },
              { head: 'SINCE (UTC)' },
              { head: 'UNTIL (UTC)' },
              {
                head: 'VERDICT',
                paint: (text, row) => paintVerdict(view, deployments[row] ?? null, text),
              },
              { head: 'NO.' },
              { head: 'MARKS', flexible: true },
            ],
            deployments
              .slice(0, view.mostRows)
              .map((d) => [
                d.environment,
                d.service,
                artifactWords(d),
                minute(d.validFrom),
                d.validTo >= forever ? 'still runs' : `${d.ending === 'unknown' ? 'before ' : ''}${minute(d.validTo)}`,
                verdictWord(d.verdict),
                String(d.deployment),
                d.marks.join(', '),
              ]),
            table,
          ),
          ...(rest > 0 ? [moreRows(rest)] : []),
        ]),
    ...gapLines(
      [
        ...blind.map((environment) => `nobody looked at what really ran in ${environment} at that time`),
        ...drift.map((d) => `seen ${driftSentence(d)}`),
      ],
      view,
    ),
    ...(deployments.length === 0
      ? [
          '',
          'Next: kvitto deploy SERVICE --env ENV --image NAME@DIGEST --at TIME   for what ran and was not written down',
        ]
      : ['', 'Next: kvitto exposure SERVICE --env ENV --at TIME   what was known of it']),
  ];
}

/** Colours a verdict in a table. */
export function paintVerdict(view: View, deployment: Pick<DeploymentRef, 'verdict'> | null, text: string): string {
  const verdict = deployment?.verdict?.verdict;
  return verdict === undefined ? text : view.paint.verdict(verdict, true, text);
}

/** Until when a deployment ran, as it is known. */
export function endWords({ validTo, ending }: Pick<DeploymentRef, 'validTo' | 'ending'>): string {
  return ending === 'unknown' ? `before ${when(validTo)}` : end(validTo, 'still runs');
}
