import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type DriftOptions, driftOf, type ExpectedDeployment } from './drift.ts';
import type { Digest } from './inventory.ts';
import type { Observation, ObservedContainer } from './observation.ts';

const digest = (digit: string): Digest => `sha256:${digit.repeat(64)}`;
const container = (name: string, more: Partial<ObservedContainer> = {}): ObservedContainer => ({
  ...{ id: `id of ${name}`, name, image: 'registry:5000/team/shop:1.2', configDigest: digest('c'), labels: {} },
  ...{
    manifestDigests: [digest('a')],
    startedAt: '2026-01-01T00:00:00.000Z',
    changes: [],
    moreChanges: 0,
    problems: [],
  },
  ...more,
});
const observation = (containers: readonly ObservedContainer[], more: Partial<Observation> = {}): Observation => ({
  ...{ source: 'docker', at: '2026-01-02T00:00:00.000Z', changesAsked: true, containers, problems: [] },
  ...more,
});
const deployment = (service: string, of: Digest, more: Partial<ExpectedDeployment> = {}): ExpectedDeployment => ({
  ...{ service, environment: 'prod', digest: of, configDigest: null },
  ...more,
});
/** What is said of each container and each deployment, short. */
const told = (
  containers: readonly ObservedContainer[],
  expected: readonly ExpectedDeployment[],
  options?: Partial<DriftOptions>,
  more?: Partial<Observation>,
) => {
  const drift = driftOf(observation(containers, more), expected, { environment: null, written: [], ...options });
  return {
    containers: drift.containers.map((c) => `${c.container.name}: ${c.service} by ${c.serviceFrom}, ${c.state}`),
    deployments: drift.deployments.map(
      (d) => `${d.deployment.service}/${d.deployment.environment}: ${d.state} ${d.containers.length}`,
    ),
  };
};

describe('drift', () => {
  test('the whole answer', () => {
    const changes = [
      { path: '/srv/x', kind: 'added' },
      { path: '/var/log/x', kind: 'added' },
    ] as const;
    const web = container('web-1', { changes });
    const odd = container('odd', { configDigest: digest('0'), manifestDigests: [], image: 'tool' });
    const shop = deployment('shop', digest('a'));
    const mail = deployment('mail', digest('b'));
    const seen = observation([web, odd]);
    assert.deepEqual(driftOf(seen, [mail, shop], { environment: 'prod', written: ['/var/log/'] }), {
      containers: [
        {
          ...{ container: web, service: 'shop', serviceFrom: 'digest', environment: 'prod', state: 'changed-by-hand' },
          ...{ recorded: true, deployments: [shop], changes: [changes[0]], moreChanges: 0 },
        },
        {
          ...{ container: odd, service: 'tool', serviceFrom: 'image', environment: 'prod', state: 'unrecorded' },
          ...{ recorded: false, deployments: [], changes: [], moreChanges: 0 },
        },
      ],
      deployments: [
        { deployment: mail, state: 'gone', containers: [] },
        { deployment: shop, state: 'running', containers: [web.id] },
      ],
    });
    assert.deepEqual(driftOf(observation([]), []), { containers: [], deployments: [] });
  });

  test('an instance is known by manifest or by configuration, however the deployment was recorded', () => {
    const loaded = container('c', { manifestDigests: [] });
    for (const [running, expected] of [
      [container('c'), deployment('shop', digest('a'))],
      [container('c', { manifestDigests: [digest('b'), digest('a')] }), deployment('shop', digest('a'))],
      [loaded, deployment('shop', digest('9'), { configDigest: digest('c') })],
      [loaded, deployment('shop', digest('c'))],
      // In Docker's containerd store the id of an image is that of its manifest.
      [container('c', { configDigest: digest('a'), manifestDigests: [] }), deployment('shop', digest('a'))],
    ] as const) {
      assert.deepEqual(told([running], [expected]), {
        containers: ['c: shop by digest, as-recorded'],
        deployments: ['shop/prod: running 1'],
      });
    }
  });

  test('the service of a container, best source first', () => {
    const labels = { 'kvitto.service': 'labelled', 'com.docker.compose.service': 'composed' };
    const composed = { 'com.docker.compose.service': 'composed' };
    const other = { configDigest: digest('0'), manifestDigests: [] };
    const id = { image: digest('0'), ...other };
    const cases: readonly (readonly [ObservedContainer, string])[] = [
      [container('c', { labels }), 'labelled by label, unrecorded'],
      [container('c', { labels: composed }), 'known by digest, as-recorded'],
      [container('c', { labels: composed, ...other }), 'composed by compose, unrecorded'],
      [container('c', other), 'shop by image, unrecorded'],
      [container('c', { ...other, image: 'shop' }), 'shop by image, unrecorded'],
      [container('c', { ...other, image: `a.example:5000/b/shop:1@${digest('5')}` }), 'shop by image, unrecorded'],
      [container('c', { ...other, image: '' }), 'c by name, unrecorded'],
      [container('c', id), 'c by name, unrecorded'],
      [container('c', { ...other, image: '0'.repeat(12) }), 'c by name, unrecorded'],
      [container('c', { ...other, image: '000' }), '000 by image, unrecorded'],
    ];
    for (const [seen, expected] of cases) {
      assert.deepEqual(told([seen], [deployment('known', digest('a'))]).containers, [`c: ${expected}`]);
    }
  });

  test('other software under the name of a service', () => {
    const labelled = container('c', { labels: { 'kvitto.service': 'shop' } });
    // Its digest is that of another service, but it says that it is the shop.
    const two = [deployment('mail', digest('a')), deployment('shop', digest('b'))];
    assert.deepEqual(told([labelled], two), {
      containers: ['c: shop by label, other-digest'],
      deployments: ['mail/prod: gone 0', 'shop/prod: gone 0'],
    });
    assert.deepEqual(told([container('c')], [deployment('shop', digest('b'))]), {
      containers: ['c: shop by image, other-digest'],
      deployments: ['shop/prod: gone 0'],
    });
  });

  test('an image without a manifest cannot be held against a deployment that has nothing else', () => {
    const loaded = container('c', { manifestDigests: [] });
    assert.deepEqual(told([loaded], [deployment('shop', digest('b')), deployment('mail', digest('b'))]), {
      containers: ['c: shop by image, cannot-say'],
      deployments: ['shop/prod: cannot-say 0', 'mail/prod: gone 0'],
    });
    assert.deepEqual(told([loaded], [deployment('shop', digest('b'), { configDigest: digest('e') })]), {
      containers: ['c: shop by image, other-digest'],
      deployments: ['shop/prod: gone 0'],
    });
  });

  test('replicas, and two versions side by side', () => {
    const old = { configDigest: digest('d'), manifestDigests: [digest('b')] };
    const seen = [container('1'), container('2'), container('3', old)];
    assert.deepEqual(told(seen, [deployment('shop', digest('a')), deployment('shop', digest('b'))]), {
      containers: [
        '1: shop by digest, as-recorded',
        '2: shop by digest, as-recorded',
        '3: shop by digest, as-recorded',
      ],
      deployments: ['shop/prod: running 2', 'shop/prod: running 1'],
    });
  });

  test('two services of one digest: the name tells, and where it does not, both are seen', () => {
    const both = [deployment('worker', digest('a')), deployment('api', digest('a'))];
    const labelled = container('c', { labels: { 'kvitto.service': 'worker' } });
    const composed = container('c', { labels: { 'com.docker.compose.service': 'worker' } });
    const worker = ['worker/prod: running 1', 'api/prod: gone 0'];
    assert.deepEqual(told([labelled], both), { containers: ['c: worker by label, as-recorded'], deployments: worker });
    assert.deepEqual(told([composed], both), { containers: ['c: worker by digest, as-recorded'], deployments: worker });
    assert.deepEqual(told([container('worker')], both).deployments, worker);
    assert.deepEqual(told([container('c')], both), {
      containers: ['c: api by digest, as-recorded'],
      deployments: ['worker/prod: running 1', 'api/prod: running 1'],
    });
  });

  test('environments are kept apart where they are known', () => {
    const both = [deployment('shop', digest('a')), deployment('shop', digest('a'), { environment: 'test' })];
    const testing = container('c', { labels: { 'kvitto.environment': 'test' } });
    assert.deepEqual(told([container('c')], both).deployments, ['shop/prod: running 1', 'shop/test: running 1']);
    assert.deepEqual(told([container('c')], both, { environment: 'prod' }).deployments, [
      'shop/prod: running 1',
      'shop/test: gone 0',
    ]);
    assert.deepEqual(told([testing], both, { environment: 'prod' }).deployments, [
      'shop/prod: gone 0',
      'shop/test: running 1',
    ]);
    assert.deepEqual(told([container('c')], both, { environment: 'stage' }), {
      containers: ['c: shop by image, unrecorded'],
      deployments: ['shop/prod: gone 0', 'shop/test: gone 0'],
    });
  });

  test('files: none, by hand, written by the software, not asked for, not known', () => {
    const shop = [deployment('shop', digest('a'))];
    const changes = [{ path: '/var/log/x', kind: 'added' }] as const;
    const state = (more: Partial<ObservedContainer>, written: string[] = [], changesAsked = true) =>
      told([container('c', more)], shop, { written }, { changesAsked }).containers[0]?.split(', ')[1];
    assert.equal(state({}), 'as-recorded');
    assert.equal(state({ changes }), 'changed-by-hand');
    for (const written of ['/', '/var', '/var/log/', '/var/log/x'])
      assert.equal(state({ changes }, [written]), 'as-recorded', written);
    for (const written of ['/var/lo', '/var/log/x/y', '/srv'])
      assert.equal(state({ changes }, [written]), 'changed-by-hand');
    assert.equal(state({ changes: null }), 'cannot-say');
    assert.equal(state({ changes: null }, [], false), 'as-recorded');
    assert.equal(state({ moreChanges: 3 }), 'changed-by-hand');
    assert.equal(
      state({ changes, moreChanges: 3 }, ['/var']),
      'cannot-say',
      'those that are not listed may lie elsewhere',
    );
  });

  test('what was not seen is gone only where all was read', () => {
    const problems = [{ code: 'unreadable', where: 'docker container x', message: 'x' }] as const;
    const mail = deployment('mail', digest('b'));
    assert.deepEqual(told([], [mail], {}, { problems }).deployments, ['mail/prod: cannot-say 0']);
    assert.deepEqual(told([], [mail]).deployments, ['mail/prod: gone 0']);
  });

  test('each container and deployment is told once, in the given order, and both sides agree', () => {
    const digit = fc.constantFrom('a', 'b', 'c', 'd');
    const name = fc.constantFrom('api', 'shop', '__proto__', 'constructor');
    const environment = fc.constantFrom('prod', 'test');
    const seen = fc.record({
      config: digit,
      manifests: fc.uniqueArray(digit, { maxLength: 2 }),
      name,
      image: name,
      label: fc.option(name),
      environment: fc.option(environment),
      changes: fc.constantFrom(null, [], [{ path: '/x', kind: 'added' as const }]),
    });
    const recorded = fc.record({ service: name, environment, digit, config: fc.option(digit) });
    fc.assert(
      fc.property(fc.array(seen), fc.array(recorded), fc.option(environment), (running, known, here) => {
        const containers = running.map((r, at) =>
          container(r.name, {
            ...{ id: String(at), image: r.image, configDigest: digest(r.config), changes: r.changes },
            manifestDigests: r.manifests.map(digest),
            labels: {
              ...(r.label === null ? {} : { 'kvitto.service': r.label }),
              ...(r.environment === null ? {} : { 'kvitto.environment': r.environment }),
            },
          }),
        );
        const expected = known.map(
          (k): ExpectedDeployment => ({
            ...{ service: k.service, environment: k.environment, digest: digest(k.digit) },
            configDigest: k.config === null ? null : digest(k.config),
          }),
        );
        const drift = driftOf(observation(containers), expected, { environment: here, written: [] });
        assert.deepEqual(
          drift.containers.map((c) => c.container),
          containers,
        );
        assert.deepEqual(
          drift.deployments.map((d) => d.deployment),
          expected,
        );
        for (const [at, { deployment: of, containers: ids, state }] of drift.deployments.entries()) {
          const counted = drift.containers.filter((c) => c.recorded && c.deployments.includes(expected[at] ?? of));
          assert.deepEqual(
            ids,
            counted.map((c) => c.container.id),
          );
          assert.equal(state === 'running', ids.length > 0);
        }
        for (const c of drift.containers) {
          const own = [c.container.configDigest, ...c.container.manifestDigests];
          const label = c.container.labels['kvitto.service'];
          const candidates = expected.filter(
            (e) =>
              (own.includes(e.digest) || (e.configDigest !== null && own.includes(e.configDigest))) &&
              (c.environment === null || c.environment === e.environment) &&
              (label === undefined || label === e.service),
          );
          assert.equal(c.recorded, candidates.length > 0, 'a recorded digest is found, and no other');
          assert.ok(c.deployments.every((d) => !c.recorded || candidates.includes(d)));
          assert.ok(['as-recorded', 'changed-by-hand'].includes(c.state) ? c.recorded : true);
        }
      }),
    );
  });
});
