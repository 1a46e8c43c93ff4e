import type { Statement } from '../../model/decision.ts';
import type { DecisionRecord } from '../document-shapes.ts';

type Decided = Pick<
  DecisionRecord,
  | 'vulnerability'
  | 'aliases'
  | 'component'
  | 'artifact'
  | 'status'
  | 'justification'
  | 'originalJustification'
  | 'owner'
>;

/**
 * The statement that a decision makes in the words of VEX. Of what is affected, the reason says what is done about it, unless an
 * action does. `madeAt` and `reviewBy`: RFC 3339.
 */
export function decisionStatement(
  d: Decided,
  words: { readonly reason: string; readonly action: string | null },
  times: Pick<Statement, 'madeAt' | 'reviewBy'>,
): Statement {
  const { reason, action } = words;
  const acts = d.status === 'affected' && action === null;
  return {
    vulnerability: d.vulnerability,
    aliases: d.aliases,
    components: d.component === null ? [] : [d.component],
    products: d.artifact === null ? [] : [d.artifact],
    status: d.status,
    justification: d.justification,
    originalJustification: d.originalJustification,
    impact: acts ? null : reason,
    action: acts ? reason : action,
    author: d.owner,
    ...times,
  };
}
