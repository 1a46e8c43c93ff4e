import type { ChangeEvent, KnownState, KvittoEvent } from '../../model/event.ts';
import type { Holed } from './pruned.ts';

type Holes = { readonly [key: string]: Holed };

/** What a foreign schema has no field for, under one name of our own. Names in snake_case, as ECS and OCSF write theirs. */
export function ownFields(event: KvittoEvent): Holes {
  const { type, entry, place } = event;
  return { type, entry, place, ...fieldsOf(event) };
}

function fieldsOf(event: KvittoEvent): Holes {
  switch (event.type) {
    case 'change':
      return changeFields(event);
    case 'alert':
      return {
        state: event.state,
        alert: event.alert,
        thread: event.thread,
        owner: event.owner,
        severity: event.severity,
        exploited: event.exploited,
        total: event.total,
        counts: { ...event.counts },
        changes: event.changes.map(listed),
        raised: event.raised,
        acknowledged_by: event.acknowledgedBy,
      };
    case 'scan': {
      const { artifact, components, problems } = event;
      return {
        artifact: artifact.digest,
        artifact_kind: artifact.kind,
        platform: artifact.platform,
        components,
        problems,
      };
    }
    case 'verdict': {
      const { artifact, verdict, findings, exceptions, policy, snapshot, run } = event;
      return { artifact, verdict, findings, exceptions, policy, snapshot, run };
    }
    case 'deployment': {
      const { action, deployment, artifact, marks, change, run } = event;
      return { action, deployment, artifact, marks, ticket: change, run };
    }
    case 'observation': {
      const { source, containers, drift } = event;
      return { source, containers, drift };
    }
    case 'decision': {
      const { decision, component, artifact, status, justification, owner, approvedBy, from, until } = event;
      return {
        decision,
        purl: component,
        artifact,
        status,
        justification,
        owner,
        approved_by: approvedBy,
        from,
        until,
      };
    }
    case 'rescan': {
      const { snapshot, scope, components, opened, closed, problems } = event;
      return { snapshot, scope, components, opened, closed, problems };
    }
    case 'ledger':
      return { action: event.action };
  }
}

function changeFields(event: ChangeEvent): Holes {
  const { vulnerability } = event;
  return {
    change: event.change,
    state: event.state,
    subject: event.subject,
    purl: event.component,
    artifact: event.artifact,
    artifacts: event.artifacts,
    deployments: event.deployments,
    deployment: event.deployment,
    containers: event.containers,
    aliases: vulnerability?.aliases,
    published: vulnerability?.published,
    rated_by: vulnerability?.ratedBy,
    vector: vulnerability?.vector,
    epss: vulnerability?.epss,
    exploitation: vulnerability?.exploitation.map((e) => ({ ...e })),
    before: stateFields(event.before),
    after: stateFields(event.after),
    owner: event.owner,
    detail: { ...event.detail },
  };
}

function stateFields(state: KnownState | null): Holes | null {
  if (state === null) return null;
  const { severity, score, exploited, fixedIn, advisories } = state;
  return { severity, score, exploited, fixed_in: fixedIn, advisories };
}

/** A change as an alert lists it: it is told whole as an event of its own. */
function listed({ id, change, subject, component, before, after }: ChangeEvent): Holes {
  const state = after ?? before;
  const known = { severity: state?.severity, exploited: state?.exploited, fixed_in: state?.fixedIn };
  return { id, change, subject, purl: component, ...known };
}
