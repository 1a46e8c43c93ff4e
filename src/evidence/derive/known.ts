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
  /** Since when the artifact was known to have a component. */
  readonly components: ReadonlyMap<string, Instant>;
}

/** Whether something that was known from `since` until `until` was so at some time while it ran. */
function meets(since: Instant, until: Instant, { ran }: Running): boolean {
  return ran.from === ran.to ? since <= ran.from && ran.from < until : since < ran.to && until > ran.from;
}

/** The form that is open, else the last that was open while it ran. */
function formFor(forms: readonly Form[], running: Running): Form | null {
  return forms.findLast((f) => f.knownTo === forever || meets(f.knownFrom, f.knownTo, running)) ?? null;
}

export interface Exposed {
  readonly vulnerabilities: readonly KnownVulnerability[];
  /** Decisions about one of them, with how many they decide. */
  readonly decisions: ReadonlyMap<Decision, number>;
}

/** Which vulnerabilities of what ran were known, since when and from where, and what was decided about them at the end. */
export function exposed(request: PackRequest, running: readonly Running[], matches: Matches, decided: Decided): Exposed {
  const { forms, names } = matches;
  const byComponent = Map.groupBy([...forms.values()], ([first]) => first?.match.component ?? '');
  const rows = new Map<string, { row: KnownVulnerability; deployments: number[] }>();
  const decisions = new Map<Decision, number>();
  for (const one of running) {
    const { deployment, environment, artifact, components } = one;
    for (const [component, containedSince] of components) {
      for (const list of byComponent.get(component) ?? []) {
        const form = formFor(list, one);
        if (form === null) continue;
        const { id } = form.match;
        const subject = { service: request.service, environment, artifact, component };
        const about = decided.about(names.get(id)?.keys() ?? [id], subject);
        const decision = inForce(about, request.to);
        for (const each of about) decisions.set(each, decisions.get(each) ?? 0);
        const knownThen = list.some((f) => meets(Math.max(f.firstKnown, containedSince), f.knownTo, one));
        const key = [component, id, form.knownFrom, decision?.id].join('\0');
        const known = rows.get(key);
        if (known !== undefined) {
          known.deployments.push(deployment);
          known.row = { ...known.row, knownWhileRunning: known.row.knownWhileRunning || knownThen };
          continue;
        }
        if (decision !== null) decisions.set(decision, (decisions.get(decision) ?? 0) + 1);
        const row = rowOf(form, names.get(id)?.keys() ?? [], knownThen, request.asOf, decision);
        rows.set(key, { row, deployments: [deployment] });
      }
    }
  }
  const vulnerabilities = [...rows.values()].map(({ row, deployments }) => ({ ...row, deployments }));
  return { vulnerabilities: vulnerabilities.sort(worstFirst), decisions };
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
    (a.deployments[0] ?? 0) - (b.deployments[0] ?? 0)
  );
}
