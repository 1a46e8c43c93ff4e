import type { AlertEvent, ChangeEvent, KvittoEvent } from '../../model/event.ts';

/** A digest of nothing in particular. */
export const someDigest = `sha256:${'5f'.repeat(32)}` as const;

const stamp = { entry: 1204, actor: 'watch', at: '2026-08-21T10:00:00.000Z' };

/** A change of `shop (prod)`: a vulnerability of openssl that is exploited, with a fix. */
export function sampleChange(over: Partial<ChangeEvent> = {}): ChangeEvent {
  return {
    ...stamp,
    id: '3f2a90c1-1203-0',
    entry: 1203,
    place: 0,
    type: 'change',
    change: 'exploited',
    state: 'began',
    message:
      'CVE-2026-1000 (critical, exploited) is now known to be exploited: openssl in shop (prod), fixed in 3.0.17-1',
    service: 'shop',
    environment: 'prod',
    subject: 'CVE-2026-1000',
    vulnerability: {
      id: 'CVE-2026-1000',
      aliases: ['DSA-6000-1'],
      published: '2026-08-19T00:00:00Z',
      summary: 'Buffer overread in the handshake',
      ratedBy: 'NVD',
      vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H',
      exploitation: [{ source: 'CISA KEV', since: '2026-08-20', due: '2026-09-10', ransomware: false }],
      epss: 0.412,
    },
    component: 'pkg:deb/debian/openssl@3.0.15-1?arch=amd64&distro=debian-12',
    artifact: someDigest,
    artifacts: 1,
    deployments: 2,
    deployment: 77,
    containers: 12,
    since: '2025-09-30T08:00:00Z',
    before: { severity: 'critical', score: 9.8, exploited: false, fixedIn: '3.0.17-1', advisories: ['DSA-6000-1'] },
    after: { severity: 'critical', score: 9.8, exploited: true, fixedIn: '3.0.17-1', advisories: ['DSA-6000-1'] },
    owner: null,
    detail: {},
    ...over,
  };
}

/** A second, lesser change. */
export function lesserChange(over: Partial<ChangeEvent> = {}): ChangeEvent {
  const first = sampleChange();
  return sampleChange({
    id: '3f2a90c1-1203-1',
    place: 1,
    change: 'new',
    message: 'GHSA-aaaa-bbbb-cccc (high) is known of pkg:npm/%40shop/cart@1.2.0 in shop (prod), no fix yet',
    subject: 'GHSA-aaaa-bbbb-cccc',
    vulnerability: {
      id: 'GHSA-aaaa-bbbb-cccc',
      aliases: [],
      published: null,
      summary: 'Prototype pollution in merge()',
      ratedBy: 'GHSA',
      vector: null,
      exploitation: [],
      epss: null,
    },
    component: 'pkg:npm/%40shop/cart@1.2.0',
    before: null,
    after: { severity: 'high', score: 7.5, exploited: false, fixedIn: null, advisories: ['GHSA-aaaa-bbbb-cccc'] },
    deployments: first.deployments,
    ...over,
  });
}

/** An alert of two changes. */
export function sampleAlert(over: Partial<AlertEvent> = {}): AlertEvent {
  return {
    ...stamp,
    id: '3f2a90c1-1204-0',
    place: 0,
    type: 'alert',
    state: 'raised',
    alert: 4931584,
    message: 'critical in shop (prod): CVE-2026-1000 is now known to be exploited, and 1 more',
    service: 'shop',
    environment: 'prod',
    rule: 'urgent',
    thread: 'urgent/shop/prod',
    owner: 'team-shop',
    severity: 'critical',
    exploited: true,
    total: 2,
    counts: { exploited: 1, new: 1 },
    changes: [sampleChange(), lesserChange()],
    raised: '2026-08-21T10:00:00.000Z',
    send: ['people'],
    acknowledgedBy: null,
    ...over,
  };
}

/** One event of every type. */
export function everyType(): KvittoEvent[] {
  const base = (place: number) => ({
    ...stamp,
    id: `3f2a90c1-1300-${place}`,
    entry: 1300,
    place,
    message: `the event at place ${place}`,
    service: 'shop',
    environment: 'prod',
  });
  return [
    sampleAlert(),
    sampleChange(),
    {
      ...base(0),
      type: 'scan',
      artifact: { digest: someDigest, kind: 'image', name: 'shop:1', platform: null },
      components: 90,
      problems: 0,
    },
    {
      ...base(1),
      ...{ type: 'verdict', artifact: someDigest, verdict: 'fail', findings: 3, exceptions: 0 },
      ...{ policy: null, snapshot: null, run: null },
    },
    {
      ...base(2),
      ...{ type: 'deployment', action: 'started', deployment: 5, artifact: someDigest, image: 'shop:1' },
      ...{ from: stamp.at, until: null, marks: [], change: null, run: null },
    },
    { ...base(3), type: 'observation', source: 'docker', containers: 12, drift: 0 },
    {
      ...base(4),
      ...{ type: 'decision', decision: 9, vulnerability: 'CVE-2026-1000', component: null, artifact: null },
      ...{ status: 'not_affected', justification: null, owner: 'team-shop', approvedBy: null },
      ...{ from: stamp.at, until: null },
    },
    {
      ...base(5),
      ...{ type: 'rescan', snapshot: someDigest, scope: 'all', components: 10, opened: 1, closed: 0, problems: 0 },
    },
    { ...base(6), type: 'ledger', action: 'key-rotated' },
  ];
}

/** An alert with the text in every place that somebody else writes. */
export function hostileAlert(text: string): AlertEvent {
  const { vulnerability, after } = sampleChange();
  if (vulnerability === null || after === null) throw new Error('the sample has both');
  const change = sampleChange({
    message: text,
    subject: text,
    service: text,
    environment: text,
    component: text,
    vulnerability: { ...vulnerability, id: text, aliases: [text], summary: text, vector: text, ratedBy: text },
    after: { ...after, fixedIn: text, advisories: [text] },
  });
  const named = { message: text, service: text, environment: text, rule: text, thread: text, owner: text };
  const acknowledged = { state: 'acknowledged', acknowledgedBy: text } as const;
  return sampleAlert({ ...named, ...acknowledged, actor: text, changes: [change, change], total: 30 });
}
