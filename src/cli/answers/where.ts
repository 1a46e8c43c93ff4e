import { forever } from '../../ledger/instant.ts';
import type { DeploymentRef, Where } from '../../ledger/queries/answers.ts';
import { type Answer, toDocument, type View } from './answer.ts';
import { decisionGrid } from './decisions.ts';
import { grid } from './grid.ts';
import { artifactWords, componentWords, decisionWords, many, minute, moreRows, when } from './words.ts';

/** `kvitto where`. */
export function whereAnswer(where: Where): Answer {
  return { document: toDocument('kvitto-where-1', where), lines: (view) => lines(where, view) };
}

function lines({ vulnerability, names, asOf, total, running, rows, decisions }: Where, view: View): string[] {
  if (names.length === 0 && decisions.length === 0) {
    return [
      view.paint.heading(`The ledger has never met ${vulnerability}, as known on ${when(asOf)} UTC`),
      '',
      'That says: no advisory that was used named it for a component that is recorded. What was never recorded may have it.',
      'Next: kvitto db update && kvitto rescan   where the advisories may be older than it',
    ];
  }
  const others = names.filter((name) => name !== vulnerability);
  const rest = total - Math.min(rows.length, view.mostRows);
  return [
    view.paint.heading(
      `${vulnerability}: ${many(total, 'place')}, ${running} of them now running, as known on ${when(asOf)} UTC`,
    ),
    ...(others.length === 0 ? [] : [`Also named ${others.join(', ')}`]),
    ...(rows.length === 0
      ? []
      : [
          '',
          ...grid(
            [
              { head: 'WHERE', flexible: true },
              { head: 'RAN (UTC)' },
              { head: 'ARTIFACT', flexible: true },
              { head: 'COMPONENT', flexible: true },
              { head: 'SEVERITY', paint: (text, row) => view.paint.severity(rows[row]?.severity ?? 'unknown', text) },
              { head: 'FIXED IN', flexible: true },
              { head: 'KNOWN (UTC)' },
              { head: 'DECISION', flexible: true },
            ],
            rows
              .slice(0, view.mostRows)
              .map((r) => [
                r.deployment === null ? 'never deployed' : `${r.deployment.service} (${r.deployment.environment})`,
                r.deployment === null ? '' : span(r.deployment),
                artifactWords(r),
                componentWords(r.component),
                r.severity,
                r.fixedIn ?? 'no fix',
                `${day(r.firstKnown)}${r.knownTo >= forever ? '' : ` to ${day(r.knownTo)}`}`,
                decisionWords(r.decision),
              ]),
            { ...view, mostRows: Number.POSITIVE_INFINITY },
          ),
          ...(rest > 0 ? [moreRows(rest)] : []),
        ]),
    ...(decisions.length === 0 ? [] : ['', view.paint.heading('Decisions'), ...decisionGrid(decisions, view)]),
    '',
    `Next: kvitto decide ${vulnerability} --service SERVICE --status … --reason "…" --owner ROLE --until DATE`,
  ];
}

const day = (at: number): string => minute(at).slice(0, 10);

function span({ validFrom, validTo, ending }: DeploymentRef): string {
  const until = validTo >= forever ? 'now' : `${ending === 'unknown' ? 'before ' : ''}${day(validTo)}`;
  return `${day(validFrom)} to ${until}`;
}
