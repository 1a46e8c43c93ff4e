import { forever, formatInstant, type Instant } from '../../ledger/instant.ts';
import { severityLevels } from '../../model/advisory.ts';
import type { Digest } from '../../model/inventory.ts';
import type { KnownVulnerability, PackRequest } from '../answer.ts';
import { type Decided, type Decision, inForce } from './decisions.ts';
import { compareTexts, endAsOf } from './ground.ts';
import type { Form, Matches } from './matches.ts';

/** A deployment that ran in the period, with what its artifact was known to contain. */
export interface Running {
  readonly deployment: number;
  readonly environment: string;
  readonly artifact: Digest;
  readonly ran: { readonly from: Instant; readonly to: Instant };
  /** When it ended, in the period or behind it. */
  readonly validTo: Instant;
  /** Since when the artifact was known to have a component. */
  readonly components: ReadonlyMap<string, Instant>;
}

/** Whether something that was known from `since` until `until` was so at some time while it ran in the period. */
function meets(since: Instant, until: Instant, { ran, validTo }: Running): boolean {
  // What ended before it began to be known of the artifact never was.
  return since < until && (validTo <= ran.to ? since < ran.to : since <= ran.to) && until > ran.from;
}

export interface Exposed {
  readonly vulnerabilities: readonly KnownVulnerability[];
  /** Decisions about one of them, with how many they decide. */
  readonly decisions: ReadonlyMap<Decision, number>;
}

interface Group {
  form: Form;
  known: boolean;
  readonly decision: Decision | null;
  readonly deployments: Set<number>;
}

/**
 * Which vulnerabilities of what ran were known, since when and from where, and what was decided about them at the end. Of the
 * forms in which one was known at the end or while it ran, the last is shown.
 */
export function exposed(
  request: PackRequest,
  running: readonly Running[],
  matches: Matches,
  decided: Decided,
): Exposed {
  const rows: KnownVulnerability[] = [];
  const decisions = new Map<Decision, number>();
  for (const forms of matches.forms.values()) {
    const [first] = forms;
    if (first === undefined) continue;
    const { component, id } = first.match;
    const names = [...(matches.names.get(id)?.keys() ?? [id])];
    const groups = new Map<number | null, Group>();
    for (const form of forms.filter((f) => f.knownFrom < f.knownTo)) {
      for (const one of running) {
        const containedSince = one.components.get(component);
        if (containedSince === undefined) continue;
        if (form.knownTo !== forever && !meets(form.knownFrom, form.knownTo, one)) continue;
        const { deployment, environment, artifact } = one;
        const about = decided.about(names, { service: request.service, environment, artifact, component });
        for (const each of about) decisions.set(each, decisions.get(each) ?? 0);
        const decision = inForce(about, request.to);
        const group = groups.get(decision?.id ?? null) ?? { form, known: false, decision, deployments: new Set() };
        groups.set(decision?.id ?? null, group);
        group.form = form;
        group.known ||= meets(Math.max(form.firstKnown, containedSince), form.knownTo, one);
        group.deployments.add(deployment);
      }
    }
    for (const { form, known, decision, deployments } of groups.values()) {
      if (decision !== null) decisions.set(decision, (decisions.get(decision) ?? 0) + 1);
      const row = rowOf(form, names, known, request.asOf, decision);
      rows.push({ ...row, deployments: [...deployments].sort((a, b) => a - b) });
    }
  }
  return { vulnerabilities: rows.sort(worstFirst), decisions };
}

function rowOf(
  form: Form,
  names: Iterable<string>,
  knownWhileRunning: boolean,
  asOf: Instant,
  decision: Decision | null,
): KnownVulnerability {
  const { match } = form;
  return {
    vulnerability: match.id,
    aliases: [...names].filter((name) => name !== match.id).sort(),
    component: match.component,
    deployments: [],
    severity: match.severity.level,
    score: match.severity.score,
    severitySource: match.severity.source,
    exploited: match.exploitation.length > 0,
    fixedIn: match.fixedIn,
    advisories: match.advisories,
    firstKnown: formatInstant(form.firstKnown),
    knownFrom: formatInstant(form.knownFrom),
    knownTo: endAsOf(form.knownTo, asOf),
    closed: form.closed,
    knownWhileRunning,
    snapshot: form.snapshot,
    source: form.source,
    decision: decision?.id ?? null,
  };
}

/** Exploited first, then severity, score, vulnerability, component. */
function worstFirst(a: KnownVulnerability, b: KnownVulnerability): number {
  return (
    Number(b.exploited) - Number(a.exploited) ||
    severityLevels.indexOf(a.severity) - severityLevels.indexOf(b.severity) ||
    (b.score ?? -1) - (a.score ?? -1) ||
    compareTexts(a.vulnerability, b.vulnerability) ||
    compareTexts(a.component, b.component) ||
    (a.decision ?? -1) - (b.decision ?? -1)
  );
}
