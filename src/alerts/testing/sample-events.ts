import type { AlertEvent, ChangeEvent, ChangeKind, KvittoEvent } from '../../model/event.ts';
import { changeKinds } from '../../model/event.ts';

const digest = (letter: string) => `sha256:${letter.repeat(64)}` as const;
/** What an advisory or a container's name may hold: marks of every language, line ends, control characters, other directions of writing. */
export const hostileText = 'a "quoted" <b>&amp;</b> `x` @channel ]\\ \r\n\u0000\u001b[31m\u202e \u{1f4a5} é';

function base(place: number) {
  return {
    id: `3f2a90c1-1204-${place}`,
    at: new Date(Date.UTC(2026, 7, 21, 10, 30, 0, 123)).toISOString(),
    entry: 1204,
    place,
    actor: 'watch',
  };
}

/** A change of a kind, with everything that one can have. */
export function sampleChange(change: ChangeKind, place: number): ChangeEvent {
  return {
    ...base(place),
    type: 'change',
    change,
    state: 'began',
    message: `shop in production: CVE-2026-1000 ${change}`,
    service: 'shop',
    environment: 'production',
    subject: 'CVE-2026-1000',
    vulnerability: {
      id: 'CVE-2026-1000',
      aliases: ['GHSA-aaaa-bbbb-cccc'],
      published: '2026-08-20T00:00:00.000Z',
      summary: hostileText,
      ratedBy: 'nvd',
      vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H',
      exploitation: [],
      epss: 0.42,
    },
    component: 'pkg:deb/debian/openssl@3.0.15-1~deb12u1?arch=amd64&distro=debian-12',
    artifact: digest('a'),
    artifacts: 2,
    deployments: 3,
    deployment: 77,
    containers: 1000,
    owner: null,
    since: '2026-05-01T08:00:00.000Z',
    before: null,
    after: { severity: 'critical', score: 9.8, exploited: true, fixedIn: '3.0.17-1~deb12u2', advisories: ['DSA-1'] },
    detail: { bound: 0.1, note: hostileText },
  };
}

/** An alert in a state, with two changes. */
export function sampleAlert(state: AlertEvent['state'], place: number): AlertEvent {
  return {
    ...base(place),
    type: 'alert',
    state,
    message: `alert 4931584 ${state}: 2 changes of shop in production`,
    service: 'shop',
    environment: 'production',
    alert: 4931584,
    rule: 'production',
    thread: 'production/shop/production',
    owner: 'team-shop',
    severity: 'critical',
    exploited: true,
    total: 2,
    counts: { exploited: 1, new: 1 },
    changes: [sampleChange('exploited', 0), sampleChange('new', 1)],
    raised: '2026-08-21T10:30:00.000Z',
    send: ['here'],
    acknowledgedBy: state === 'acknowledged' ? 'on-call' : null,
  };
}

/** One alert from its raise to its end. */
export function sampleAlerts(): AlertEvent[] {
  return [
    sampleAlert('raised', 0),
    sampleAlert('escalated', 1),
    sampleAlert('acknowledged', 2),
    sampleAlert('resolved', 3),
  ];
}

/** Events of every type, and changes of every kind, in the order of one entry. Their ids differ. */
export function sampleEvents(): KvittoEvent[] {
  const first: KvittoEvent[] = [
    {
      ...base(0),
      type: 'scan',
      message: 'shop:1 was scanned: 90 components',
      service: null,
      environment: null,
      artifact: { digest: digest('a'), kind: 'image', name: 'registry.example/shop:1', platform: 'linux/amd64' },
      components: 90,
      problems: 1,
    },
    {
      ...base(1),
      type: 'verdict',
      message: 'the gate says fail',
      service: null,
      environment: null,
      artifact: digest('a'),
      verdict: 'fail',
      findings: 12,
      exceptions: 1,
      policy: digest('b'),
      snapshot: digest('c'),
      run: 'https://ci.example/run/1',
    },
    {
      ...base(2),
      type: 'deployment',
      message: 'shop began to run in production',
      service: 'shop',
      environment: 'production',
      action: 'started',
      deployment: 77,
      artifact: digest('a'),
      image: 'registry.example/shop:1',
      from: '2026-05-01T08:00:00.000Z',
      until: null,
      marks: ['gate-bypassed'],
      change: 'OPS-1234',
      run: null,
    },
    {
      ...base(3),
      type: 'observation',
      message: 'what runs was seen',
      service: null,
      environment: 'production',
      source: 'docker',
      containers: 1000,
      drift: 1,
    },
    {
      ...base(4),
      type: 'decision',
      message: 'CVE-2026-1000 is not affected',
      service: 'shop',
      environment: null,
      decision: 9,
      vulnerability: 'CVE-2026-1000',
      component: 'pkg:deb/debian/openssl',
      artifact: null,
      status: 'not_affected',
      justification: 'vulnerable_code_not_present',
      owner: 'team-shop',
      approvedBy: 'security',
      from: '2026-08-21T00:00:00.000Z',
      until: '2026-11-21T00:00:00.000Z',
    },
    {
      ...base(5),
      type: 'rescan',
      message: 'all was held against a snapshot',
      service: null,
      environment: null,
      snapshot: digest('c'),
      scope: 'all',
      components: 500,
      opened: 3,
      closed: 1,
      problems: 0,
    },
    {
      ...base(6),
      type: 'ledger',
      message: 'the ledger: key rotated',
      service: null,
      environment: null,
      action: 'key-rotated',
    },
    { ...sampleAlert('raised', 7), message: hostileText.replace(/[\r\n]/g, ' ') },
  ];
  return [...first, ...changeKinds.map((kind, index) => sampleChange(kind, first.length + index))];
}
