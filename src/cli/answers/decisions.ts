import { forever } from '../../ledger/instant.ts';
import type { DecisionRef, Decisions } from '../../ledger/queries/answers.ts';
import { type Answer, toDocument, type View } from './answer.ts';
import { grid } from './grid.ts';
import { componentWords, many, minute, short, when } from './words.ts';

/** `kvitto decisions`. */
export function decisionsAnswer(answer: Decisions): Answer {
  const { at, asOf, decisions } = answer;
  return {
    document: toDocument('kvitto-decisions-1', answer),
    lines: (view) => [
      view.paint.heading(
        `${decisions.length === 0 ? 'No decision was' : many(decisions.length, 'decision')} in force at ${when(at)} UTC${asOf === at ? '' : `, as known on ${when(asOf)} UTC`}`,
      ),
      ...(decisions.length === 0 ? [] : ['', ...decisionGrid(decisions, view)]),
      '',
      decisions.length === 0
        ? 'Next: kvitto decide CVE-… --status … --reason "…" --owner ROLE --until DATE'
        : 'Next: kvitto decisions --expiring 30d   what somebody has to look at again',
    ],
  };
}

type Listed = DecisionRef & { readonly exploited?: boolean };

/** Decisions as a table. */
export function decisionGrid(decisions: readonly Listed[], view: View): string[] {
  return grid(
    [
      { head: 'NO.' },
      { head: 'VULNERABILITY' },
      { head: 'STATUS' },
      { head: 'JUSTIFICATION', flexible: true },
      { head: 'HOLDS FOR', flexible: true },
      { head: 'OWNER', flexible: true },
      { head: 'FROM' },
      { head: 'UNTIL (UTC)' },
      { head: 'STATE', flexible: true },
    ],
    decisions.map((d) => [
      String(d.id),
      `${d.vulnerability}${d.exploited === true ? ' EXPLOITED' : ''}`,
      d.status,
      d.justification ?? '',
      scopeWords({ ...d, component: d.component === null ? null : componentWords(d.component) }),
      `${d.owner ?? 'nobody'}${d.approvedBy === null ? '' : `, approved by ${d.approvedBy}`}`,
      minute(d.validFrom).slice(0, 10),
      d.validTo >= forever ? 'no end' : minute(d.validTo),
      d.knownTo >= forever
        ? 'stands'
        : `superseded ${when(d.knownTo)}${d.supersededBy === null ? '' : ` by ${d.supersededBy}`}`,
    ]),
    view,
  );
}

/** What a decision holds for. */
export function scopeWords({
  service,
  environment,
  component,
  artifact,
}: Pick<DecisionRef, 'service' | 'environment' | 'component' | 'artifact'>): string {
  const parts = [service, environment, component, artifact === null ? null : short(artifact)];
  return parts.filter((p) => p !== null).join(', ') || 'everything';
}
