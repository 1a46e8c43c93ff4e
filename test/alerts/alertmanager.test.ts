// The sink against the real Alertmanager: https://github.com/prometheus/alertmanager
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { alertmanager } from '../../src/alerts/sinks/alertmanager/index.ts';
import { closedPort } from '../../src/alerts/testing/bad-receivers.ts';
import { type HttpReceiver, startHttpReceiver } from '../../src/alerts/testing/http-receiver.ts';
import { hostileText, sampleAlert } from '../../src/alerts/testing/sample-events.ts';
import { sinkContext } from '../../src/alerts/testing/sink-acceptance.ts';
import type { AlertEvent } from '../../src/model/event.ts';
import { missing, type RunningServer, startServer } from '../real/tool.ts';

const program = 'prometheus-alertmanager';
const absent = missing(program);

interface Shown {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly status: { readonly state: string };
  readonly endsAt: string;
  readonly startsAt: string;
}

describe('Alertmanager', { skip: absent ?? false }, () => {
  let folder = '';
  let url = '';
  let server: RunningServer | null = null;
  let told: HttpReceiver | null = null;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kvitto-alertmanager-'));
    told = await startHttpReceiver(() => ({ status: 200 }));
    const config = {
      route: { receiver: 'hook', group_by: ['...'], group_wait: '0s', group_interval: '1s' },
      receivers: [{ name: 'hook', webhook_configs: [{ url: `http://127.0.0.1:${told.port}/`, send_resolved: true }] }],
    };
    await writeFile(join(folder, 'config.yml'), JSON.stringify(config));
    const address = `127.0.0.1:${await closedPort()}`;
    url = `http://${address}`;
    const args = [
      `--config.file=${join(folder, 'config.yml')}`,
      `--storage.path=${join(folder, 'data')}`,
      `--web.listen-address=${address}`,
      '--cluster.listen-address=',
    ];
    const ready = async (): Promise<boolean> => {
      const answer = await fetch(`${url}/-/ready`).catch(() => null);
      return answer?.ok === true;
    };
    server = await startServer(program, args, ready);
  });
  after(async () => {
    await server?.stop();
    await told?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const context = sinkContext();
  const now = Date.now();
  const raised = new Date(now - 3_600_000).toISOString();

  function alert(number: number, state: AlertEvent['state'], more: Partial<AlertEvent> = {}): AlertEvent {
    const at = new Date(now).toISOString();
    return { ...sampleAlert(state, number), id: `${number}-${state}`, alert: number, at, raised, ...more };
  }

  async function deliver(...events: AlertEvent[]): Promise<void> {
    const delivery = await alertmanager.deliver(events, alertmanager.settings.parse({ url, hold: '2h' }), context);
    assert.deepEqual(delivery, { delivered: events.length, stopped: null });
  }

  /** What it shows as active, of a service. */
  async function active(service: string): Promise<Shown[]> {
    const filter = new URLSearchParams({ filter: `service="${service}"` });
    const answer = await fetch(`${url}/api/v2/alerts?${filter}`);
    assert.equal(answer.status, 200);
    return (await answer.json()) as Shown[];
  }

  /** Status of what the receiver behind it was told of a service, in order. */
  const toldOf = (service: string): string[] =>
    (told?.got ?? []).flatMap(({ body }) => {
      const { status, commonLabels } = JSON.parse(body) as { status: string; commonLabels: { service?: string } };
      return commonLabels.service === service ? [status] : [];
    });

  async function until(holds: () => boolean): Promise<void> {
    for (let tries = 0; tries < 300 && !holds(); tries++) await pause(50);
  }

  test('shows what is raised, once however often it comes, and no more what is resolved', async () => {
    await deliver(alert(1, 'raised'));
    await deliver(alert(1, 'raised'), alert(1, 'escalated'));
    const shown = await active('shop');
    assert.deepEqual(
      shown.map(({ labels, status: { state } }) => ({ labels, state })),
      [
        {
          labels: {
            job: 'kvitto',
            alertname: 'production',
            service: 'shop',
            environment: 'production',
            severity: 'critical',
            owner: 'team-shop',
            thread: 'production/shop/production',
          },
          state: 'active',
        },
      ],
    );
    assert.equal(Date.parse(shown[0]?.startsAt ?? ''), Date.parse(raised));
    assert.ok(Date.parse(shown[0]?.endsAt ?? '') >= now + 2 * 3_600_000);
    assert.equal(shown[0]?.annotations['escalated'], 'nobody acknowledged alert 1 in time');

    await deliver(alert(1, 'acknowledged'));
    assert.equal((await active('shop'))[0]?.annotations['acknowledged'], 'alert 1 by on-call');

    await until(() => toldOf('shop').length >= 1);
    await deliver(alert(1, 'resolved'));
    assert.deepEqual(await active('shop'), []);
    await until(() => toldOf('shop').includes('resolved'));
    assert.deepEqual([...new Set(toldOf('shop'))], ['firing', 'resolved']);
  });

  test('keeps one of two alerts of a thread until both are resolved', async () => {
    const of = { service: 'two', thread: 'two' };
    await deliver(alert(2, 'raised', { ...of, severity: 'high' }), alert(3, 'raised', of));
    const severities = async () => (await active('two')).map(({ labels }) => labels['severity']);
    assert.deepEqual(await severities(), ['critical']);
    await deliver(alert(2, 'resolved', { ...of, severity: 'high' }));
    assert.deepEqual(await severities(), ['critical']);
    await deliver(alert(3, 'resolved', of));
    assert.deepEqual(await severities(), []);
  });

  test('takes texts of any kind', async () => {
    const text = `odd ${hostileText}`;
    const more = {
      service: 'odd',
      thread: text,
      rule: text,
      owner: text,
      message: text,
      environment: 'x'.repeat(5000),
    };
    await deliver(alert(4, 'raised', more));
    const [shown] = await active('odd');
    assert.match(shown?.labels['alertname'] ?? '', /^odd a "quoted" /);
    assert.ok(Object.values(shown?.labels ?? {}).every((value) => value.length <= 200));
    await deliver(alert(4, 'resolved', more));
    assert.deepEqual(await active('odd'), []);
  });
});
