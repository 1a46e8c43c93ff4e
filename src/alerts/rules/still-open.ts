import type { AlertDocument } from '../../ledger/document-shapes.ts';
import type { Instant } from '../../ledger/instant.ts';
import type { ChangeEvent, ChangeKind } from '../../model/event.ts';
import type { Handled } from './handled.ts';
import { differs, holds, type OpenMatch, openIn, runs, runsMarked, runsOf } from './open-in-place.ts';

type Source = Parameters<typeof openIn>[0];

/** What has to be gone of each kind. */
const about = {
  exploited: 'match',
  new: 'match',
  'severity-up': 'match',
  'severity-down': 'match',
  'fix-available': 'match',
  changed: 'match',
  withdrawn: 'match',
  gone: 'match',
  'decision-expired': 'vulnerability',
  'decision-expiring': 'condition',
  epss: 'condition',
  'end-of-life': 'condition',
  'feed-failed': 'condition',
  'feed-stale': 'condition',
  'scan-overdue': 'condition',
  'watch-silent': 'condition',
  drift: 'difference',
  'unrecorded-deployment': 'difference',
  'gate-bypassed': 'difference',
} as const satisfies Record<ChangeKind, string>;

/** Says whether something of an alert is still there, from what runs and what is known now. Made for one look, then thrown away. */
export class StillOpen {
  readonly #source: Source;
  readonly #handled: Handled;
  readonly #now: Instant;
  readonly #places = new Map<string, Promise<OpenMatch[]>>();

  constructor(source: Source, handled: Handled, now: Instant) {
    this.#source = source;
    this.#handled = handled;
    this.#now = now;
  }

  /** `raised`: when it was. Where not all is listed that was counted, whatever it may have been counts. */
  async isOpen(alert: AlertDocument, raised: Instant): Promise<boolean> {
    for (const change of alert.changes) if (await this.#isThere(change)) return true;
    return alert.total > alert.changes.length && (await this.#mayBeUnlisted(alert, raised));
  }

  async #isThere(change: ChangeEvent): Promise<boolean> {
    const { change: kind, service, environment, deployment } = change;
    const place = service === null || environment === null ? null : { service, environment };
    switch (about[kind]) {
      case 'match':
        return await this.#isOpenMatch(change, change.component);
      case 'vulnerability':
        // A decision names a component without its version: any that has the vulnerability counts.
        return await this.#isOpenMatch(change, null);
      case 'condition': {
        if (!(await holds(this.#source, kind, change.subject))) return false;
        if (kind === 'epss') return await this.#isOpenMatch(change, change.component);
        return (
          kind !== 'end-of-life' || place === null || (await runsOf(this.#source, place, change.subject, this.#now))
        );
      }
      case 'difference': {
        if (deployment !== null) return await runs(this.#source, deployment, this.#now);
        if (place === null) return false;
        const difference = { what: String(change.detail['what'] ?? ''), digest: change.artifact };
        return await differs(this.#source, place, difference);
      }
    }
  }

  async #isOpenMatch({ vulnerability, service, environment }: ChangeEvent, component: string | null): Promise<boolean> {
    if (vulnerability === null) return false;
    const names = [vulnerability.id, ...vulnerability.aliases];
    const open = await this.#openIn(service, environment);
    return open.some((m) => (component === null || m.component === component) && names.some((n) => m.names.has(n)));
  }

  /** Whether something is there in the alert's place that was there when it was raised, of a kind that it counts. */
  async #mayBeUnlisted({ service, environment, counts }: AlertDocument, raised: Instant): Promise<boolean> {
    const place = service === null || environment === null ? null : { service, environment };
    for (const kind of Object.keys(counts) as ChangeKind[]) {
      const what = about[kind];
      if (what === 'condition') {
        if (await holds(this.#source, kind, null, raised)) return true;
      } else if (what === 'difference') {
        if (place === null) continue;
        if (await differs(this.#source, place, null)) return true;
        if (await runsMarked(this.#source, place, this.#now)) return true;
      } else {
        // What is known in another form since is known since the same time.
        const open = await this.#openIn(service, environment);
        if (open.some((m) => m.firstKnown <= raised)) return true;
      }
    }
    return false;
  }

  async #openIn(service: string | null, environment: string | null): Promise<OpenMatch[]> {
    if (service === null || environment === null) return [];
    const key = JSON.stringify([service, environment]);
    let open = this.#places.get(key);
    if (open === undefined) {
      open = openIn(this.#source, this.#handled, { service, environment }, this.#now);
      this.#places.set(key, open);
    }
    return await open;
  }
}
