import {
  type AlertEvent,
  alertStates,
  type ChangeEvent,
  type ChangeKind,
  changeKinds,
  type KnownState,
  type KvittoEvent,
  type NamedVulnerability,
} from '../../../model/event.ts';
import type { Digest } from '../../../model/inventory.ts';

const digest = (letter: string): Digest => `sha256:${letter.repeat(64)}`;

/** What every sample has; each gets an id of its own. */
function stamp(place: number) {
  const id = `3f2a90c1-1204-${place}`;
  return { id, at: '2026-08-21T06:30:12.345Z', entry: 1204, place, actor: 'role:release' };
}

const shop = { service: 'shop', environment: 'prod' };
const nowhere = { service: null, environment: null };

const named: NamedVulnerability = {
  id: 'CVE-2026-10001',
  aliases: ['GHSA-aaaa-bbbb-cccc'],
  published: '2026-08-20T12:00:00Z',
  summary: 'A length is trusted',
  ratedBy: 'NVD',
  vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H',
  exploitation: [{ source: 'CISA KEV', since: '2026-08-21', due: '2026-09-11', ransomware: true }],
  epss: 0.42,
};

/** Only an advisory names it, nobody rated it, and nothing fixes it. */
const unrated: NamedVulnerability = {
  ...named,
  ...{ id: 'GHSA-dddd-eeee-ffff', aliases: [], published: null, summary: '', ratedBy: null, vector: null },
  ...{ exploitation: [], epss: null },
};

const high: KnownState = {
  severity: 'high',
  score: 7.5,
  exploited: false,
  fixedIn: null,
  advisories: ['DSA-1', 'GHSA-aaaa-bbbb-cccc'],
};
const critical: KnownState = { ...high, severity: 'critical', score: 9.8, exploited: true, fixedIn: '1.2.3-4' };
const unknown: KnownState = {
  severity: 'unknown',
  score: null,
  exploited: false,
  fixedIn: null,
  advisories: ['GHSA-dddd-eeee-ffff'],
};

const nothing: Omit<ChangeEvent, 'id' | 'at' | 'entry' | 'place' | 'actor' | 'change' | 'subject' | 'message'> = {
  type: 'change',
  state: 'began',
  ...nowhere,
  ...{ vulnerability: null, component: null, artifact: null, artifacts: 0, deployments: 0, deployment: null },
  ...{ containers: null, owner: 'team-shop', since: null, before: null, after: null, detail: {} },
};

const running = {
  ...shop,
  component: 'pkg:deb/debian/libleft@1.2.3-1?arch=amd64&distro=debian-12',
  artifact: digest('a'),
  ...{ artifacts: 2, deployments: 3, deployment: 17, containers: 1000, since: '2026-03-01T00:00:00Z' },
};
const known = { ...running, subject: named.id, vulnerability: named };

/** What each kind has that others have not. */
const byKind: Readonly<Record<ChangeKind, Partial<ChangeEvent>>> = {
  new: { ...known, after: critical },
  exploited: { ...known, before: high, after: critical },
  'severity-up': { ...known, before: high, after: critical },
  'severity-down': { ...known, before: critical, after: high },
  epss: { ...known, detail: { probability: 0.42, bound: 0.1, asOf: '2026-08-21' } },
  'fix-available': { ...known, before: high, after: { ...high, fixedIn: '1.2.3-4' } },
  changed: { ...known, before: high, after: high },
  withdrawn: { ...known, vulnerability: { ...unrated, id: named.id }, before: high },
  gone: { ...known, vulnerability: { ...unrated, id: named.id }, before: high },
  'decision-expired': { ...shop, subject: '77', vulnerability: unrated, detail: { decision: 77, daysLeft: 0 } },
  'decision-expiring': { ...shop, subject: '77', vulnerability: unrated, detail: { decision: 77, daysLeft: 7 } },
  'end-of-life': { ...running, component: null, subject: 'Debian:10', detail: { until: '2024-06-30' } },
  drift: {
    ...shop,
    subject: 'changed-by-hand',
    since: '2026-08-20T00:00:00Z',
    detail: { paths: '/etc/passwd\n/srv/a' },
  },
  'unrecorded-deployment': { ...running, component: null, subject: digest('b'), detail: { run: null } },
  'gate-bypassed': {
    ...running,
    component: null,
    subject: digest('a'),
    detail: { marks: 'break-glass', urgent: true },
  },
  'feed-failed': { subject: 'osv/Debian', detail: { message: 'osv/Debian is an empty zip' } },
  'feed-stale': { subject: 'nvd', detail: { asOf: '2026-08-01T00:00:00Z' } },
  'scan-overdue': { subject: 'components', detail: { since: '2026-08-01T00:00:00Z' } },
  'watch-silent': { subject: 'watch', detail: { since: '2026-08-01T00:00:00Z' } },
};

function change(kind: ChangeKind, place: number, also: Partial<ChangeEvent> = {}): ChangeEvent {
  const subject = 'unnamed';
  return {
    ...nothing,
    subject,
    ...byKind[kind],
    ...also,
    change: kind,
    message: `a message of ${kind}`,
    ...stamp(place),
  };
}

const alert: Omit<AlertEvent, keyof ReturnType<typeof stamp> | 'state' | 'message'> = {
  type: 'alert',
  ...shop,
  ...{
    alert: 4931584,
    rule: 'urgent',
    thread: 'urgent/shop/prod',
    owner: 'team-shop',
    severity: 'critical',
    exploited: true,
  },
  ...{ total: 240, counts: { new: 200, exploited: 40 }, raised: '2026-08-21T06:30:12.345Z', send: ['log'] },
  ...{ changes: [change('exploited', 500), change('end-of-life', 501)], acknowledgedBy: null },
};

function others(): KvittoEvent[] {
  const artifact = digest('a');
  const name = 'registry.example/shop:4.2';
  return [
    {
      ...stamp(100),
      ...{ type: 'scan', message: 'shop:4.2 was scanned', ...shop, components: 412, problems: 1 },
      artifact: { digest: artifact, kind: 'image', name, platform: 'linux/amd64' },
    },
    ...(['pass', 'fail', 'cannot-say'] as const).map(
      (verdict, i): KvittoEvent => ({
        ...stamp(101 + i),
        ...{
          type: 'verdict',
          message: `the gate says ${verdict}`,
          ...shop,
          artifact,
          verdict,
          findings: 3,
          exceptions: 1,
        },
        ...{ policy: digest('c'), snapshot: digest('d'), run: 'https://ci.example/run/9' },
      }),
    ),
    ...(['started', 'stopped', 'corrected'] as const).map(
      (action, i): KvittoEvent => ({
        ...stamp(110 + i),
        ...{ type: 'deployment', message: `shop ${action}`, ...shop, action, deployment: 17, artifact, image: name },
        ...{ from: '2026-03-01T00:00:00Z', until: action === 'stopped' ? '2026-08-01T00:00:00Z' : null },
        ...{ marks: ['break-glass'], change: 'CHG-9', run: null },
      }),
    ),
    {
      ...stamp(120),
      ...{ type: 'observation', message: 'somebody looked', service: null, environment: 'prod' },
      ...{ source: 'kubernetes', containers: 1000, drift: 2 },
    },
    ...(['not_affected', 'affected', 'fixed', 'under_investigation'] as const).map(
      (status, i): KvittoEvent => ({
        ...stamp(130 + i),
        ...{
          type: 'decision',
          message: `decided: ${status}`,
          ...shop,
          decision: 77 + i,
          status,
          component: running.component,
        },
        ...{ vulnerability: i === 0 ? unrated.id : named.id, artifact: i === 1 ? artifact : null },
        ...{ justification: i === 0 ? 'component_not_present' : null, owner: 'team-shop', approvedBy: 'role:ciso' },
        ...{ from: '2026-08-21T06:30:12Z', until: i === 1 ? '2026-11-21T00:00:00Z' : null },
      }),
    ),
    {
      ...stamp(140),
      ...{ type: 'rescan', message: 'held against the advisories', ...nowhere, snapshot: digest('d'), scope: 'all' },
      ...{ components: 5000, opened: 12, closed: 3, problems: 0 },
    },
    { ...stamp(150), type: 'ledger', message: 'a key was rotated', ...nowhere, action: 'key-rotated' },
    ...alertStates.map((state, i): KvittoEvent => {
      const acknowledgedBy = state === 'acknowledged' ? 'role:on-call' : null;
      return { ...stamp(160 + i), ...alert, state, message: `alert ${state}`, acknowledgedBy };
    }),
  ];
}

/** Every type of event, every kind of change that began, those that can end, and every state of an alert: each id once. */
export const sampleEvents: readonly KvittoEvent[] = [
  ...changeKinds.map((kind, i) => change(kind, i)),
  ...(['epss', 'feed-stale', 'decision-expiring'] as const).map((kind, i) => change(kind, 50 + i, { state: 'ended' })),
  change('new', 60, {
    ...{ subject: unrated.id, vulnerability: unrated, after: unknown, component: 'pkg:npm/%40scope/left@1.0.0' },
  }),
  change('new', 61, { component: 'pkg:golang/example.org/m@', after: { ...high, severity: 'negligible' } }),
  ...others(),
];

/** A text that an attacker might have written: ends of lines, controls, half a pair, a terminal's commands. */
export const hostileText = `a\nb\r\n\0\u001b[2J\u0085\u2028\u2029\ud800"]\\${'é\u{1f600}'.repeat(50)} <134>1 - - - - - -`;

/** Every sample with such a text in every place where free text may stand. */
export function hostileEvents(text: string = hostileText): readonly KvittoEvent[] {
  const spared = new Set([
    'id',
    'at',
    'type',
    'change',
    'state',
    'verdict',
    'action',
    'severity',
    'published',
    'since',
    'raised',
    'from',
    'until',
  ]);
  const replace = (value: unknown, key: string): unknown => {
    if (typeof value === 'string') return spared.has(key) || value.startsWith('sha256:') ? value : `${value}${text}`;
    if (Array.isArray(value)) return value.map((each) => replace(each, key));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([k, each]) => [k, replace(each, k)]));
  };
  return sampleEvents.map((event) => replace(event, '') as KvittoEvent);
}

export const sampleContext = {
  tool: 'kvitto/0.1.0',
  link: (event: KvittoEvent): string | null =>
    event.type === 'ledger' ? null : `https://kvitto.example/e/${event.id}`,
};
