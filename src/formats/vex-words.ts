import type { Justification, Statement, VexStatus } from '../model/decision.ts';

// One table for the words of three vocabularies. Where two words do not mean the same, the weaker claim is made, and the
// foreign label is kept beside it; a round trip never makes a claim stronger than it was.

/** CSAF 2.0 and 2.1: lists of `product_status`. `recommended` and `unknown` state nothing. */
export const csafStatuses: ReadonlyMap<string, VexStatus> = new Map([
  ['known_not_affected', 'not_affected'],
  ['fixed', 'fixed'],
  ['first_fixed', 'fixed'],
  ['under_investigation', 'under_investigation'],
  ['known_affected', 'affected'],
  ['first_affected', 'affected'],
  ['last_affected', 'affected'],
]);

/** CSAF: the list of `product_status` that a status is written to. */
export const csafStatusOf: Readonly<Record<VexStatus, string>> = {
  not_affected: 'known_not_affected',
  affected: 'known_affected',
  fixed: 'fixed',
  under_investigation: 'under_investigation',
};

/** The statuses from the most to the least cautious: where a document contradicts itself, the first one counts. */
export const mostCautious: readonly VexStatus[] = ['affected', 'under_investigation', 'fixed', 'not_affected'];

/** CycloneDX 1.4 to 1.7: `analysis.state`. */
const cyclonedxStates: ReadonlyMap<string, VexStatus> = new Map([
  ['not_affected', 'not_affected'],
  ['false_positive', 'not_affected'],
  ['exploitable', 'affected'],
  ['resolved', 'fixed'],
  ['resolved_with_pedigree', 'fixed'],
  ['in_triage', 'under_investigation'],
]);

const cyclonedxStateOf: Readonly<Record<VexStatus, string>> = {
  not_affected: 'not_affected',
  affected: 'exploitable',
  fixed: 'resolved',
  under_investigation: 'in_triage',
};

/** CycloneDX justifications that mean the same as a label of ours, or a little more. */
const same: ReadonlyMap<string, Justification> = new Map([
  ['code_not_present', 'vulnerable_code_not_present'],
  ['code_not_reachable', 'vulnerable_code_not_in_execute_path'],
  ['protected_by_compiler', 'inline_mitigations_already_exist'],
  ['protected_at_runtime', 'inline_mitigations_already_exist'],
]);

/** Labels whose counterpart a person has to choose: the status stands, without a label, if the document says why. */
const forPeople = new Set(['requires_configuration', 'requires_dependency', 'requires_environment']);

/** Protection outside of the product: its users can take it away, so to OpenVEX the product is affected. */
const outside: ReadonlyMap<string, string> = new Map([
  ['protected_at_perimeter', 'Protected at the perimeter, outside of the product.'],
  ['protected_by_mitigating_control', 'Protected by a mitigating control outside of the product.'],
]);

/** What a CycloneDX analysis means in our words. */
export interface Meaning {
  readonly status: VexStatus;
  readonly justification: Justification | null;
  readonly originalJustification: string | null;
  /** The action that the label itself stands for. */
  readonly action: string | null;
}

/** The meaning of `state` and `justification` of a CycloneDX analysis; null where the state is no word of the standard. */
export function cyclonedxMeaning(state: string, label: string | null): Meaning | null {
  const status = cyclonedxStates.get(state);
  if (status === undefined) return null;
  const falsePositive = state === 'false_positive' ? state : null;
  if (status !== 'not_affected' || label === null)
    return { status, justification: null, originalJustification: label ?? falsePositive, action: null };
  const protection = outside.get(label);
  if (protection !== undefined)
    return { status: 'affected', justification: null, originalJustification: label, action: protection };
  const justification = same.get(label) ?? null;
  const exact = justification !== null && !label.startsWith('protected_');
  return { status, justification, originalJustification: exact ? falsePositive : label, action: null };
}

/** `state` and `justification` of a CycloneDX analysis. `inWords` is set where the label has no counterpart of its own. */
export function cyclonedxWords(s: Pick<Statement, 'status' | 'justification' | 'originalJustification'>): {
  readonly state: string;
  readonly justification: string | null;
  readonly inWords: string | null;
} {
  const state = cyclonedxStateOf[s.status];
  if (s.status !== 'not_affected') return { state, justification: null, inWords: null };
  const original = s.originalJustification;
  if (s.justification === null) {
    const kept = original !== null && forPeople.has(original) ? original : null;
    return { state: original === 'false_positive' ? original : state, justification: kept, inWords: null };
  }
  const inWords = sentences[s.justification];
  if (inWords === null) {
    const [label = null] = [...same].find(([, ours]) => ours === s.justification) ?? [];
    return { state: original === 'false_positive' ? original : state, justification: label, inWords: null };
  }
  if (original !== null && same.get(original) === s.justification) return { state, justification: original, inWords };
  // An absent component is absent code; for the others no label of CycloneDX is sure not to say more.
  return { state, justification: s.justification === 'component_not_present' ? 'code_not_present' : null, inWords };
}

/** The sentence for a label that CycloneDX has no exact word for; null where it has one. */
const sentences: Readonly<Record<Justification, string | null>> = {
  component_not_present: 'The vulnerable component is not present.',
  vulnerable_code_not_present: null,
  vulnerable_code_not_in_execute_path: null,
  vulnerable_code_cannot_be_controlled_by_adversary: 'An adversary cannot control the vulnerable code.',
  inline_mitigations_already_exist: 'Mitigations that are built in already exist.',
};

/** CSAF's categories of a remediation that stand before the words of an action, with CycloneDX's `response`. `mitigation` goes without saying. */
const categories: ReadonlyMap<string, string | null> = new Map([
  ['vendor_fix', 'update'],
  ['workaround', 'workaround_available'],
  ['no_fix_planned', 'will_not_fix'],
  ['none_available', null],
  ['fix_planned', null],
  ['optional_patch', null],
]);

/** Categories that CSAF 2.1 adds. */
const only21 = new Set(['fix_planned', 'optional_patch']);

const responses: ReadonlyMap<string, string> = new Map([
  ['update', 'vendor_fix'],
  ['workaround_available', 'workaround'],
  ['rollback', 'workaround'],
  ['will_not_fix', 'no_fix_planned'],
  ['can_not_fix', 'no_fix_planned'],
]);

/** An action in our words, from the category of a CSAF remediation and its details. */
export function actionOfRemediation(category: string | null, details: string): string {
  return category !== null && categories.has(category) ? `${category}: ${details}` : details;
}

/** The category and details of a CSAF 2.0 remediation for an action. */
export function remediationOf(action: string): { readonly category: string; readonly details: string } {
  const { category, text } = split(action);
  if (category === null || only21.has(category)) return { category: 'mitigation', details: action };
  return { category, details: text };
}

/** An action in our words, from CycloneDX's `response` and its recommendation; null where neither says anything. */
export function actionOfResponse(response: readonly string[], recommendation: string | null): string | null {
  const known = response.filter((word) => responses.has(word));
  const [first] = known;
  if (first === undefined) return recommendation;
  return `${responses.get(first)}: ${recommendation ?? known.join(', ')}`;
}

/** CycloneDX's `response` and recommendation for an action. */
export function responseOf(action: string): { readonly response: readonly string[]; readonly recommendation: string } {
  const { category, text } = split(action);
  const response = category === null ? null : categories.get(category);
  return response == null ? { response: [], recommendation: action } : { response: [response], recommendation: text };
}

function split(action: string): { category: string | null; text: string } {
  const at = action.indexOf(': ');
  const category = at < 0 ? '' : action.slice(0, at);
  const text = action.slice(at + 2);
  return categories.has(category) && text.trim() !== '' ? { category, text } : { category: null, text: action };
}
