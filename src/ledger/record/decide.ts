import { isVexStatus, type Justification, statementFaults, type VexStatus } from '../../model/decision.ts';
import { CodedError } from '../../model/errors.ts';
import type { Digest } from '../../model/inventory.ts';
import { clip } from '../../model/problem.ts';
import { formatPurl, parsePurl } from '../../model/purl.ts';
import { mostDecisions } from '../apply/decisions.ts';
import type { Reader } from '../database/database.ts';
import type { DecisionRecord, DecisionsDocument } from '../document-shapes.ts';
import type { DecisionsMade } from '../fact.ts';
import { formatInstant, type Instant } from '../instant.ts';
import type { Appended, Ledger } from '../ledger.ts';
import { checkName } from '../names.ts';
import { removeRedacted } from '../redacted-again.ts';
import { decisionStatement } from './decision-statement.ts';
import { checkText, putJson, putTexts } from './text.ts';
import { unknownNames } from './unknown-names.ts';

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
  /** Vulnerabilities, artifacts and components of the requests that nothing in the ledger has (so far), sorted. */
  readonly unknown: readonly string[];
  /** Evidence that was redacted before: it stays named, and out. */
  readonly redacted: readonly Digest[];
}

function refuse(what: string, remedy: string): CodedError {
  return new CodedError('usage', what, { remedy });
}

/** A clock of another machine may be ahead by so much. */
const clockSlackMs = 5 * 60_000;

/** From when on it holds. A decision about the future would leave the time until then without one. */
function beginOf(d: DecideRequest, now: Instant): Instant {
  const from = d.from ?? now;
  if (from > now + clockSlackMs)
    throw refuse(
      `the beginning ${formatInstant(from)} lies in the future`,
      'leave --from out, or decide when it begins',
    );
  return Math.min(from, now);
}

function checkTimes(d: DecideRequest, from: Instant, now: Instant, longestMs: number): void {
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
  if (d.until <= now)
    throw refuse(
      `the end ${formatInstant(d.until)} has passed`,
      'give a later --until: what is decided now holds from now on',
    );
  // Counted from now: a beginning in the past does not mean that nobody looked since.
  if (d.until - now > longestMs) {
    const days = Math.floor(longestMs / 86_400_000);
    throw refuse(
      `the end ${formatInstant(d.until)} is more than ${days} days away, which is the longest that the policy allows`,
      'give an earlier --until, and decide again then',
    );
  }
}

function checkApproval(d: DecideRequest, actor: string, fourEyes: readonly VexStatus[]): void {
  const { approvedBy } = d;
  if (approvedBy === null) {
    if (!fourEyes.includes(d.status)) return;
    throw refuse(`the policy asks for a second role to approve a decision "${d.status}"`, 'give --approved-by ROLE');
  }
  if ([d.owner, actor].some((role) => role.toLowerCase() === approvedBy.toLowerCase())) {
    throw refuse(
      `--approved-by ${approvedBy} is the role that decides`,
      'name another role: nobody approves their own decision',
    );
  }
}

/** A purl in its one way of writing, so that the same scope is the same text. */
function canonicalComponent(component: string): string {
  const purl = parsePurl(component);
  if (purl === null)
    throw refuse(
      `--component ${clip(component)} is not a package URL`,
      'write it as pkg:deb/debian/openssl or with its version',
    );
  return formatPurl(purl);
}

/** A request that may stand, as it is kept, with its words. Throws `usage`. */
function checked(d: DecideRequest, actor: string, now: Instant, demands: DecisionDemands) {
  if (!isVexStatus(d.status))
    throw refuse(`--status: ${clip(String(d.status), 40)}`, 'not_affected, affected, fixed or under_investigation');
  const reason = checkText(d.reason, '--reason');
  const action = d.action === null ? null : checkText(d.action, '--action');
  const request: DecideRequest = {
    ...d,
    service: d.service === null ? null : checkName(d.service, '--service'),
    environment: d.environment === null ? null : checkName(d.environment, '--env'),
    component: d.component === null ? null : canonicalComponent(d.component),
    owner: checkName(d.owner, '--owner'),
    approvedBy: d.approvedBy === null ? null : checkName(d.approvedBy, '--approved-by'),
  };
  const [fault] = statementFaults(
    decisionStatement(request, { reason: reason, action: action }, { madeAt: null, reviewBy: null }),
  );
  if (fault !== undefined) throw refuse(fault, 'docs/decisions.md: what goes with each status');
  const from = beginOf(request, now);
  checkTimes(request, from, now, demands.longestMs);
  checkApproval(request, actor, demands.fourEyes);
  const { reason: _, action: __, until, ...kept } = request;
  const record: DecisionRecord = {
    ...kept,
    from: formatInstant(from),
    until: until === null ? null : formatInstant(until),
  };
  return { record, text: { reason, ...(action !== null && { action }) } };
}

/** Why a request may not stand, in words; null where it may. `decide` refuses the same, and unknown services besides. */
export function faultOf(request: DecideRequest, actor: string, now: Instant, demands: DecisionDemands): string | null {
  try {
    checked(request, actor, now, demands);
    return null;
  } catch (thrown) {
    if (thrown instanceof CodedError && thrown.code === 'usage') return thrown.message;
    throw thrown;
  }
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
 * any of its names) and the same scope, also of one before it in the list; the old one stays in the ledger.
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
  const all = requests.map((request) => checked(request, actor, now, demands));
  const decisions = all.map(({ record }) => record);
  // Before anything is kept: what was known once stays known.
  for (const service of new Set(decisions.map((d) => d.service)))
    await checkScope(ledger.reader, 'service', service, '--service');
  for (const name of new Set(decisions.map((d) => d.environment)))
    await checkScope(ledger.reader, 'environment', name, '--env');
  const unknown = await unknownNames(ledger, decisions);
  const { documents, database } = ledger;
  const document: DecisionsDocument = { schema: 'kvitto-decisions-1', decisions };
  const fact: DecisionsMade = {
    kind: 'decisions-made',
    decisions: await putJson(documents, document),
    texts: await putTexts(
      documents,
      all.map(({ text }) => text),
    ),
    count: decisions.length,
    source: by.source,
  };
  const evidence = decisions.flatMap((d) => d.evidence.flatMap((e) => e.document ?? []));
  let redacted: readonly Digest[] = [];
  const appended = await ledger.append(actor, async ({ tx }) => {
    redacted = await removeRedacted({ reader: tx, database, documents }, evidence);
    return [fact];
  });
  const ids = decisions.map((_, place) => appended.first * mostDecisions + place);
  return { appended, fact, ids, unknown, redacted };
}
