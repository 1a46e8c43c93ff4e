import { fit } from '../../formats/terminal-text.ts';
import { forever } from '../../ledger/instant.ts';
import type { DecisionRef, Decisions } from '../../ledger/queries/answers.ts';
import type { DecisionWords } from '../../ledger/queries/decision-words.ts';
import { type Answer, toDocument, type View } from './answer.ts';
import { grid } from './grid.ts';
import { componentWords, many, minute, short, when } from './words.ts';

/** `kvitto decisions`. */
export function decisionsAnswer(answer: Decisions, words: ReadonlyMap<number, DecisionWords>): Answer {
  const { at, asOf, decisions } = answer;
  const said = decisions.map((d) => {
    const { reason = null, action = null, redacted = false, record, words: document = null } = words.get(d.id) ?? {};
    return { ...d, reason, action, redacted, words: document, evidence: record?.evidence ?? [] };
  });
  return {
    document: toDocument('kvitto-decisions-1', { ...answer, decisions: said }),
    lines: (view) => [
      view.paint.heading(
        `${decisions.length === 0 ? 'No decision was' : many(decisions.length, 'decision')} in force at ${when(at)} UTC${asOf === at ? '' : `, as known on ${when(asOf)} UTC`}`,
      ),
      ...(decisions.length === 0 ? [] : ['', ...decisionGrid(decisions, view), '', ...reasons(said, view)]),
      '',
      decisions.length === 0
        ? 'Next: kvitto decide CVE-… --status … --reason "…" --owner ROLE --until DATE'
        : 'Next: kvitto decisions --expiring 30d   what somebody has to look at again',
    ],
  };
}

interface Said {
  readonly id: number;
  readonly reason: string | null;
  readonly action: string | null;
  readonly redacted: boolean;
  readonly evidence: readonly { readonly url: string | null; readonly document: string | null }[];
}

/** Why, in the words of whoever decided. */
function reasons(said: readonly Said[], view: View): string[] {
  const shown = said.slice(0, view.mostRows);
  return [
    'Reasons',
    ...shown.flatMap(({ id, reason, action, redacted, evidence }) => {
      const text = redacted ? '(these words were redacted)' : [reason, action].filter((t) => t !== null).join(' / ');
      const proof = evidence.map((e) => e.url ?? e.document ?? '');
      return [`${id}  ${text}`, ...proof.map((p) => `evidence ${p}`)].map((line) => `  ${fit(line, view.columns - 2)}`);
    }),
    ...(said.length > shown.length ? [`  … and ${said.length - shown.length} more (--all, or -f json)`] : []),
  ];
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
