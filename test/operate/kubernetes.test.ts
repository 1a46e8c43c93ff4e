// The resources as kubectl puts them together, held against the "restricted" rules of Pod Security and against the program.
// Not run: a cluster, which is not to be had here; and no schema of its API is.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { after, describe, test } from 'node:test';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { assertShown } from '../pipelines/shown.ts';
import { root, scratch } from '../real/parts.ts';
import { missing } from '../real/tool.ts';
import { understood, variablesRead } from './stage.ts';

const probe = z.strictObject({
  httpGet: z.strictObject({ path: z.enum(['/healthz', '/readyz']), port: z.literal('metrics') }),
  periodSeconds: z.number(),
  timeoutSeconds: z.number().optional(),
  failureThreshold: z.number().optional(),
});
const container = z.strictObject({
  name: z.literal('watch'),
  image: z.string().regex(/^[a-z0-9./-]+@sha256:[0-9a-f]{64}$/),
  args: z.array(z.string()),
  env: z.array(
    z.strictObject({
      name: z.string(),
      valueFrom: z.strictObject({ secretKeyRef: z.strictObject({ name: z.string(), key: z.string() }) }),
    }),
  ),
  ports: z.array(z.strictObject({ name: z.string(), containerPort: z.number() })).optional(),
  startupProbe: probe.optional(),
  readinessProbe: probe.optional(),
  livenessProbe: probe.optional(),
  resources: z.strictObject({
    requests: z.strictObject({ cpu: z.string(), memory: z.string() }),
    limits: z.strictObject({ memory: z.string() }),
  }),
  securityContext: z.strictObject({
    allowPrivilegeEscalation: z.literal(false),
    readOnlyRootFilesystem: z.literal(true),
    privileged: z.literal(false),
    capabilities: z.strictObject({ drop: z.tuple([z.literal('ALL')]) }),
  }),
  volumeMounts: z.array(z.strictObject({ name: z.string(), mountPath: z.string(), readOnly: z.boolean().optional() })),
});
const podSpec = z.strictObject({
  terminationGracePeriodSeconds: z.number(),
  restartPolicy: z.literal('Never').optional(),
  serviceAccountName: z.literal('kvitto'),
  automountServiceAccountToken: z.literal(false),
  enableServiceLinks: z.literal(false),
  securityContext: z.strictObject({
    runAsNonRoot: z.literal(true),
    runAsUser: z.literal(65532),
    runAsGroup: z.literal(65532),
    fsGroup: z.literal(65532),
    fsGroupChangePolicy: z.literal('OnRootMismatch'),
    seccompProfile: z.strictObject({ type: z.literal('RuntimeDefault') }),
  }),
  containers: z.tuple([container]),
  volumes: z.array(
    z.strictObject({
      name: z.string(),
      persistentVolumeClaim: z.strictObject({ claimName: z.string() }).optional(),
      configMap: z.strictObject({ name: z.string() }).optional(),
      secret: z
        .strictObject({ secretName: z.string(), optional: z.literal(true), defaultMode: z.literal(0o440) })
        .optional(),
      emptyDir: z.strictObject({ sizeLimit: z.string() }).optional(),
    }),
  ),
});
const labels = z.record(z.string(), z.string());
const template = z.strictObject({ metadata: z.strictObject({ labels }), spec: podSpec });
const deployment = z.looseObject({
  spec: z.strictObject({
    replicas: z.literal(1),
    strategy: z.strictObject({ type: z.literal('Recreate') }),
    selector: z.strictObject({ matchLabels: labels }),
    template,
  }),
});
const cronJob = z.looseObject({
  spec: z.strictObject({
    schedule: z.string(),
    concurrencyPolicy: z.literal('Forbid'),
    startingDeadlineSeconds: z.number(),
    successfulJobsHistoryLimit: z.number(),
    failedJobsHistoryLimit: z.number(),
    jobTemplate: z.strictObject({
      spec: z.strictObject({ backoffLimit: z.number(), activeDeadlineSeconds: z.number(), template }),
    }),
  }),
});
const resource = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.strictObject({ name: z.string(), namespace: z.string().optional(), labels: labels.optional() }),
});

const absent = missing('kubectl');
const skip =
  absent === null ? false : `LEFT OUT: ${absent}: apt-get install kubernetes-client. NOT TESTED: operate/kubernetes`;

describe('operate/kubernetes', { skip }, () => {
  const scratchFolder = scratch('kubernetes');
  after(() => rmSync(scratchFolder, { recursive: true, force: true }));
  const build = (folder: string): Map<string, z.infer<typeof resource>> => {
    const done = spawnSync('kubectl', ['kustomize', resolve(root, folder)], { encoding: 'utf8', timeout: 60_000 });
    assert.equal(done.status, 0, done.stderr);
    const all = parseAllDocuments(done.stdout).map((document) => {
      assert.deepEqual(document.errors, []);
      return resource.parse(document.toJS());
    });
    for (const { kind, metadata } of all)
      assert.equal(metadata.namespace, kind === 'Namespace' ? undefined : 'kvitto', kind);
    return new Map(
      all.map((each) => [`${each.kind}/${each.metadata.name.replace(/^kvitto-[a-z0-9]{10}$/, 'kvitto')}`, each]),
    );
  };
  const base = () => build('operate/kubernetes');
  const once = () => build('operate/kubernetes/once');
  const shared = [
    'ConfigMap/kvitto',
    'Namespace/kvitto',
    'NetworkPolicy/kvitto',
    'PersistentVolumeClaim/kvitto-ledger',
    'ServiceAccount/kvitto',
  ];

  test('a Deployment, or a CronJob in its place', () => {
    assert.deepEqual(
      [...base().keys()].toSorted(),
      [...shared, 'Deployment/kvitto-watch', 'Service/kvitto-watch'].toSorted(),
    );
    assertShown('docs/operate.md', 'kubernetes', [...base().keys()].toSorted().join('\n'));
    assert.deepEqual([...once().keys()].toSorted(), [...shared, 'CronJob/kvitto-watch'].toSorted());
  });

  test('the kustomization of the page sets image and configuration', () => {
    const page = readFileSync(join(root, 'docs/operate.md'), 'utf8');
    const [, own = ''] = /^```yaml\n(.*?)^```$/ms.exec(page) ?? [];
    const folder = join(scratchFolder, 'own');
    const digest = `sha256:${'1a'.repeat(32)}`;
    cpSync(join(root, 'operate/kubernetes'), join(scratchFolder, 'base'), { recursive: true });
    mkdirSync(folder);
    writeFileSync(
      join(folder, 'kustomization.yaml'),
      own.replace(/- https:.*/, '- ../base').replace('digest: sha256:…', `digest: ${digest}`),
    );
    cpSync(join(root, 'demo/kvitto.yaml'), join(folder, 'kvitto.yaml'));
    const all = build(folder);
    const { spec } = deployment.parse(all.get('Deployment/kvitto-watch')).spec.template;
    assert.equal(spec.containers[0].image, `registry.example/your/kvitto@${digest}`);
    const { data } = z.looseObject({ data: z.record(z.string(), z.string()) }).parse(all.get('ConfigMap/kvitto'));
    assert.deepEqual(data, { 'kvitto.yaml': readFileSync(join(root, 'demo/kvitto.yaml'), 'utf8') });
    assert.equal(spec.volumes[1]?.configMap?.name, all.get('ConfigMap/kvitto')?.metadata.name);
  });

  test('pods keep to the restricted rules, and everything that they name is there', () => {
    const [all, onceAll] = [base(), once()];
    const pods = [
      { all, ...deployment.parse(all.get('Deployment/kvitto-watch')).spec.template },
      { all: onceAll, ...cronJob.parse(onceAll.get('CronJob/kvitto-watch')).spec.jobTemplate.spec.template },
    ];
    for (const { all: there, spec, metadata } of pods) {
      const [{ volumeMounts }] = spec.containers;
      assert.deepEqual(
        volumeMounts.map(({ name }) => name).toSorted(),
        spec.volumes.map(({ name }) => name).toSorted(),
      );
      // Nothing may be written but the ledger and what is thrown away.
      assert.deepEqual(
        volumeMounts.flatMap(({ mountPath, readOnly }) => (readOnly === true ? [] : [mountPath])),
        ['/var/lib/kvitto', '/tmp'],
      );
      const [ledger, config] = spec.volumes;
      assert.ok(there.has(`PersistentVolumeClaim/${ledger?.persistentVolumeClaim?.claimName}`));
      // The name that the generator gave: a change of kvitto.yaml starts a new pod.
      assert.equal(config?.configMap?.name, there.get('ConfigMap/kvitto')?.metadata.name);
      assert.match(config?.configMap?.name ?? '', /^kvitto-[a-z0-9]{10}$/);
      const policy = there.get('NetworkPolicy/kvitto');
      assert.deepEqual(z.looseObject({ podSelector: z.looseObject({}) }).parse(policy?.['spec']).podSelector, {
        matchLabels: metadata.labels,
      });
      assert.equal(there.get('ServiceAccount/kvitto')?.['automountServiceAccountToken'], false);
    }
    const { metadata } = all.get('Namespace/kvitto') ?? {};
    assert.equal(metadata?.labels?.['pod-security.kubernetes.io/enforce'], 'restricted');
  });

  test('the program is started with options that exist, and is asked for its health where it answers', async () => {
    const all = base();
    const { selector, template: pod } = deployment.parse(all.get('Deployment/kvitto-watch')).spec;
    const [watch] = pod.spec.containers;
    const { command, config, listen } = await understood(watch.args);
    assert.deepEqual([command, config, listen], ['watch', '/etc/kvitto/kvitto.yaml', '0.0.0.0:9464']);
    assert.deepEqual(watch.ports, [{ name: 'metrics', containerPort: 9464 }]);
    assert.deepEqual(
      [watch.startupProbe, watch.readinessProbe, watch.livenessProbe].map((each) => each?.httpGet.path),
      ['/readyz', '/readyz', '/healthz'],
    );
    assert.deepEqual(selector.matchLabels, pod.metadata.labels);
    const [job] = cronJob.parse(once().get('CronJob/kvitto-watch')).spec.jobTemplate.spec.template.spec.containers;
    const single = await understood(job.args);
    assert.deepEqual([single.command, single['once'], single['config']], ['watch', true, '/etc/kvitto/kvitto.yaml']);
    const read = variablesRead();
    for (const { name } of [...watch.env, ...job.env]) assert.ok(read.has(name), name);
    // Both read the folder that the mount of the configuration fills.
    const map = z.looseObject({ data: z.record(z.string(), z.string()) }).parse(all.get('ConfigMap/kvitto'));
    assert.deepEqual(Object.keys(map.data), ['kvitto.yaml']);
    assert.deepEqual(
      parse(map.data['kvitto.yaml'] ?? ''),
      parse(readFileSync(join(root, 'operate/compose/kvitto.yaml'), 'utf8')),
    );
  });
});
