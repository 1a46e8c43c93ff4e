import {
  isVexStatus,
  type Justification,
  type Statement,
  statementFaults,
  type VexStatus,
} from '../../model/decision.ts';
import { CodedError } from '../../model/errors.ts';
import type { Digest } from '../../model/inventory.ts';
import { clip } from '../../model/problem.ts';
import { parsePurl } from '../../model/purl.ts';
import { mostDecisions } from '../apply/decisions.ts';
import type { Reader } from '../database/database.ts';
import type { DecisionRecord, DecisionsDocument } from '../document-shapes.ts';
import type { DecisionsMade } from '../fact.ts';
import { formatInstant, type Instant } from '../instant.ts';
import type { Appended, Ledger } from '../ledger.ts';
import { checkName } from '../names.ts';
import { checkText, putJson, putTexts } from './text.ts';

/** A decision as it is asked for. What is null holds for all. */
export interface DecideRequest {
  readonly vulnerability: string;
  readonly aliases: readonly string[];
  readonly service: string | null;
  readonly environment: string | null;
  /** purl, with or without version. */
  readonly component: string | null;
  readonly artifact: Digest | null;
  readonly status: VexStatus;
  readonly justification: Justification | null;
  readonly originalJustification: string | null;
  /** Why. For `affected`: what is done about it, where `action` says nothing. */
  readonly reason: string;
  readonly action: string | null;
  readonly owner: string;
  readonly approvedBy: string | null;
  /** From when on it holds; null: from now on. */
  readonly from: Instant | null;
  /** Until when; only `fixed` may go without. */
  readonly until: Instant | null;
  readonly evidence: readonly { readonly url: string | null; readonly document: Digest | null }[];
}

/** What the policy asks of decisions. */
export interface DecisionDemands {
  readonly fourEyes: readonly VexStatus[];
  readonly longestMs: number;
}

export interface Decided {
  readonly appended: Appended;
  readonly fact: DecisionsMade;
  /** Numbers of the decisions, in the order of the requests. */
  readonly ids: readonly number[];
}

function refuse(what: string, remedy: string): CodedError {
  return new CodedError('usage', what, { remedy });
}

/** The statement that a decision makes, to be held against the rules of OpenVEX. */
function statementOf(d: DecideRequest, reason: string, action: string | null): Statement {
  const affected = d.status === 'affected';
  return {
    vulnerability: d.vulnerability,
    aliases: d.aliases,
    components: d.component === null ? [] : [d.component],
    products: d.artifact === null ? [] : [d.artifact],
    status: d.status,
    justification: d.justification,
    originalJustification: d.originalJustification,
    impact: affected ? null : reason,
    action: action ?? (affected ? reason : null),
    author: d.owner,
    madeAt: null,
    reviewBy: null,
  };
}

function checkTimes(d: DecideRequest, from: Instant, longestMs: number): void {
  if (d.until === null) {
    if (d.status === 'fixed') return;
    throw refuse(`a decision "${d.status}" needs an end`, 'give --until DATE: when somebody looks at it again');
  }
  if (d.until <= from) {
    throw refuse(
      `the end ${formatInstant(d.until)} is not after the beginning ${formatInstant(from)}`,
      'give a later --until',
    );
  }
  if (d.until - from > longestMs) {
    const days = Math.floor(longestMs / 86_400_000);
    throw refuse(
      `the end ${formatInstant(d.until)} is more than ${days} days away, which is the longest that the policy allows`,
      'give an earlier --until, and decide again then',
    );
  }
}

function checkApproval(d: DecideRequest, actor: string, fourEyes: readonly VexStatus[]): void {
  if (d.approvedBy === null) {
    if (!fourEyes.includes(d.status)) return;
    throw refuse(`the policy asks for a second role to approve a decision "${d.status}"`, 'give --approved-by ROLE');
  }
  const own = [d.owner, actor].find((role) => role === d.approvedBy);
  if (own !== undefined)
    throw refuse(
      `--approved-by ${own} is the role that decides`,
      'name another role: nobody approves their own decision',
    );
}

/** Throws `not-in-ledger` for a service or environment that nothing was ever deployed as: most likely a slip of the pen. */
async function checkScope(
  reader: Reader,
  table: 'service' | 'environment',
  name: string | null,
  option: string,
): Promise<void> {
  if (name === null) return;
  const found = await reader.selectFrom(table).select('id').where('name', '=', name).executeTakeFirst();
  if (found !== undefined) return;
  throw new CodedError('not-in-ledger', `${option} ${clip(name, 60)} is not in the ledger`, {
    remedy: 'kvitto ran --at now shows what is; a decision for all leaves the option out',
  });
}

/**
 * Records decisions, all or none, as one entry. A decision takes the place of the one that holds for the same vulnerability (by
 * any of its names) and the same scope; the old one stays in the ledger with the time until which it held.
 *
 * Throws `usage` naming the option that is missing or wrong, `not-in-ledger` for an unknown service or environment.
 */
export async function decide(
  ledger: Ledger,
  requests: readonly DecideRequest[],
  demands: DecisionDemands,
  by: { readonly actor: string; readonly source: DecisionsMade['source'] },
): Promise<Decided> {
  const actor = checkName(by.actor, '--by');
  if (requests.length === 0 || requests.length > mostDecisions) {
    throw refuse(`${requests.length} decisions at once`, `give 1 to ${mostDecisions}`);
  }
  // A clock that was set back must not let a decision hold before the ledger knew what it is about.
  const now = Math.max(ledger.parts.clock().getTime(), (await ledger.state()).last_recorded);
  const decisions: DecisionRecord[] = [];
  const texts: Record<string, string>[] = [];
  for (const d of requests) {
    const reason = checkText(d.reason, '--reason');
    const action = d.action === null ? null : checkText(d.action, '--action');
    const owner = checkName(d.owner, '--owner');
    const approvedBy = d.approvedBy === null ? null : checkName(d.approvedBy, '--approved-by');
    const checked = { ...d, owner, approvedBy };
    if (!isVexStatus(d.status))
      throw refuse(`--status: ${clip(String(d.status), 40)}`, 'not_affected, affected, fixed or under_investigation');
    const [fault] = statementFaults(statementOf(checked, reason, action));
    if (fault !== undefined) throw refuse(fault, 'docs: kvitto decide --help names what goes with each status');
    if (d.component !== null && parsePurl(d.component) === null)
      throw refuse(
        `--component ${clip(d.component)} is not a package URL`,
        'write it as pkg:deb/debian/openssl or with its version',
      );
    const from = d.from ?? now;
    checkTimes(checked, from, demands.longestMs);
    checkApproval(checked, actor, demands.fourEyes);
    const { vulnerability, aliases, component, artifact, status, justification, originalJustification, evidence } = d;
    decisions.push({
      vulnerability,
      aliases,
      service: d.service === null ? null : checkName(d.service, '--service'),
      environment: d.environment === null ? null : checkName(d.environment, '--env'),
      component,
      artifact,
      status,
      justification,
      originalJustification,
      owner,
      approvedBy,
      from: formatInstant(from),
      until: d.until === null ? null : formatInstant(d.until),
      evidence,
    });
    texts.push({ reason, ...(action !== null && { action }) });
  }
  let fact: DecisionsMade | null = null;
  const appended = await ledger.append(actor, async ({ tx }) => {
    for (const service of new Set(decisions.map((d) => d.service)))
      await checkScope(tx, 'service', service, '--service');
    for (const name of new Set(decisions.map((d) => d.environment))) await checkScope(tx, 'environment', name, '--env');
    // Only now: words that no entry names could not be redacted.
    const document: DecisionsDocument = { schema: 'kvitto-decisions-1', decisions };
    fact = {
      kind: 'decisions-made',
      decisions: await putJson(ledger.documents, document),
      texts: await putTexts(ledger.documents, texts),
      count: decisions.length,
      source: by.source,
    };
    return [fact];
  });
  if (fact === null) throw new TypeError('decisions without their fact');
  return { appended, fact, ids: decisions.map((_, place) => appended.first * mostDecisions + place) };
}
